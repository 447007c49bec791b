package import Binlog
package import Replication
package import SQLClient

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
    /// Tables that tell whether it has run, where a second run undoes the first or does it twice; empty: it may run again.
    package var watched: [TableName] = []
    /// Tables may take each other's places and look as before.
    package var swaps = false
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
    private let characterSets: CharacterSets
    /// nil: both servers have the same.
    private let collations: ForeignCollations?

    /// Reads bytes in a character set; nil: they are no text in it.
    package typealias NameReader = (_ bytes: [UInt8], _ characterSet: String) throws -> String?

    package init(
        _ selection: Selection, _ settings: ReplicationSettings, characterSets: CharacterSets = CharacterSets(),
        servers: (from: Flavor, to: Flavor)? = nil
    ) {
        collations = servers.map { ForeignCollations(from: $0.from, to: $0.to) }
        self.selection = selection
        self.characterSets = characterSets
        filter = settings.filter
        skipsCreation = settings.skipsCreation
        expandsSyntax = settings.expandsSyntax
    }

    /// - Throws: `UnfollowedStatement`, `PatternTooSlow`.
    package func plan(_ query: QueryEvent, read: NameReader = { _, _ in nil }) throws -> DefinitionPlan {
        let characterSet = query.session.client.map { characterSets.name(UInt64($0)) ?? "" } ?? "utf8mb4"
        var tokens = SQLTokenizer.tokens(of: query.statement, rules: SQLTokenizer.Rules(query.session))
        for index in tokens.indices where tokens[index].isName {
            if let bytes = tokens[index].foreign, !Self.isUnicode(characterSet) {
                tokens[index].text = try read(bytes, characterSet) ?? "\u{fffd}"
            }
            tokens[index].text = selection.folded(tokens[index].text)
        }
        let definition = DefinitionParser.definition(of: tokens, schema: selection.folded(query.schema))
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
        let work = DefinitionWork(
            query: query, definition: definition, selection: selection, isUnicode: Self.isUnicode(characterSet),
            collations: collations?.edits(tokens, isAlter: definition.kind == .alterTable, query.session) ?? [])
        try work.checkNames()
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

    /// Names in statements of such sessions are UTF-8.
    private static func isUnicode(_ characterSet: String) -> Bool {
        ["utf8mb4", "utf8mb3", "utf8", "ascii", "binary"].contains(characterSet)
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
            if try name.text.contains("\u{fffd}") || selection.schema(name.text) != nil { return true }
        }
        return false
    }
}

extension SQLTokenizer.Rules {
    /// As the statement's session had them.
    init(_ session: SessionState) {
        let mode = session.sqlMode ?? 0
        let client = session.client ?? 0
        // MariaDB adds 1024 to those that do not pad.
        let leads: [ClosedRange<UInt8>] =
            switch (1024..<2048).contains(client) ? client - 1024 : client {
            case 1, 28, 84, 87, 248, 249, 250: [0x81...0xfe]
            case 13, 88, 95, 96: [0x81...0x9f, 0xe0...0xfc]
            default: []
            }
        self.init(quotesNames: mode & 4 != 0, hasPlainBackslash: mode & 1 << 20 != 0, leads: leads)
    }
}

/// Keeps a trigger of the target still while rows of the source are written, which hold what it did there.
package enum TriggerGuard {
    /// The session variable that our sessions set.
    package static let variable = "@martlet_apply"
    package static let before = "IF \(variable) IS NULL THEN "
    package static let after = "; END IF"
}
