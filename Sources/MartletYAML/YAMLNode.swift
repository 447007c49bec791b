package import MartletCore

/// One value of a YAML document with the line it stands on, for messages that say where to look.
package struct YAMLNode: Sendable, Hashable {
    package enum Content: Sendable, Hashable {
        /// The text as written; `isPlain`: without quotes, so that it may mean a number or a boolean.
        case scalar(String, isPlain: Bool)
        case sequence([YAMLNode])
        case mapping([Member])
    }

    package struct Member: Sendable, Hashable {
        package let key: String
        package let value: YAMLNode
        /// Line of the key, from 1.
        package let line: Int
    }

    package let content: Content
    /// From 1.
    package let line: Int

    /// Plain data, by the core schema of YAML 1.2.
    package var value: JSONValue {
        switch content {
        case .scalar(let text, let isPlain): isPlain ? PlainScalar.value(text) : .string(text)
        case .sequence(let elements): .array(elements.map(\.value))
        case .mapping(let members):
            .object(Dictionary(members.map { ($0.key, $0.value.value) }) { first, _ in first })
        }
    }

    package var elements: [YAMLNode]? { if case .sequence(let elements) = content { elements } else { nil } }

    /// Line of the value at a path as ``Fields`` writes it, `[2].env.HOME`; of its nearest parent when the document
    /// has no such value.
    package func line(of path: String) -> Int { line(of: path[...], own: line) }

    private func line(of path: Substring, own: Int) -> Int {
        switch content {
        case .scalar: return own
        case .sequence(let elements):
            guard path.hasPrefix("["), let end = path.firstIndex(of: "]"),
                let index = Int(path[path.index(after: path.startIndex)..<end]), elements.indices.contains(index)
            else { return own }
            return elements[index].line(of: path[path.index(after: end)...], own: elements[index].line)
        case .mapping(let members):
            let rest = path.hasPrefix(".") ? path.dropFirst() : path
            // The longest key wins: a key may itself contain a dot.
            let named = members.filter { rest.hasPrefix($0.key) && Self.ends(rest.dropFirst($0.key.count)) }
            guard let member = named.max(by: { $0.key.count < $1.key.count }) else { return own }
            return member.value.line(of: rest.dropFirst(member.key.count), own: member.line)
        }
    }

    private static func ends(_ rest: Substring) -> Bool { rest.isEmpty || rest.hasPrefix(".") || rest.hasPrefix("[") }
}

/// The core schema's reading of an unquoted scalar.
enum PlainScalar {
    static func value(_ text: String) -> JSONValue {
        switch text {
        case "", "~", "null", "Null", "NULL": return .null
        case "true", "True", "TRUE": return .bool(true)
        case "false", "False", "FALSE": return .bool(false)
        default: return number(text) ?? .string(text)
        }
    }

    /// A leading zero makes a text: modes and masks are written so.
    private static func number(_ text: String) -> JSONValue? {
        let digits = text.hasPrefix("-") || text.hasPrefix("+") ? text.dropFirst() : text[...]
        guard let first = digits.utf8.first, (0x30...0x39).contains(first) else { return nil }
        if first == 0x30, let second = digits.utf8.dropFirst().first, (0x30...0x39).contains(second) { return nil }
        if let value = Int64(text) { return .int(value) }
        guard digits.utf8.allSatisfy({ (0x30...0x39).contains($0) || "+-.eE".utf8.contains($0) }),
            let value = Double(text), value.isFinite
        else { return nil }
        return .double(value)
    }
}
