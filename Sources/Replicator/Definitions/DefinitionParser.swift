import Replication

/// Recognises a statement by its first words and finds the names in it by their places (contract C.8, F 26).
struct DefinitionParser {
    private let tokens: [SQLToken]
    private let current: String
    private var position = 0

    /// `schema`: the session's current one.
    static func definition(of tokens: [SQLToken], schema: String) -> Definition {
        var parser = DefinitionParser(tokens: tokens.filter { !$0.isSign(";") }, current: schema)
        return parser.parse() ?? Definition(kind: .unknown)
    }

    private init(tokens: [SQLToken], current: String) {
        self.tokens = tokens
        self.current = current
    }

    // MARK: Tokens

    private func isWord(_ word: String, at offset: Int = 0) -> Bool {
        position + offset < tokens.count && tokens[position + offset].isWord(word)
    }

    private mutating func take(_ words: String...) -> Bool {
        for (offset, word) in words.enumerated() where !isWord(word, at: offset) { return false }
        position += words.count
        return true
    }

    private mutating func takeSign(_ sign: String) -> Bool {
        guard position < tokens.count, tokens[position].isSign(sign) else { return false }
        position += 1
        return true
    }

    private mutating func takeAny(_ words: Set<String>) -> String? {
        guard position < tokens.count, tokens[position].kind == .word else { return nil }
        let word = tokens[position].text.uppercased()
        guard words.contains(word) else { return nil }
        position += 1
        return word
    }

    /// `table` or `schema.table`.
    private mutating func name() -> Definition.Mention? {
        guard position < tokens.count, tokens[position].isName else { return nil }
        let first = tokens[position]
        position += 1
        guard takeSign("."), position < tokens.count, tokens[position].isName else {
            return Definition.Mention(name: TableName(current, first.text), range: first.range, table: first.range)
        }
        let second = tokens[position]
        position += 1
        return Definition.Mention(
            name: TableName(first.text, second.text), range: first.range.lowerBound..<second.range.upperBound,
            schema: first.range, table: second.range)
    }

    private mutating func names() -> [Definition.Mention] {
        var names: [Definition.Mention] = []
        while let name = name() {
            names.append(name)
            guard takeSign(",") else { break }
        }
        return names
    }

    private mutating func schemaName() -> Definition.Mention? {
        guard position < tokens.count, tokens[position].isName else { return nil }
        position += 1
        let token = tokens[position - 1]
        return Definition.Mention(name: TableName(token.text, ""), range: token.range, schema: token.range)
    }

    private mutating func skipIfExists() { _ = take("IF", "NOT", "EXISTS") || take("IF", "EXISTS") }

    // MARK: Statements

    private static let nothing: Set<String> = [
        "ANALYZE", "OPTIMIZE", "REPAIR", "CHECK", "FLUSH", "SET", "RESET", "PURGE", "CACHE", "KILL", "LOCK", "UNLOCK",
        "BINLOG", "DO", "HANDLER", "SHOW", "USE",
    ]

    private mutating func parse() -> Definition? {
        if take("SET", "STATEMENT") { return statementWithSettings() }
        if take("XA") { return Definition(kind: isWord("COMMIT") ? .xaCommit : .nothing) }
        if isWord("ANALYZE"), !isMaintenance() { return nil }
        if isWord("SET"), isWord("PASSWORD", at: 1) || isWord("ROLE", at: 1) || isWord("DEFAULT", at: 1) {
            return Definition(kind: .account)
        }
        if isWord("FLUSH"), isWord("PRIVILEGES", at: 1) { return Definition(kind: .account) }
        switch takeAny(Self.nothing.union(["CREATE", "ALTER", "DROP", "TRUNCATE", "RENAME", "GRANT", "REVOKE"])) {
        case "CREATE": return create()
        case "ALTER": return alter()
        case "DROP": return drop()
        case "TRUNCATE":
            _ = take("TABLE")
            return name().map { Definition(kind: .truncate, objects: [$0]) }
        case "RENAME": return rename()
        case "GRANT", "REVOKE": return Definition(kind: .account)
        case nil: return nil
        default: return Definition(kind: .nothing)
        }
    }

    private mutating func statementWithSettings() -> Definition? {
        while position < tokens.count, !isWord("FOR") { position += 1 }
        guard take("FOR"), position < tokens.count else { return nil }
        let settings = tokens[0].range.lowerBound..<tokens[position].range.lowerBound
        var result = parse()
        result?.settings = settings
        return result
    }

    /// MariaDB's ANALYZE without TABLE runs the statement that follows.
    private func isMaintenance() -> Bool {
        ["TABLE", "TABLES", "LOCAL", "NO_WRITE_TO_BINLOG"].contains { isWord($0, at: 1) }
    }

    private mutating func rename() -> Definition? {
        if take("USER") { return Definition(kind: .account) }
        guard take("TABLE") || take("TABLES") else { return nil }
        skipIfExists()
        var objects: [Definition.Mention] = []
        repeat {
            guard let from = name() else { return nil }
            _ = take("NOWAIT")
            if take("WAIT") { position += 1 }
            guard take("TO"), let to = name() else { return nil }
            objects += [from, to]
        } while takeSign(",")
        return Definition(kind: .renameTables, objects: objects)
    }

