import MartletCore

/// Checks values against the schemas of our document: the part of JSON Schema that they use. Stricter than the document
/// promises to clients: a member that it does not know is a problem, too.
struct SchemaCheck {
    let document: JSONValue

    /// What is wrong with `value`, each with its place.
    func problems(_ value: JSONValue, _ schema: JSONValue, at place: String = "$") -> [String] {
        if let path = schema["$ref"].string {
            let target = path.split(separator: "/").dropFirst().reduce(document) { $0[String($1)] }
            return problems(value, target, at: place)
        }
        if let choices = schema["anyOf"].array {
            let found = choices.map { problems(value, $0, at: place) }
            return found.contains(where: \.isEmpty) ? [] : found.min { $0.count < $1.count } ?? []
        }
        if let constant = schema.object?["const"] { return constant == value ? [] : ["\(place) is not \(constant)"] }
        return type(value, schema, place) + bounds(value, schema, place) + members(value, schema, place)
            + elements(value, schema, place)
    }

    private func type(_ value: JSONValue, _ schema: JSONValue, _ place: String) -> [String] {
        let types = schema["type"].array?.compactMap(\.string) ?? schema["type"].string.map { [$0] }
        if let types, !types.contains(where: { isOne(value, $0) }) { return ["\(place) is \(value.typeName)"] }
        if let words = schema["enum"].array, !words.contains(value) { return ["\(place) is \(value)"] }
        return []
    }

    private func isOne(_ value: JSONValue, _ type: String) -> Bool {
        switch (value, type) {
        case (.null, "null"), (.bool, "boolean"), (.int, "integer"), (.int, "number"), (.double, "number"),
            (.string, "string"), (.array, "array"), (.object, "object"):
            true
        default: false
        }
    }

    private func bounds(_ value: JSONValue, _ schema: JSONValue, _ place: String) -> [String] {
        if let number = value.int {
            if let least = schema["minimum"].int, number < least { return ["\(place) is below \(least)"] }
            if let most = schema["maximum"].int, number > most { return ["\(place) is above \(most)"] }
        }
        guard let text = value.string else { return [] }
        if let pattern = schema["pattern"].string, let regex = try? Regex(pattern), text.firstMatch(of: regex) == nil {
            return ["\(place) does not match \(pattern)"]
        }
        if schema["format"] == "date-time", text.wholeMatch(of: /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/) == nil {
            return ["\(place) is no instant"]
        }
        return []
    }

    private func members(_ value: JSONValue, _ schema: JSONValue, _ place: String) -> [String] {
        guard let members = value.object else { return [] }
        let properties = schema["properties"].object
        var problems: [String] = []
        for name in schema["required"].array?.compactMap(\.string) ?? [] where members[name] == nil {
            problems.append("\(place).\(name) is missing")
        }
        for (name, member) in members {
            if let known = properties?[name] ?? schema.object?["additionalProperties"], known.object != nil {
                problems += self.problems(member, known, at: "\(place).\(name)")
            } else if properties != nil {
                problems.append("\(place).\(name) is not documented")
            }
        }
        return problems
    }

    private func elements(_ value: JSONValue, _ schema: JSONValue, _ place: String) -> [String] {
        guard let elements = value.array, let items = schema.object?["items"] else { return [] }
        return elements.enumerated().flatMap { problems($1, items, at: "\(place)[\($0)]") }
    }
}
