import Binlog
import Replication

/// One statement on its way to the target.
struct DefinitionWork {
    let query: QueryEvent
    let definition: Definition
    let selection: Selection
    /// Whether the statement is in UTF-8.
    let isUnicode: Bool
    /// Collations in the target's words.
    let collations: [Edit]

    typealias Edit = (range: Range<Int>, text: [UInt8])

    func verbatim() -> DefinitionPlan { run([], schema: nil) }

    private func run(_ edits: [Edit], schema: String?, tables: [TableName] = []) -> DefinitionPlan {
        var text: [UInt8] = []
        var end = definition.settings?.upperBound ?? 0
        for edit in edits.sorted(by: { $0.range.lowerBound < $1.range.lowerBound }) where edit.range.lowerBound >= end {
            text += query.statement[end..<edit.range.lowerBound]
            text += edit.text
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

    private func edit(_ mention: Definition.Mention, _ name: TableName) throws -> Edit {
        (mention.range, mention.range.isEmpty ? [] : try written(mention, as: name))
    }

    /// A name that is no text in the session's character set may be one of ours.
    func checkNames() throws {
        for name in (definition.objects + definition.others + [definition.schema].compactMap(\.self)).map(\.name)
        where name.description.contains("\u{fffd}") {
            guard try name.schema.contains("\u{fffd}") || selection.schema(name.schema) != nil else { continue }
            throw refusal(
                "a name is not readable in its session's character set (collation \(query.session.client ?? 0)): "
                    + "do the same at the target and start after it by Gtid")
        }
    }

    /// A name in the statement's character set: beyond ASCII, only what stands there can be written in others than UTF-8.
    private func written(_ mention: Definition.Mention, as name: TableName) throws -> [UInt8] {
        guard let table = part(name.table, mention.name.table, mention.table) else { throw unwritable(name) }
        if let schema = part(name.schema, mention.name.schema, mention.schema) {
            return schema + (mention.table == nil ? [] : Array(".".utf8) + table)
        }
        guard mention.schema == nil, try current() == name.schema else { throw unwritable(name) }
        return table
    }

    private func part(_ name: String, _ old: String, _ range: Range<Int>?) -> [UInt8]? {
        let text = Array(name.asSQLName.utf8)
        if isUnicode || text.allSatisfy({ $0 < 0x80 }) { return text }
        guard name == old, let range else { return nil }
        let old = Array(query.statement[range])
        let quote = Array("`".utf8)
        // After a point MariaDB takes some characters of two bytes only in quotes.
        return old.first.map(SQLTokenizer.isWord) == true ? quote + old + quote : old
    }

    private func unwritable(_ name: TableName) -> UnfollowedStatement {
        refusal(
            "\(name) cannot be written in its session's character set (collation \(query.session.client ?? 0)): "
                + "do the same at the target and start after it by Gtid")
    }

    /// Tables that are only named: those that are not replicated may be there all the same, under their schema's new name.
    private func otherEdits() throws -> [Edit] {
        try definition.others.map { mention in
            if let route = try selection.route(mention.name) { return try edit(mention, route.target) }
            let schema = try selection.schema(mention.name.schema) ?? mention.name.schema
            return try edit(mention, TableName(schema, mention.name.table))
        }
    }

    func schema() throws -> DefinitionPlan {
        guard let mention = definition.schema else { throw refusal("no schema is named") }
        guard try selection.isWhole(mention.name.schema), let name = try selection.schema(mention.name.schema) else {
            return .outside
        }
        if mention.range.isEmpty { return run(collations, schema: name) }
        return run([try edit(mention, TableName(name, ""))] + collations, schema: nil)
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
        if !isUnicode, text.contains(where: { $0 >= 0x80 }) { throw unwritable(tables[0]) }
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
        if definition.selectsRows { throw refusal(UnfollowedStatement.change) }
        if let new = definition.newName, try selection.route(new) == nil {
            throw refusal("\(table.name) gets the name \(new), which is not replicated")
        }
        if !route.columns.isEmpty, definition.kind != .truncate {
            return .skip("\(table.name) has ColumnMapFrom: its target is not changed")
        }
        var edits = [try edit(table, route.target)] + (try otherEdits()) + collations
        if let range = definition.startsTransaction { edits.append((range, [])) }
        let plan = run(edits, schema: try current(), tables: [route.target])
        guard case .run(var statement) = plan, definition.isHarmfulTwice else { return plan }
        let partners = try definition.partners.compactMap { try selection.route($0)?.target }
        statement.watched = [route.target] + partners
        statement.swaps = !partners.isEmpty
        return .run(statement)
    }

    /// Keeps what is replicated.
    func drop() throws -> DefinitionPlan {
        let kept = try definition.objects.compactMap { mention in
            try selection.route(mention.name).map { (mention: mention, target: $0.target) }
        }
        let targets = kept.map(\.target)
        guard let first = definition.objects.first, let last = definition.objects.last, !targets.isEmpty else {
            return .outside
        }
        let list = Array(try kept.map { try written($0.mention, as: $0.target) }.joined(separator: ",".utf8))
        return run([(first.range.lowerBound..<last.range.upperBound, list)], schema: try current(), tables: targets)
    }

    func rename() throws -> DefinitionPlan {
        var parts: [[UInt8]] = []
        var tables: [TableName] = []
        for index in stride(from: 0, to: definition.objects.count - 1, by: 2) {
            let mentions = (definition.objects[index], definition.objects[index + 1])
            let (old, new) = (mentions.0.name, mentions.1.name)
            let targets: (TableName, TableName)
            switch (try selection.route(old), try selection.route(new)) {
            case (let old?, let new?):
                targets = (old.target, new.target)
            case (let route?, nil):
                guard let schema = try selection.schema(new.schema) else {
                    throw refusal("\(old) gets the name \(new), whose schema is not replicated")
                }
                targets = (route.target, TableName(schema, new.table))
            case (nil, .some): throw arrival(old, new)
            case (nil, nil): continue
            }
            tables += [targets.0, targets.1]
            parts.append(
                try written(mentions.0, as: targets.0) + Array(" TO ".utf8) + written(mentions.1, as: targets.1))
        }
        guard !parts.isEmpty else { return .outside }
        let text = Array("RENAME TABLE ".utf8) + parts.joined(separator: ", ".utf8)
        var statement = FollowedStatement(text: text, kind: .renameTables, schema: try current(), tables: tables)
        let old = Set(stride(from: 0, to: tables.count, by: 2).map { tables[$0] })
        if Set(tables) == old {
            statement.watched = old.sorted()
            statement.swaps = true
        }
        return .run(statement)
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
        let states =
            definition.state.map { [Edit(range: $0, text: Array(($0.isEmpty ? "DISABLE " : "DISABLE").utf8))] } ?? []
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
            return run([try edit(trigger, TableName(schema, trigger.name.table))], schema: try current())
        }
        guard let route = try selection.route(table.name) else { return .outside }
        let name = TableName(route.target.schema, trigger.name.table)
        let end = query.statement.count
        return run(
            [
                try edit(trigger, name), try edit(table, route.target), (body..<body, Array(TriggerGuard.before.utf8)),
                (end..<end, Array(TriggerGuard.after.utf8)),
            ], schema: try current())
    }
}
