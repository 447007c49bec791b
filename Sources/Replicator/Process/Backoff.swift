/// Growing pauses between tries: 0.2 s, doubled up to 30 s, each up to a quarter shorter by chance.
package struct Backoff: Sendable {
    private static let longest = Duration.seconds(30)
    private var next = Duration.milliseconds(200)
    /// How often it was asked since it was last reset.
    package private(set) var tries = 0

    package init() {}

    package mutating func pause() -> Duration {
        defer { next = min(next * 2, Self.longest) }
        tries += 1
        return next * Double.random(in: 0.75...1)
    }

    /// After a success.
    package mutating func reset() { self = Backoff() }
}
