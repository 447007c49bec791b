import Binlog
import SQLClient

/// Runs a statement of the source in a session like the one it had there, and sets the session back.
struct DefinitionSession {
    /// By their bits, which both products have in common.
    private static let modes: [(bit: UInt64, name: String)] = [
        (1, "REAL_AS_FLOAT"), (2, "PIPES_AS_CONCAT"), (4, "ANSI_QUOTES"), (8, "IGNORE_SPACE"),
        (32, "ONLY_FULL_GROUP_BY"), (64, "NO_UNSIGNED_SUBTRACTION"), (128, "NO_DIR_IN_CREATE"),
        (1 << 19, "NO_AUTO_VALUE_ON_ZERO"), (1 << 20, "NO_BACKSLASH_ESCAPES"), (1 << 21, "STRICT_TRANS_TABLES"),
        (1 << 22, "STRICT_ALL_TABLES"), (1 << 23, "NO_ZERO_IN_DATE"), (1 << 24, "NO_ZERO_DATE"),
        (1 << 25, "ALLOW_INVALID_DATES"), (1 << 26, "ERROR_FOR_DIVISION_BY_ZERO"), (1 << 29, "HIGH_NOT_PRECEDENCE"),
        (1 << 30, "NO_ENGINE_SUBSTITUTION"), (1 << 31, "PAD_CHAR_TO_FULL_LENGTH"),
    ]

    /// By bits that mean something else to the other product.
    private static let modesOfMaria: [(bit: UInt64, name: String)] = [
        (16, "IGNORE_BAD_TABLE_OPTIONS"), (oracle, "ORACLE"), (1 << 32, "EMPTY_STRING_IS_NULL"),
        (1 << 33, "SIMULTANEOUS_ASSIGNMENT"), (1 << 34, "TIME_ROUND_FRACTIONAL"),
    ]
    private static let modesOfMySQL: [(bit: UInt64, name: String)] = [(1 << 32, "TIME_TRUNCATE_FRACTIONAL")]
    private static let oracle: UInt64 = 512
    /// Of MariaDB's option bits, from 10.8.4 on: explicit_defaults_for_timestamp.
    private static let explicitDefaults: UInt32 = 1 << 24

    private let query: QueryEvent
    private let statement: FollowedStatement
    private let source: Flavor

    init(_ query: QueryEvent, _ statement: FollowedStatement, sourceFlavor: Flavor) {
        self.query = query
        self.statement = statement
        source = sourceFlavor
    }

    /// - Parameter mayBeDone: it may have run before: what it makes may be there, what it drops may be gone.
    /// - Returns: the target's word that it is done; nil: it ran.
    func run(_ target: SQLSession, mayBeDone: Bool) throws -> SQLError? {
        if source.isMaria, !target.flavor.isMaria, (query.session.sqlMode ?? 0) & Self.oracle != 0,
            [.createTable, .alterTable].contains(statement.kind)
        {
            throw unfollowed(
                "types mean something else in sql_mode=ORACLE, which MySQL does not have: "
                    + "do the same at the target and start after it by Gtid")
        }
        try enterSchema(target)
        try target.run("SET SESSION \(settings(target.flavor))")
        try setTimestampDefaults(target)
        var refusal: SQLError?
        do {
            try target.run(statement.text)
        } catch {
            refusal = error
            guard mayBeDone, isDone(error) else {
                try reset(target)
                if error.isTransient { throw error }
                throw unfollowed(error.description)
            }
        }
        try reset(target)
        return refusal
    }

    /// It may be gone, or never have been there: then the statement says itself what it misses.
    private func enterSchema(_ target: SQLSession) throws {
        guard let schema = statement.schema else { return }
        do {
            try target.run("USE \(schema.asSQLName)")
        } catch {
            if error.kind != .missing { throw error }
        }
    }

    /// Partitions and tablespaces have numbers of their own.
    private func isDone(_ error: SQLError) -> Bool {
        // "Table 'shop.parts' doesn't exist": where it is another one than the statement's own, nothing is done.
        if error.code == 1146, !statement.tables.isEmpty {
            let message = error.message.lowercased()
            return statement.tables.contains { message.contains("'\($0.description.lowercased())'") }
        }
        return switch error.kind {
        case .exists, .missing: true
        default: [1517, 1507, 1068, 1359, 1360].contains(error.code)
        }
    }

    /// What a TIMESTAMP column is where its definition does not say it.
    private func setTimestampDefaults(_ target: SQLSession) throws {
        var wanted = query.session.explicitDefaultsForTimestamp
        if source.isMaria, source.isAtLeast(10, 8, 4) {
            wanted = query.session.options.map { $0 & Self.explicitDefaults != 0 }
        }
        guard let wanted, [.createTable, .alterTable].contains(statement.kind) else { return }
        let words = statement.text.split { !SQLTokenizer.isWord($0) }
        guard words.contains(where: { String(decoding: $0, as: UTF8.self).uppercased() == "TIMESTAMP" }),
            try target.value("SELECT @@explicit_defaults_for_timestamp") != (wanted ? "1" : "0")
        else { return }
        do {
            try target.run("SET SESSION explicit_defaults_for_timestamp=\(wanted ? 1 : 0)")
        } catch {
            if error.isTransient { throw error }
            try reset(target)
            throw unfollowed(
                "explicit_defaults_for_timestamp was \(wanted ? "ON" : "OFF") at the source and cannot be set at the target "
                    + "(\(error)): set it there globally, or do the same there and start after it by Gtid")
        }
    }

    private func unfollowed(_ reason: String) -> UnfollowedStatement {
        UnfollowedStatement(statement: String(decoding: statement.text, as: UTF8.self), reason: reason)
    }

    private func modes(_ target: Flavor) -> [(bit: UInt64, name: String)] {
        if source.product != target.product { return Self.modes }
        return Self.modes + (target.isMaria ? Self.modesOfMaria : Self.modesOfMySQL)
    }

    private func settings(_ target: Flavor) -> String {
        let session = query.session
        let mode = session.sqlMode ?? 0
        let names = modes(target).filter { mode & $0.bit != 0 }.map(\.name).joined(separator: ",")
        var settings = ["sql_mode='\(names)'", "foreign_key_checks=\(session.isWithoutForeignKeyChecks ? 0 : 1)"]
        let collations = ForeignCollations(from: source, to: target)
        let time = "\(query.timestamp).\(String(format6(session.microseconds ?? 0)))"
        settings.append("timestamp=\(time)")
        if let zone = session.timeZone, !zone.isEmpty, zone != "SYSTEM" {
            settings.append("time_zone=\(SQLText.quoted(zone))")
        }
        if let client = session.client { settings.append("character_set_client=\(collations.client(client))") }
        if let connection = session.connection {
            settings.append("collation_connection=\(collations.text(connection))")
        }
        if let server = session.server { settings.append("collation_server=\(collations.text(server))") }
        return settings.joined(separator: ",")
    }

    private func format6(_ number: UInt32) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, 6 - digits.count)) + digits
    }

    private func reset(_ target: SQLSession) throws {
        try target.run(
            "SET SESSION sql_mode='\(TargetSession.strictMode)', foreign_key_checks=1, timestamp=DEFAULT, "
                + "time_zone='+00:00', collation_server=DEFAULT")
        try target.run("SET NAMES utf8mb4")
    }
}
