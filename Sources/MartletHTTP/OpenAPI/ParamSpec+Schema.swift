package import MartletCore

extension ParamSpec {
    /// What a value must be. A pattern is in the description: ICU's expressions are not those of JSON Schema.
    package var schema: Schema {
        var json = kind
        let texts = [description, pattern.map { "Must match \($0)" }, secret ? "Kept secret" : nil].compactMap { $0 }
        if !texts.isEmpty { json["description"] = .string(texts.joined(separator: ". ")) }
        json["enum"] = choices.map(JSONValue.array)
        json["default"] = `default`
        json["minimum"] = minimum.map(JSONValue.double)
        json["maximum"] = maximum.map(JSONValue.double)
        return Schema(json: .object(json), named: [])
    }

    private var kind: [String: JSONValue] {
        switch type {
        case .string: ["type": "string"]
        case .integer: ["type": "integer"]
        case .number: ["type": "number"]
        case .boolean: ["type": "boolean"]
        case .list: ["type": "array", "items": ["type": "string"]]
        }
    }

    /// A value for examples; nil: it can be left out, or none is known.
    package var sample: JSONValue? {
        if let value = `default` ?? choices?.first { return value }
        guard required else { return nil }
        switch type {
        case .string: return "example"
        case .integer, .number: return .int(Int64(minimum ?? 1))
        case .boolean: return true
        case .list: return []
        }
    }
}

extension Schema {
    /// An object of declared parameters.
    package static func parameters(_ members: [String: Schema], required: [String]) -> Schema {
        var json: [String: JSONValue] = [
            "type": "object", "properties": .object(members.mapValues(\.json)), "additionalProperties": false,
        ]
        if !required.isEmpty { json["required"] = .array(required.map(JSONValue.string)) }
        return Schema(json: .object(json), named: members.values.flatMap(\.named))
    }
}
