internal import SQLClient

/// Copies views, triggers, routines and events. Triggers do nothing in sessions that replicate, since what they did comes as
/// rows; events are switched off.
struct ObjectCopy {
    private struct Object {
        let name: TableName
        /// `VIEW`, `TRIGGER`, …
        let kind: String
        let sqlMode: String
        var statement: String
    }

    private let copy: FullCopy
    private let source: SQLSession
    private let target: SQLSession

    init(_ copy: FullCopy, source: SQLSession, target: SQLSession) {
        self.copy = copy
        self.source = source
        self.target = target
    }

    /// What needs another object comes after it, so what is refused is tried again as long as something else succeeds. What is
    /// refused in the end is told and left out.
    func run() throws {
        var waiting = try routines() + views() + triggers() + events()
        while !waiting.isEmpty {
            var refused: [(object: Object, error: SQLError)] = []
            for object in waiting { if let error = try create(object) { refused.append((object, error)) } }
            guard refused.count < waiting.count else {
                for (object, error) in refused { copy.note("\(object.kind) \(object.name) is left out: \(error)") }
                return
            }
            waiting = refused.map(\.object)
        }
    }

    /// Nil: it is there.
    private func create(_ object: Object) throws -> SQLError? {
        try target.run("USE \(object.name.schema.asSQLName)")
        try target.run("SET SESSION sql_mode = \(SQLText.quoted(object.sqlMode))")
        defer { _ = try? target.prepareForWriting() }
        for statement in [object.statement, Self.withoutDefiner(object.statement)] {
            do {
                try target.run(statement)
                return nil
            } catch {
                if error.kind == .exists { return nil }
                if error.isTransient { throw error }
                // A definer that this user may not name is left out: then it is this user.
                if error.kind != .denied || statement != object.statement { return error }
            }
        }
        return nil
    }

    private static func withoutDefiner(_ statement: String) -> String {
        let bytes = Array(statement.utf8)
        let tokens = SQLTokenizer.tokens(of: bytes, rules: SQLTokenizer.Rules())
        guard let start = tokens.prefix(8).firstIndex(where: { $0.isWord("DEFINER") }), start + 4 < tokens.count,
            tokens[start + 1].isSign("="), tokens[start + 3].isSign("@")
        else { return statement }
        let range = tokens[start].range.lowerBound..<tokens[start + 4].range.upperBound
        return String(decoding: bytes[..<range.lowerBound] + bytes[range.upperBound...], as: UTF8.self)
    }

    // MARK: What there is

    /// Schemas of the source that go over as a whole, with their names there.
    private func schemas() throws -> [(name: String, target: String)] {
        try Catalogue.schemas(source).compactMap { name in
            try copy.plan.selection.schema(name).map { (name, $0) }
        }
    }

    /// A statement as SHOW CREATE has it, in another place for each kind; nil: this user may not see it.
    private func shown(_ kind: String, _ name: TableName) throws -> (text: String, sqlMode: String)? {
        guard let row = try source.rows("SHOW CREATE \(kind) \(name.quoted)").first else { return nil }
        let place = kind == "VIEW" ? 1 : kind == "EVENT" ? 3 : 2
        guard let text = row[place] else { return nil }
        return (text, kind == "VIEW" ? "" : row[1] ?? "")
    }

    private func views() throws -> [Object] {
        var objects: [Object] = []
        for view in try Catalogue.views(source) {
            guard let schema = try copy.plan.selection.schema(view.schema),
                let shown = try shown("VIEW", view)
            else { continue }
            let name = try copy.plan.selection.route(view)?.target ?? TableName(schema, view.table)
            let text = try renamed(shown.text, in: view.schema)
            objects.append(Object(name: name, kind: "VIEW", sqlMode: "", statement: text))
        }
        return objects
    }

