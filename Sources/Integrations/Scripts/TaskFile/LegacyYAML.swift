import MartletCore
import MartletYAML

/// Reads an item as the replaced service's YAML 1.1 reader did: a text is the scalar as it is written, `yes` is true.
enum LegacyYAML {
    private static let texts: Set<String> = [
        "name", "cluster_type", "language", "executable", "description", "cwd", "user",
    ]

    static func value(_ item: YAMLNode) -> JSONValue {
        guard case .mapping(let members) = item.content else { return item.value }
        return .object(
            Dictionary(members.map { ($0.key, value($0.value, of: $0.key)) }) { first, _ in first })
    }

    private static func value(_ node: YAMLNode, of key: String) -> JSONValue {
        switch (key, node.content) {
        case ("collected", .scalar(let text, true)), ("enabled", .scalar(let text, true)):
            return boolean(text).map(JSONValue.bool) ?? node.value
        case ("args", .sequence(let elements)), ("command", .sequence(let elements)):
            return .array(elements.map { asText($0, null: "") })
        case ("env", .mapping(let members)):
            return .object(Dictionary(members.map { ($0.key, asText($0.value, null: "")) }) { first, _ in first })
        default: return texts.contains(key) ? asText(node, null: nil) : node.value
        }
    }

    private static func asText(_ node: YAMLNode, null: String?) -> JSONValue {
        guard case .scalar(let text, _) = node.content else { return node.value }
        if node.value == .null { return null.map(JSONValue.string) ?? .null }
        return .string(text)
    }

    private static func boolean(_ text: String) -> Bool? {
        switch text.lowercased() {
        case "y", "yes", "on", "true": true
        case "n", "no", "off", "false": false
        default: nil
        }
    }
}
