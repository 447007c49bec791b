package import Binlog
package import Replication

/// What becomes of a statement of the source at the target.
package enum DefinitionPlan: Sendable, Equatable {
    /// It is about nothing that is replicated.
    case outside
    /// The job's settings leave it out; the reason is for the log.
    case skip(String)
    case run(FollowedStatement)
}

/// A statement in the target's names.
package struct FollowedStatement: Sendable, Equatable {
    package let text: [UInt8]
    package let kind: Definition.Kind
    /// The schema it has to run in, in the target's name; nil: it names all itself.
    package let schema: String?
    /// The tables that it makes, changes or drops, in the target's names.
    package var tables: [TableName] = []
}

/// Why a statement cannot be followed; nothing was done.
package struct UnfollowedStatement: Error, Sendable, CustomStringConvertible {
    package let statement: String
    package let reason: String
    /// In the source's binlog.
    private var place = ""

    init(statement: String, reason: String) {
        self.statement = statement
        self.reason = reason
    }

    func at(_ origin: Origin) -> UnfollowedStatement {
        var error = self
        error.place = " (file \(origin.file), position \(origin.position))"
        return error
    }

    static let xa =
        "an XA transaction, which is not followed: let the source's programs use ordinary transactions"
    static let change = "a change was logged as a statement, set binlog_format=ROW for every session of the source"

    package var description: String { "\(reason): \(statement.prefix(300))\(place)" }
}

/// Decides which statements are followed and writes the target's names into them (contract C.8). Names are replaced where the
/// parser found them, never by searching the text.
package struct DefinitionPlanner: Sendable {
    private let selection: Selection
    private let filter: Set<ChangeFilter>
    private let skipsCreation: Bool
    private let expandsSyntax: Bool

    package init(_ selection: Selection, _ settings: ReplicationSettings) {
        self.selection = selection
        filter = settings.filter
        skipsCreation = settings.skipsCreation
        expandsSyntax = settings.expandsSyntax
    }

    /// - Throws: `UnfollowedStatement`, `PatternTooSlow`.
    package func plan(_ query: QueryEvent) throws -> DefinitionPlan {
        let tokens = SQLTokenizer.tokens(of: query.statement, rules: SQLTokenizer.Rules(query.session))
        let definition = DefinitionParser.definition(of: tokens, schema: query.schema)
        if definition.kind == .xaCommit {
            throw UnfollowedStatement(statement: query.text, reason: UnfollowedStatement.xa)
        }
        if definition.kind == .unknown, !Self.isDefinition(tokens) {
            guard try concerns(query, tokens) else { return .outside }
            throw UnfollowedStatement(statement: query.text, reason: UnfollowedStatement.change)
        }
        if filter.contains(.allDefinitions) { return .skip("SqlFilter has NoDDL") }
        if let word = definition.classes.intersection(filter).first {
            return .skip("SqlFilter has \(word.rawValue)")
        }
        let work = Work(query: query, definition: definition, selection: selection)
        switch definition.kind {
        case .nothing: return .outside
        case .account: return expandsSyntax ? work.verbatim() : .skip("ExpandSyntaxSupport is off")
        case .routine, .event:
            return expandsSyntax ? try work.object() : .skip("ExpandSyntaxSupport is off")
        case .createSchema where skipsCreation, .createTable where skipsCreation:
            return .skip("SkipCreateDbTable is on")
        case .dropSchema where try selection.isPartial(definition.schema?.name.schema ?? ""):
            return filter.contains(.dropTable) ? .skip("SqlFilter has NoDDLDropTable") : try work.dropListed()
        case .createSchema, .alterSchema, .dropSchema: return try work.schema()
        case .dropTables, .dropViews: return try work.drop()
        case .renameTables: return try work.rename()
        case .createTrigger, .dropTrigger:
            return expandsSyntax ? try work.trigger() : .skip("ExpandSyntaxSupport is off")
        case .createView: return try work.object()
        case .sequence: return try work.sequence()
        case .createTable, .alterTable, .truncate, .createIndex, .dropIndex: return try work.table()
        case .xaCommit, .unknown:
            guard try concerns(query, tokens) else { return .outside }
            throw UnfollowedStatement(
                statement: query.text,
                reason: "the statement is not known here; leave it out by SqlFilter NoDDL, or start after it by Gtid")
        }
    }

    /// By its first word: of what is not known, this changes no rows.
    private static func isDefinition(_ tokens: [SQLToken]) -> Bool {
        ["CREATE", "ALTER", "DROP", "INSTALL", "UNINSTALL", "IMPORT", "CLONE"].contains {
            tokens.first?.isWord($0) == true
        }
    }

    /// Whether the current schema, or one that stands before a point, has tables that are replicated.
    func concerns(_ query: QueryEvent, _ tokens: [SQLToken]? = nil) throws -> Bool {
        if !query.schema.isEmpty, try selection.schema(query.schema) != nil { return true }
        let tokens = tokens ?? SQLTokenizer.tokens(of: query.statement, rules: SQLTokenizer.Rules(query.session))
        for (name, point) in zip(tokens, tokens.dropFirst()) where name.isName && point.isSign(".") {
            if try selection.schema(name.text) != nil { return true }
        }
        return false
    }
}

