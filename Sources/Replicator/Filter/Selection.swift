package import Replication

/// Where the rows of a table go.
package struct TableRoute: Sendable, Hashable {
    package let source: TableName
    package let target: TableName
    /// A condition on rows, in SQL; empty: all rows.
    package let condition: String
    /// Columns of the source in the target's order; empty: as they are.
    package let columns: [String]
    /// The condition's key in the task's configuration, for errors.
    package let conditionField: String

    /// Rows go as they are to a table of the same columns.
    package var isPlain: Bool { condition.isEmpty && columns.isEmpty }
}

/// Which schemas and tables are replicated, and under which names (contract C.2). Of several rules the first that names a
/// table counts, then the first whose pattern fits it.
package struct Selection: Sendable {
    /// Schemas of servers, and the one of checkpoints.
    package static let system: Set<String> = ["mysql", "sys", "information_schema", "performance_schema", "dtle"]

    private let rules: [CompiledSchema]
    private let ignored: [IgnoredSchema]
    private let ignoresCase: Bool

    /// - Parameter ignoresCase: the source's `lower_case_table_names` is 1 or 2: rows have names in lower case, statements
    ///   as they were typed.
    /// - Throws: `InvalidSetting` that names the key of a pattern which cannot be used.
    package init(_ settings: ReplicationSettings, ignoresCase: Bool = false) throws(InvalidSetting) {
        self.ignoresCase = ignoresCase
        var rules: [CompiledSchema] = []
        for (index, rule) in settings.replicated.enumerated() {
            rules.append(try CompiledSchema(rule, path: "ReplicateDoDb[\(index)].", ignoresCase: ignoresCase))
        }
        self.rules = rules.filter { $0.name.isExact } + rules.filter { !$0.name.isExact }
        ignored = settings.replicated.isEmpty ? settings.ignored : []
    }

    /// The name as rows have it.
    func folded(_ name: String) -> String { ignoresCase ? name.lowercased() : name }

    /// The target's name of a schema of which at least one table may be replicated; nil: of none.
    /// - Throws: `PatternTooSlow`.
    package func schema(_ name: String) throws -> String? {
        guard !Self.system.contains(name.lowercased()) else { return nil }
        if rules.isEmpty {
            return ignored.contains { folded($0.name) == folded(name) && $0.tables.isEmpty } ? nil : name
        }
        for rule in rules { if let new = try rule.name.rename(name) { return new } }
        return nil
    }

    /// Whether statements on the schema itself are followed: it is replicated, not only tables of it by name.
    package func isWhole(_ schema: String) throws -> Bool {
        guard try self.schema(schema) != nil else { return false }
        return try rules.isEmpty || rules.contains { try $0.tables.isEmpty && $0.name.rename(schema) != nil }
    }

    /// Whether tables of the schema are replicated, and not the schema itself.
    package func isPartial(_ schema: String) throws -> Bool { try self.schema(schema) != nil && !isWhole(schema) }

    /// The tables of a schema that are chosen by name; nil: there are some that are chosen by pattern.
    package func listed(in schema: String) throws -> [TableRoute]? {
        var routes: [TableRoute] = []
        for rule in rules where try rule.name.rename(schema) != nil {
            for table in rule.tables {
                guard table.name.isExact else { return nil }
                let route = try route(TableName(schema, table.rule.name))
                if let route, !routes.contains(route) { routes.append(route) }
            }
        }
        return routes
    }

    /// Where a table's rows go; nil: it is not replicated.
    /// - Throws: `PatternTooSlow`.
    package func route(_ name: TableName) throws -> TableRoute? {
        guard !Self.system.contains(name.schema.lowercased()) else { return nil }
        if rules.isEmpty {
            let isIgnored = ignored.contains { rule in
                folded(rule.name) == folded(name.schema)
                    && (rule.tables.isEmpty || rule.tables.contains { folded($0) == folded(name.table) })
            }
            return isIgnored
                ? nil : TableRoute(source: name, target: name, condition: "", columns: [], conditionField: "")
        }
        for rule in rules { if let route = try rule.route(name) { return route } }
        return nil
    }
}

/// A schema of `ReplicateDoDb` with its patterns made ready.
private struct CompiledSchema: Sendable {
    struct Table: Sendable {
        let name: RenamedName
        let rule: TableRule
        let path: String
    }

    let name: RenamedName
    let tables: [Table]

    init(_ rule: SchemaRule, path: String, ignoresCase: Bool) throws(InvalidSetting) {
        name = try RenamedName(
            rule.name, rule.pattern, rule.rename, key: ("TableSchemaRegex", path), ignoresCase: ignoresCase)
        var tables: [Table] = []
        for (index, table) in rule.tables.enumerated() {
            let path = "\(path)Tables[\(index)]."
            let name = try RenamedName(
                table.name, table.pattern, table.rename, key: ("TableRegex", path), ignoresCase: ignoresCase)
            tables.append(Table(name: name, rule: table, path: path))
        }
        self.tables = tables.filter { $0.name.isExact } + tables.filter { !$0.name.isExact }
    }

    func route(_ source: TableName) throws -> TableRoute? {
        guard let schema = try name.rename(source.schema) else { return nil }
        if tables.isEmpty {
            let target = TableName(schema, source.table)
            return TableRoute(source: source, target: target, condition: "", columns: [], conditionField: "")
        }
        for table in tables {
            guard let new = try table.name.rename(source.table) else { continue }
            return TableRoute(
                source: source, target: TableName(schema, new), condition: table.rule.condition,
                columns: table.rule.columns, conditionField: "\(table.path)Where")
        }
        return nil
    }
}

/// A name or a pattern, and what it becomes.
private struct RenamedName: Sendable {
    private let name: String
    private let pattern: NamePattern?
    private let rename: String
    private let ignoresCase: Bool

    var isExact: Bool { pattern == nil }

    init(
        _ name: String, _ pattern: String, _ rename: String, key: (name: String, path: String), ignoresCase: Bool
    ) throws(InvalidSetting) {
        self.name = name
        self.ignoresCase = ignoresCase
        self.rename = rename
        do throws(NamePattern.Invalid) {
            self.pattern = pattern.isEmpty ? nil : try NamePattern(ignoresCase ? "(?i)\(pattern)" : pattern)
        } catch {
            throw InvalidSetting(field: key.path + key.name, reason: error.reason)
        }
    }

    /// nil: does not fit.
    func rename(_ text: String) throws -> String? {
        guard let pattern else {
            let isIt = ignoresCase ? text.lowercased() == name.lowercased() : text == name
            return isIt ? (rename.isEmpty ? name : rename) : nil
        }
        guard let groups = try pattern.firstMatch(in: text) else { return nil }
        return NameTemplate(rename).expand(groups)
    }
}
