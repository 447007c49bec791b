import MartletCore

/// Reads a block into the fields of a struct, by the struct's table. The result holds every field that clients send.
enum BlockReader {
    static func values(_ body: HCLBody, of shape: Shape) throws(JobFileError) -> [String: JSONValue] {
        switch shape.name {
        case "Constraint", "Affinity": return try PlacementReader.values(body, of: shape)
        default: break
        }
        // A group's vault block is no field of it: see `inherit`.
        try check(body, keys: shape.fields.compactMap(\.hcl) + (shape.name == "TaskGroup" ? ["vault"] : []))
        var values = shape.empty.merging(shape.inBlock) { $1 }
        for field in shape.fields {
            guard let key = field.hcl else { continue }
            let items = body.items(named: key)
            guard !items.isEmpty else { continue }
            do throws(JobFileError) {
                values[field.name] = try value(of: items, field, key)
            } catch {
                throw field.kind.isBlock ? error.within(Self.prefix(key)) : error
            }
        }
        try finish(&values, body, shape)
        return values
    }

    private static func prefix(_ key: String) -> String {
        key == "group" || key == "task" ? "\(key):" : "\(key) ->"
    }

    static func check(_ body: HCLBody, keys: [String]) throws(JobFileError) {
        let wrong = body.items.compactMap(\.keys.first).filter { !keys.contains($0) }
        if !wrong.isEmpty { throw JobFileError(invalidKeys: wrong) }
    }

    private static func value(
        of items: [HCLItem], _ field: ShapeField, _ key: String
    ) throws(JobFileError) -> JSONValue {
        switch field.kind {
        case .object(let shape):
            guard items.count == 1 else { throw JobFileError("only one '\(key)' block allowed") }
            return .object(try block(items[0], shape))
        case .objects(let shape, _):
            var blocks: [JSONValue] = []
            var seen: Set<String> = []
            for item in items {
                if let label = item.labels.first, !seen.insert(label).inserted {
                    throw JobFileError("\(key) '\(label)' defined more than once")
                }
                if let values = try listed(item, shape) { blocks.append(.object(values)) }
            }
            return .array(blocks)
        case .shapes(let shape):
            var blocks: [String: JSONValue] = [:]
            for item in items { blocks[item.labels.first ?? ""] = .object(try block(item, shape)) }
            return .object(blocks)
        case .stringMap, .free, .listMap:
            // Several blocks are read into one.
            var members: [String: JSONValue] = [:]
            for item in items {
                guard item.labels.isEmpty else { throw JobFileError("'\(key)' takes no name") }
                members.merge(try item.value.field(field.kind, field.name).object ?? [:]) { $1 }
            }
            return .object(members)
        default: return try items[items.count - 1].value.field(field.kind, field.name)
        }
    }

    /// Nil for a constraint that says it is off.
    private static func listed(_ item: HCLItem, _ shape: Shape) throws(JobFileError) -> [String: JSONValue]? {
        let values = try block(item, shape)
        return shape.name == "Constraint" && values["Operand"] == "" ? nil : values
    }

    static func block(_ item: HCLItem, _ shape: Shape) throws(JobFileError) -> [String: JSONValue] {
        let key = item.keys[0]
        guard let field = shape.label else {
            guard item.labels.isEmpty else { throw JobFileError("'\(key)' takes no name") }
            guard let body = item.value.body else { throw JobFileError("'\(key)' should be an object") }
            return try values(body, of: shape)
        }
        guard let label = item.labels.first else { throw JobFileError("'\(key)' block missing name") }
        guard item.labels.count == 1 else { throw JobFileError("'\(label)': only one name may be specified") }
        guard let body = item.value.body else { throw JobFileError("\(key) '\(label)': should be an object") }
        do throws(JobFileError) {
            var values = try values(body, of: shape)
            if values[field] == shape.empty[field] { values[field] = .string(label) }
            return values
        } catch {
            throw error.within(error.isOfKeys && key == "group" ? "'\(label)' ->" : "'\(label)',")
        }
    }

    /// What the table cannot say.
    private static func finish(
        _ values: inout [String: JSONValue], _ body: HCLBody, _ shape: Shape
    ) throws(JobFileError) {
        switch shape.name {
        case "PeriodicConfig": if values["Spec"] != .null { values["SpecType"] = "cron" }
        case "NetworkResource": try PortReader.sort(&values, body)
        case "TaskGroup", "Resources":
            if (values["Networks"]?.array?.count ?? 0) > 1 {
                throw JobFileError("network -> only one 'network' resource allowed")
            }
            if shape.name == "TaskGroup" { try inherit(&values, body, tasks: "Tasks") }
        default: break
        }
    }

    /// A group's vault block is that of its tasks without one.
    static func inherit(
        _ values: inout [String: JSONValue], _ body: HCLBody, tasks: String
    ) throws(JobFileError) {
        let blocks = body.items(named: "vault")
        guard let item = blocks.first else { return }
        guard blocks.count == 1 else { throw JobFileError("only one 'vault' block allowed") }
        let vault = try block(item, JobShape.vault)
        values[tasks] = .array(
            values.objects(tasks).map { task in
                task["Vault"] == .null ? .object(task.merging(["Vault": .object(vault)]) { $1 }) : .object(task)
            })
    }
}

extension FieldKind {
    fileprivate var isBlock: Bool {
        switch self {
        case .object, .objects, .shapes: true
        default: false
        }
    }
}