extension SQLTokenizer.Rules {
    /// As the statement's session had them.
    init(_ session: SessionState) {
        let mode = session.sqlMode ?? 0
        self.init(
            quotesNames: mode & 4 != 0, hasPlainBackslash: mode & 1 << 20 != 0,
            hasPairs: [1, 13, 28, 84, 87, 88, 95, 96, 248, 249, 250].contains(session.client ?? 0))
    }
}

/// One statement on its way to the target.
private struct Work {
    let query: QueryEvent
    let definition: Definition
    let selection: Selection

    private typealias Edit = (range: Range<Int>, text: String)

    func verbatim() -> DefinitionPlan { run([], schema: nil) }

    private func run(_ edits: [Edit], schema: String?, tables: [TableName] = []) -> DefinitionPlan {
        var text: [UInt8] = []
        var end = definition.settings?.upperBound ?? 0
        for edit in edits.sorted(by: { $0.range.lowerBound < $1.range.lowerBound }) {
            text += query.statement[end..<edit.range.lowerBound]
            text += edit.text.utf8
            end = edit.range.upperBound
        }
        text += query.statement[end...]
        return .run(FollowedStatement(text: text, kind: definition.kind, schema: schema, tables: tables))
    }

    private func refusal(_ reason: String) -> UnfollowedStatement {
        UnfollowedStatement(statement: query.text, reason: reason)
    }

    /// The current schema at the target, where it is one of ours.
    private func current() throws -> String? { query.schema.isEmpty ? nil : try selection.schema(query.schema) }

    private func edit(_ mention: Definition.Mention, _ name: TableName) -> Edit {
        (mention.range, mention.range.isEmpty ? "" : name.quoted)
    }

    /// Tables that are only named: those that are not replicated may be there all the same, under their schema's new name.
    private func otherEdits() throws -> [Edit] {
        try definition.others.map { mention in
            if let route = try selection.route(mention.name) { return edit(mention, route.target) }
            let schema = try selection.schema(mention.name.schema) ?? mention.name.schema
            return edit(mention, TableName(schema, mention.name.table))
        }
    }

    func schema() throws -> DefinitionPlan {
        guard let mention = definition.schema else { throw refusal("no schema is named") }
        guard try selection.isWhole(mention.name.schema), let name = try selection.schema(mention.name.schema) else {
            return .outside
        }
        if mention.range.isEmpty { return run([], schema: name) }
        return run([(mention.range, name.asSQLName)], schema: nil)
    }

    /// Of a schema that is dropped only the tables on the list are ours.
    func dropListed() throws -> DefinitionPlan {
        let schema = definition.schema?.name.schema ?? ""
        guard let routes = try selection.listed(in: schema) else {
            throw refusal(
                "only tables of \(schema) are replicated, by a pattern: drop them at the target and start after it by Gtid"
            )
        }
        let tables = routes.map(\.target)
        let text = Array("DROP TABLE IF EXISTS \(tables.map(\.quoted).joined(separator: ","))".utf8)
        return .run(FollowedStatement(text: text, kind: .dropTables, schema: nil, tables: tables))
    }

    /// Rows that were not replicated would be missed, those of the others would stay.
    private func checkPartners(of name: TableName, isReplicated: Bool) throws {
        for partner in definition.partners where try (selection.route(partner) != nil) != isReplicated {
            throw refusal(
                "rows go between \(name) and \(partner), of which only one is replicated: "
                    + "start after it by Gtid once the target has the same rows, or copy anew")
        }
        if !isReplicated, let new = definition.newName, try selection.route(new) != nil { throw arrival(name, new) }
    }

    private func arrival(_ old: TableName, _ new: TableName) -> UnfollowedStatement {
        refusal("\(new) comes by a new name from \(old), whose rows were not replicated: copy it anew")
    }

