import MartletCore

/// Values as the texts that differences are shown in.
enum FlatFields {
    /// A struct's own plain values and maps of texts; structs, lists and pointers are compared by themselves.
    static func plain(
        _ values: [String: JSONValue]?, _ shape: Shape, without filter: Set<String> = []
    ) -> [String: String] {
        guard let values else { return [:] }
        var flat: [String: String] = [:]
        for field in shape.fields where field.side != .sent && !field.staysNull && !filter.contains(field.name) {
            switch (field.kind, values[field.name] ?? .null) {
            case (.stringMap, .object(let members)):
                for (key, value) in members { flat["\(field.name)[\(key)]"] = value.string }
            case (.string, let value), (.bool, let value), (.int, let value), (.duration, let value):
                flat[field.name] = text(value)
            default: break
            }
        }
        return flat
    }

    /// All that a driver's configuration holds, each value at its path: `args[0]`, `ConnectionConfig[Host]`.
    static func all(_ members: [String: JSONValue]) -> [String: String] {
        var flat: [String: String] = [:]
        for (key, value) in members { add(value, at: key, to: &flat) }
        return flat
    }

    private static func add(_ value: JSONValue, at path: String, to flat: inout [String: String]) {
        switch value {
        case .array(let elements):
            for (index, element) in elements.enumerated() { add(element, at: "\(path)[\(index)]", to: &flat) }
        case .object(let members):
            for (key, element) in members { add(element, at: "\(path)[\(key)]", to: &flat) }
        default: flat[path] = text(value) ?? "nil"
        }
    }

    private static func text(_ value: JSONValue) -> String? {
        if case .double(let number) = value, let whole = Int64(exactly: number) { return String(whole) }
        return value.scalarText
    }
}