    /// OR REPLACE, ALGORITHM=…, DEFINER=…, SQL SECURITY … and their like.
    private mutating func skipOptions() {
        let words: Set<String> = [
            "OR", "REPLACE", "UNIQUE", "FULLTEXT", "SPATIAL", "VECTOR", "AGGREGATE", "ONLINE", "OFFLINE", "IGNORE",
        ]
        while true {
            if takeAny(words) != nil { continue }
            if take("ALGORITHM") {
                position += 2
            } else if take("SQL", "SECURITY") {
                position += 1
            } else if take("DEFINER") {
                skipDefiner()
            } else {
                return
            }
        }
    }

    private mutating func skipDefiner() {
        _ = takeSign("=")
        position += 1
        if takeSign("@") {
            position += 1
        } else if takeSign("(") {
            _ = takeSign(")")
        }
    }

    private mutating func create() -> Definition? {
        skipOptions()
        if isWord("TEMPORARY") { return Definition(kind: .nothing) }
        if take("DATABASE") || take("SCHEMA") {
            skipIfExists()
            return schemaName().map { Definition(kind: .createSchema, schema: $0) }
        }
        if take("TABLE") { return createTable() }
        if take("INDEX") || take("KEY") { return createIndex() }
        if take("VIEW") {
            skipIfExists()
            return name().map { Definition(kind: .createView, objects: [$0]) }
        }
        if take("TRIGGER") { return createTrigger() }
        if take("EVENT") { return event(isNew: true) }
        return other()
    }

    /// What CREATE, ALTER and DROP have in common.
    private mutating func other() -> Definition? {
        if takeAny(["USER", "ROLE"]) != nil { return Definition(kind: .account) }
        if takeAny(["PROCEDURE", "FUNCTION", "PACKAGE"]) != nil { return routine(.routine) }
        if take("EVENT") { return routine(.event) }
        if take("SEQUENCE") {
            skipIfExists()
            return Definition(kind: .sequence, objects: names())
        }
        return nil
    }

    private mutating func routine(_ kind: Definition.Kind) -> Definition? {
        skipIfExists()
        return name().map { Definition(kind: kind, objects: [$0]) }
    }

    /// The state stands before the comment and the body.
    private mutating func event(isNew: Bool) -> Definition? {
        guard var result = routine(.event) else { return nil }
        while position < tokens.count, !isWord("DO"), !isWord("COMMENT") {
            if take("RENAME", "TO") {
                _ = name()
            } else if isWord("ENABLE") || isWord("DISABLE") {
                let isOnReplica = isWord("ON", at: 1) && (isWord("SLAVE", at: 2) || isWord("REPLICA", at: 2))
                let last = tokens[position + (isOnReplica ? 2 : 0)]
                result.state = tokens[position].range.lowerBound..<last.range.upperBound
                return result
            } else {
                position += 1
            }
        }
        if isNew, position < tokens.count {
            result.state = tokens[position].range.lowerBound..<tokens[position].range.lowerBound
        }
        return result
    }

    private mutating func createTable() -> Definition? {
        skipIfExists()
        guard let table = name() else { return nil }
        var result = Definition(kind: .createTable, objects: [table], classes: [.createTable])
        result.selectsRows = tokens[position...].contains { $0.isWord("SELECT") }
        let isInParentheses = position + 1 < tokens.count && tokens[position].isSign("(") && isWord("LIKE", at: 1)
        if isInParentheses { position += 1 }
        if take("LIKE") { result.others += [name()].compactMap(\.self) }
        result.others += references()
        if tokens.count >= 2, tokens[tokens.count - 2].isWord("START"), tokens[tokens.count - 1].isWord("TRANSACTION") {
            result.startsTransaction =
                tokens[tokens.count - 2].range.lowerBound..<tokens[tokens.count - 1].range.upperBound
        }
        return result
    }

    /// The tables that foreign keys refer to, from here to the end.
    private mutating func references() -> [Definition.Mention] {
        var names: [Definition.Mention] = []
        while position < tokens.count {
            position += 1
            if tokens[position - 1].isWord("REFERENCES"), let name = name() { names.append(name) }
        }
        return names
    }

    private mutating func createIndex() -> Definition? {
        skipIfExists()
        while position < tokens.count, !isWord("ON") { position += 1 }
        guard take("ON"), let table = name() else { return nil }
        return Definition(kind: .createIndex, objects: [table], classes: [])
    }

    private mutating func createTrigger() -> Definition? {
        skipIfExists()
        guard let trigger = name() else { return nil }
        while position < tokens.count, !isWord("ON") { position += 1 }
        guard take("ON"), let table = name(), take("FOR", "EACH", "ROW") else { return nil }
        if takeAny(["FOLLOWS", "PRECEDES"]) != nil { _ = name() }
        guard position < tokens.count else { return nil }
        var result = Definition(kind: .createTrigger, objects: [trigger], others: [table])
        result.body = tokens[position].range.lowerBound
        return result
    }