    /// The names of tables and schemas that a view's text has in full.
    private func renamed(_ text: String, in schema: String) throws -> String {
        let bytes = Array(text.utf8)
        let tokens = SQLTokenizer.tokens(of: bytes, rules: SQLTokenizer.Rules())
        var result: [UInt8] = []
        var position = 0
        for index in tokens.indices.dropLast(2)
        where tokens[index].kind == .quotedName && tokens[index + 1].isSign(".")
            && tokens[index + 2].kind == .quotedName
        {
            let isPart = index > 0 && tokens[index - 1].isSign(".")
            guard !isPart, let other = try copy.plan.selection.schema(tokens[index].text) else { continue }
            let name = TableName(tokens[index].text, tokens[index + 2].text)
            let new = try copy.plan.selection.route(name)?.target ?? TableName(other, name.table)
            result += bytes[position..<tokens[index].range.lowerBound] + Array(new.quoted.utf8)
            position = tokens[index + 2].range.upperBound
        }
        return String(decoding: result + bytes[position...], as: UTF8.self)
    }

    private func routines() throws -> [Object] {
        var objects: [Object] = []
        for schema in try schemas() {
            let rows = try source.rows(
                "SELECT ROUTINE_NAME, ROUTINE_TYPE FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA = "
                    + "\(SQLText.quoted(schema.name)) AND ROUTINE_TYPE IN ('PROCEDURE', 'FUNCTION') ORDER BY 1, 2")
            for row in rows {
                let (name, kind) = (row[0] ?? "", row[1] ?? "")
                guard let shown = try shown(kind, TableName(schema.name, name)) else {
                    copy.note("\(kind) \(schema.name).\(name) is left out: the source's user may not see it")
                    continue
                }
                objects.append(
                    Object(
                        name: TableName(schema.target, name), kind: kind, sqlMode: shown.sqlMode, statement: shown.text)
                )
            }
        }
        return objects
    }

    private func triggers() throws -> [Object] {
        var objects: [Object] = []
        for schema in try schemas() {
            let rows = try source.rows(
                "SELECT TRIGGER_NAME, EVENT_OBJECT_TABLE, ACTION_TIMING, EVENT_MANIPULATION, ACTION_STATEMENT, SQL_MODE "
                    + "FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = \(SQLText.quoted(schema.name)) "
                    + "ORDER BY EVENT_OBJECT_TABLE, ACTION_TIMING, EVENT_MANIPULATION, ACTION_ORDER"
            ).map { $0.map { $0 ?? "" } }
            for row in rows {
                guard let route = try copy.plan.selection.route(TableName(schema.name, row[1])) else { continue }
                let statement =
                    "CREATE TRIGGER \(row[0].asSQLName) \(row[2]) \(row[3]) ON \(route.target.quoted) FOR EACH ROW "
                    + TriggerGuard.before + row[4] + TriggerGuard.after
                objects.append(
                    Object(
                        name: TableName(schema.target, row[0]), kind: "TRIGGER", sqlMode: row[5], statement: statement))
            }
        }
        return objects
    }

    private func events() throws -> [Object] {
        var objects: [Object] = []
        for schema in try schemas() {
            let names = try source.rows(
                "SELECT EVENT_NAME FROM information_schema.EVENTS WHERE EVENT_SCHEMA = \(SQLText.quoted(schema.name))"
            ).compactMap { $0[0] }
            for name in names {
                guard let shown = try shown("EVENT", TableName(schema.name, name)) else {
                    continue
                }
                objects.append(
                    Object(
                        name: TableName(schema.target, name), kind: "EVENT", sqlMode: shown.sqlMode,
                        statement: Self.disabled(shown.text)))
            }
        }
        return objects
    }

    /// The state stands before the comment and the body.
    private static func disabled(_ statement: String) -> String {
        let bytes = Array(statement.utf8)
        let tokens = SQLTokenizer.tokens(of: bytes, rules: SQLTokenizer.Rules())
        guard let index = tokens.firstIndex(where: { $0.isWord("ENABLE") }),
            let body = tokens.firstIndex(where: { $0.isWord("DO") }), index < body
        else { return statement }
        let range = tokens[index].range
        return String(
            decoding: bytes[..<range.lowerBound] + Array("DISABLE".utf8) + bytes[range.upperBound...], as: UTF8.self)
    }
}
