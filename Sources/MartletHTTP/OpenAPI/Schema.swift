package import MartletCore

/// A JSON Schema (2020-12, as OpenAPI 3.1 has it), and the named ones that it points to.
package struct Schema: Sendable {
    package let json: JSONValue
    let named: [NamedSchema]

    init(json: JSONValue, named: [NamedSchema]) {
        self.json = json
        self.named = named
    }

    private init(_ json: [String: JSONValue], named: [NamedSchema] = []) {
        self.json = .object(json)
        self.named = named
    }

    package static let any = Schema([:])
    package static let boolean = Schema(["type": "boolean"])
    package static let number = Schema(["type": "number"])
    package static let null = Schema(["type": "null"])
    package static let instant = Schema(["type": "string", "format": "date-time"])

    package static func string(
        _ description: String? = nil, pattern: String? = nil, length: ClosedRange<Int64>? = nil
    ) -> Schema {
        var json: [String: JSONValue] = ["type": "string"]
        json["description"] = description.map(JSONValue.string)
        json["pattern"] = pattern.map(JSONValue.string)
        json["minLength"] = length.map { .int($0.lowerBound) }
        json["maxLength"] = length.map { .int($0.upperBound) }
        return Schema(json)
    }

    package static func integer(_ range: ClosedRange<Int64>? = nil, _ description: String? = nil) -> Schema {
        var json: [String: JSONValue] = ["type": "integer"]
        json["description"] = description.map(JSONValue.string)
        json["minimum"] = range.map { .int($0.lowerBound) }
        json["maximum"] = range.flatMap { $0.upperBound == .max ? nil : .int($0.upperBound) }
        return Schema(json)
    }

    /// One of these words.
    package static func words(_ words: [String]) -> Schema {
        Schema(["type": "string", "enum": .array(words.map(JSONValue.string))])
    }

    /// One of an enumeration's words: those that the parser knows, too.
    package static func words<Word: RawRepresentable & CaseIterable>(_: Word.Type) -> Schema
    where Word.RawValue == String {
        words(Word.allCases.map(\.rawValue))
    }

    package static func constant(_ value: JSONValue) -> Schema { Schema(["const": value]) }

    package static func list(of items: Schema, _ count: ClosedRange<Int64>? = nil) -> Schema {
        var json: [String: JSONValue] = ["type": "array", "items": items.json]
        json["minItems"] = count.flatMap { $0.lowerBound == 0 ? nil : .int($0.lowerBound) }
        json["maxItems"] = count.flatMap { $0.upperBound == .max ? nil : .int($0.upperBound) }
        return Schema(json, named: items.named)
    }

    /// An object with names of the user's own; `names` is a pattern for them.
    package static func map(of values: Schema, names: String? = nil, atMost: Int64? = nil) -> Schema {
        var json: [String: JSONValue] = ["type": "object", "additionalProperties": values.json]
        json["propertyNames"] = names.map { ["pattern": .string($0)] }
        json["maxProperties"] = atMost.map(JSONValue.int)
        return Schema(json, named: values.named)
    }

    package static func anyOf(_ choices: [Schema]) -> Schema {
        Schema(["anyOf": .array(choices.map(\.json))], named: choices.flatMap(\.named))
    }

    package static func ref(_ schema: NamedSchema) -> Schema {
        Schema(["$ref": .string("#/components/schemas/\(schema.name)")], named: [schema])
    }

    /// An object of an answer: every member is there, those in `optional` excepted. More may come with later versions.
    package static func answer(
        _ members: KeyValuePairs<String, Schema>, optional: KeyValuePairs<String, Schema> = [:]
    ) -> Schema {
        object(Array(members) + Array(optional), required: members.map(\.key), isClosed: false)
    }

    /// The same of members that are made elsewhere.
    package static func answer(members: [String: Schema], optional: [String: Schema] = [:]) -> Schema {
        object(Array(members) + Array(optional), required: members.keys.sorted(), isClosed: false)
    }

    /// An object of a request: a member that does not stand here is an error.
    package static func request(_ members: KeyValuePairs<String, Schema>, required: [String] = []) -> Schema {
        object(Array(members), required: required, isClosed: true)
    }

    private static func object(_ members: [(key: String, value: Schema)], required: [String], isClosed: Bool) -> Schema
    {
        var json: [String: JSONValue] = [
            "type": "object",
            "properties": .object(Dictionary(members.map { ($0.key, $0.value.json) }) { _, last in last }),
        ]
        if !required.isEmpty { json["required"] = .array(required.map(JSONValue.string)) }
        if isClosed { json["additionalProperties"] = false }
        return Schema(json, named: members.flatMap(\.value.named))
    }

    /// The same members and those of `other`.
    package func joined(with other: Schema) -> Schema {
        guard var json = json.object, let more = other.json.object else { return self }
        let members = (json["properties"]?.object ?? [:]).merging(more["properties"]?.object ?? [:]) { $1 }
        let required = Set((json["required"]?.array ?? []) + (more["required"]?.array ?? []))
        json["properties"] = .object(members)
        if !required.isEmpty {
            json["required"] = .array(required.compactMap(\.string).sorted().map(JSONValue.string))
        }
        return Schema(json, named: named + other.named)
    }

    package var orNull: Schema {
        guard var json = json.object, let type = json["type"] else { return .anyOf([self, .null]) }
        json["type"] = .array([type, "null"])
        if let words = json["enum"]?.array { json["enum"] = .array(words + [.null]) }
        return Schema(json, named: named)
    }

    package func described(_ text: String) -> Schema {
        Schema((json.object ?? [:]).merging(["description": .string(text)]) { $1 }, named: named)
    }
}

/// A schema that has a place of its own in the document.
package struct NamedSchema: Sendable {
    package let name: String
    package let schema: Schema
    package let example: JSONValue

    package init(_ name: String, _ schema: Schema, example: JSONValue) {
        self.name = name
        self.schema = schema
        self.example = example
    }

    /// What stands in the document.
    var json: JSONValue { .object((schema.json.object ?? [:]).merging(["examples": [example]]) { $1 }) }

    /// A page of these, as listings give them.
    package var page: Schema {
        .answer(["items": .list(of: .ref(self)), "next": .string("Give it back as `cursor`; null at the end").orNull])
    }
}