    private mutating func drop() -> Definition? {
        if isWord("TEMPORARY") { return Definition(kind: .nothing) }
        if take("DATABASE") || take("SCHEMA") {
            skipIfExists()
            return schemaName().map { Definition(kind: .dropSchema, schema: $0) }
        }
        if take("TABLE") || take("TABLES") {
            skipIfExists()
            return Definition(kind: .dropTables, objects: names(), classes: [.dropTable])
        }
        if take("VIEW") {
            skipIfExists()
            return Definition(kind: .dropViews, objects: names())
        }
        if take("TRIGGER") {
            skipIfExists()
            return name().map { Definition(kind: .dropTrigger, objects: [$0]) }
        }
        skipOptions()
        if take("INDEX") || take("KEY") {
            while position < tokens.count, !isWord("ON") { position += 1 }
            guard take("ON"), let table = name() else { return nil }
            return Definition(kind: .dropIndex, objects: [table])
        }
        return other()
    }

    private mutating func alter() -> Definition? {
        skipOptions()
        if take("DATABASE") || take("SCHEMA") {
            if position < tokens.count, isSchemaOption() {
                return Definition(
                    kind: .alterSchema, schema: Definition.Mention(name: TableName(current, ""), range: 0..<0))
            }
            return schemaName().map { Definition(kind: .alterSchema, schema: $0) }
        }
        if take("TABLE") { return alterTable() }
        if take("VIEW") { return name().map { Definition(kind: .createView, objects: [$0]) } }
        if take("EVENT") { return event(isNew: false) }
        return other()
    }

    private func isSchemaOption() -> Bool {
        let words = ["DEFAULT", "CHARACTER", "CHARSET", "COLLATE", "COMMENT", "ENCRYPTION", "READ"]
        return words.contains { tokens[position].isWord($0) }
    }

    private mutating func alterTable() -> Definition? {
        skipIfExists()
        guard let table = name() else { return nil }
        _ = take("NOWAIT")
        if take("WAIT") { position += 1 }
        var result = Definition(kind: .alterTable, objects: [table], classes: [.alterTable])
        let clauses = clauses()
        result.isHarmfulTwice = SecondRun.isHarmful(clauses.map { tokens[$0] })
        for clause in clauses { read(clause, into: &result) }
        return result
    }

    /// Ranges of tokens between the commas outside of parentheses.
    private func clauses() -> [Range<Int>] {
        var clauses: [Range<Int>] = []
        var depth = 0
        var start = position
        for index in position..<tokens.count {
            if tokens[index].isSign("(") { depth += 1 }
            if tokens[index].isSign(")") { depth -= 1 }
            guard depth == 0, tokens[index].isSign(",") else { continue }
            clauses.append(start..<index)
            start = index + 1
        }
        return clauses + [start..<tokens.count]
    }

    private static let notColumns: Set<String> = [
        "INDEX", "KEY", "CONSTRAINT", "PRIMARY", "UNIQUE", "FULLTEXT", "SPATIAL", "VECTOR", "FOREIGN", "CHECK",
        "PARTITION", "PERIOD", "SYSTEM",
    ]

    private mutating func read(_ clause: Range<Int>, into result: inout Definition) {
        position = clause.lowerBound
        // The word after ADD, DROP or ALTER.
        let next = position + 1
        let isOther =
            next < clause.upperBound && tokens[next].kind == .word
            && Self.notColumns.contains(tokens[next].text.uppercased())
        switch takeAny(["ADD", "DROP", "MODIFY", "CHANGE", "ALTER", "RENAME", "EXCHANGE", "CONVERT"]) {
        case "ADD" where !isOther: result.classes.insert(.addColumn)
        case "DROP" where !isOther: result.classes.insert(.dropColumn)
        case "MODIFY": result.classes.insert(.modifyColumn)
        case "CHANGE": result.classes.insert(.changeColumn)
        case "ALTER" where !isOther: result.classes.insert(.alterColumn)
        case "RENAME": readRename(into: &result)
        case "EXCHANGE":
            while position < clause.upperBound, !isWord("WITH") { position += 1 }
            if take("WITH", "TABLE") { readPartner(into: &result) }
        case "CONVERT":
            // MariaDB: CONVERT TABLE other TO PARTITION p, CONVERT PARTITION p TO TABLE other.
            if take("PARTITION") { while position < clause.upperBound, !isWord("TO") { position += 1 } }
            if take("TABLE") || take("TO", "TABLE") { readPartner(into: &result) }
        default: break
        }
        for index in clause where tokens[index].isWord("REFERENCES") {
            position = index + 1
            if let name = name() { result.others.append(name) }
        }
    }

    private mutating func readPartner(into result: inout Definition) {
        guard let other = name() else { return }
        result.others.append(other)
        result.partners.append(other.name)
    }

    private mutating func readRename(into result: inout Definition) {
        if isWord("COLUMN") || isWord("INDEX") || isWord("KEY") {
            if isWord("COLUMN") { result.classes.insert(.changeColumn) }
            return
        }
        _ = take("TO") || take("AS") || takeSign("=")
        guard let new = name() else { return }
        result.others.append(new)
        result.newName = new.name
    }
}