    func table() throws -> DefinitionPlan {
        guard let table = definition.objects.first else { throw refusal("no table is named") }
        let found = try selection.route(table.name)
        try checkPartners(of: table.name, isReplicated: found != nil)
        guard let route = found else { return .outside }
        if let new = definition.newName, try selection.route(new) == nil {
            throw refusal("\(table.name) gets the name \(new), which is not replicated")
        }
        if !route.columns.isEmpty, definition.kind != .truncate {
            return .skip("\(table.name) has ColumnMapFrom: its target is not changed")
        }
        var edits = [edit(table, route.target)] + (try otherEdits())
        if let range = definition.startsTransaction { edits.append((range, "")) }
        return run(edits, schema: try current(), tables: [route.target])
    }

    /// Keeps what is replicated.
    func drop() throws -> DefinitionPlan {
        let targets = try definition.objects.compactMap { try selection.route($0.name)?.target }
        guard let first = definition.objects.first, let last = definition.objects.last, !targets.isEmpty else {
            return .outside
        }
        let list = targets.map(\.quoted).joined(separator: ",")
        return run([(first.range.lowerBound..<last.range.upperBound, list)], schema: try current(), tables: targets)
    }

    func rename() throws -> DefinitionPlan {
        var parts: [String] = []
        var tables: [TableName] = []
        for index in stride(from: 0, to: definition.objects.count - 1, by: 2) {
            let (old, new) = (definition.objects[index].name, definition.objects[index + 1].name)
            switch (try selection.route(old), try selection.route(new)) {
            case (let old?, let new?):
                parts.append("\(old.target.quoted) TO \(new.target.quoted)")
                tables += [old.target, new.target]
            case (let route?, nil):
                guard let schema = try selection.schema(new.schema) else {
                    throw refusal("\(old) gets the name \(new), whose schema is not replicated")
                }
                parts.append("\(route.target.quoted) TO \(TableName(schema, new.table).quoted)")
                tables += [route.target, TableName(schema, new.table)]
            case (nil, .some): throw arrival(old, new)
            case (nil, nil): continue
            }
        }
        guard !parts.isEmpty else { return .outside }
        let text = Array("RENAME TABLE \(parts.joined(separator: ", "))".utf8)
        return .run(FollowedStatement(text: text, kind: .renameTables, schema: nil, tables: tables))
    }

    /// Views, functions, procedures and events: their text may name tables anywhere, so renamed ones cannot be followed.
    /// Events are switched off: what they do at the source comes as rows.
    func object() throws -> DefinitionPlan {
        guard let object = definition.objects.first else { throw refusal("no object is named") }
        guard let route = try selection.route(object.name) ?? wholeSchemaRoute(object.name) else {
            return .outside
        }
        guard route.target == object.name else {
            throw refusal(
                "its text cannot be written in the target's names: leave it out by SqlFilter, or rename nothing")
        }
        let states = definition.state.map { [Edit(range: $0, text: $0.isEmpty ? "DISABLE " : "DISABLE")] } ?? []
        return run(states, schema: try current())
    }

    func sequence() throws -> DefinitionPlan {
        guard try definition.objects.contains(where: { try selection.route($0.name) != nil }) else { return .outside }
        return .skip("sequences are not followed, make it in the target")
    }

    /// Routines are not tables: they belong to a schema that is replicated as a whole.
    private func wholeSchemaRoute(_ name: TableName) throws -> TableRoute? {
        guard try selection.isWhole(name.schema), let schema = try selection.schema(name.schema) else { return nil }
        return TableRoute(
            source: name, target: TableName(schema, name.table), condition: "", columns: [], conditionField: "")
    }

    /// What a trigger does at the source comes as rows: at the target it must do nothing while they are written.
    func trigger() throws -> DefinitionPlan {
        guard let trigger = definition.objects.first else { throw refusal("no trigger is named") }
        guard definition.kind == .createTrigger, let table = definition.others.first, let body = definition.body else {
            guard let schema = try selection.schema(trigger.name.schema) else {
                return .outside
            }
            return run([edit(trigger, TableName(schema, trigger.name.table))], schema: try current())
        }
        guard let route = try selection.route(table.name) else { return .outside }
        let name = TableName(route.target.schema, trigger.name.table)
        let end = query.statement.count
        return run(
            [
                edit(trigger, name), edit(table, route.target), (body..<body, TriggerGuard.before),
                (end..<end, TriggerGuard.after),
            ], schema: try current())
    }
}

/// Keeps a trigger of the target still while rows of the source are written, which hold what it did there.
package enum TriggerGuard {
    /// The session variable that our sessions set.
    package static let variable = "@martlet_apply"
    package static let before = "IF \(variable) IS NULL THEN "
    package static let after = "; END IF"
}
