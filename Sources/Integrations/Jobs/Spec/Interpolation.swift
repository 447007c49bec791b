package import MartletCore

/// `${NAME}` in what a task is given becomes the value of that name: `${NOMAD_TASK_NAME}`, `${env["HOME"]}`,
/// `${node.datacenter}`, `${attr.kernel.name}`, `${meta.rack}`. What nobody knows stays as it is; `$${` stands for `${`.
package struct Interpolation: Sendable {
    private let values: [String: String]

    /// `values`: by the name between the braces; environment variables as `env["NAME"]` and, plain, as `NAME`.
    package init(_ values: [String: String]) { self.values = values }

    /// For a task: its environment, and what is known of its node (`node.…`, `attr.…`, `meta.…`).
    package init(environment: [String: String], node: [String: String]) {
        var values = node
        for (name, value) in environment {
            values[name] = value
            values["env[\"\(name)\"]"] = value
        }
        self.init(values)
    }

    /// All texts in `value`; keys of objects stay as they are.
    package func apply(_ value: JSONValue) -> JSONValue {
        switch value {
        case .string(let text): .string(apply(text))
        case .array(let elements): .array(elements.map(apply))
        case .object(let members): .object(members.mapValues(apply))
        default: value
        }
    }

    package func apply(_ text: String) -> String {
        guard text.contains("${") else { return text }
        var result = ""
        var rest = text[...]
        while let start = rest.firstRange(of: "${") {
            let before = rest[..<start.lowerBound]
            result += before
            rest = rest[start.upperBound...]
            if before.hasSuffix("$") {
                result += "{"
                continue
            }
            guard let end = rest.firstIndex(of: "}") else { return result + "${" + rest }
            let name = rest[..<end].filter { $0 != " " }
            result += values[name] ?? "${\(rest[..<end])}"
            rest = rest[rest.index(after: end)...]
        }
        return result + rest
    }
}
