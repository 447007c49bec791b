/// Rows of the target that were not as at the source: how many, and the first of them in words.
struct Divergences: Sendable {
    private static let mostTexts = 10

    private(set) var count = 0
    private(set) var texts: [String] = []

    mutating func add(_ text: String) {
        count += 1
        if texts.count < Self.mostTexts { texts.append(text) }
    }

    mutating func add(_ other: Divergences) {
        count += other.count
        texts += other.texts.prefix(Self.mostTexts - texts.count)
    }
}
