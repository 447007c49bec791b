/// A template for a new name as Go expands it: `$1`, `${1}`, `$name`, `${name}`, `$$`.
struct NameTemplate: Sendable {
    private let text: String

    init(_ text: String) { self.text = text }

    /// Groups that took no part are empty.
    func expand(_ groups: NamePattern.Groups) -> String {
        var result = ""
        var rest = text[...]
        while let dollar = rest.firstIndex(of: "$") {
            result += rest[..<dollar]
            rest = rest[rest.index(after: dollar)...]
            if rest.first == "$" {
                result += "$"
                rest = rest.dropFirst()
            } else if let name = Self.name(&rest) {
                result += groups[name]
            } else {
                result += "$"
            }
        }
        return result + rest
    }

    /// Takes the longest name, or what stands in braces.
    private static func name(_ rest: inout Substring) -> Substring? {
        let isWord: (Character) -> Bool = { $0 == "_" || $0.isLetter || $0.isNumber }
        if rest.first == "{" {
            let inner = rest.dropFirst().prefix(while: isWord)
            let end = rest.dropFirst(inner.count + 1)
            guard !inner.isEmpty, end.first == "}" else { return nil }
            rest = end.dropFirst()
            return inner
        }
        let name = rest.prefix(while: isWord)
        guard !name.isEmpty else { return nil }
        rest = rest.dropFirst(name.count)
        return name
    }
}
