import Crypto
import Foundation
import GRDB
import MartletCore
import Synchronization

/// Appends to the audit trail, and knows its newest record. Used inside the writer's transactions only.
final class AuditChain: Sendable {
    struct Link: Sendable {
        var number: Int64
        var hash: [UInt8]
        /// What the first record of all follows.
        static let none = Link(number: 0, hash: [UInt8](repeating: 0, count: 32))
    }

    private let now: @Sendable () -> Date
    /// Nil until it is read from the database.
    private let newest = Mutex<Link?>(nil)

    init(now: @escaping @Sendable () -> Date) { self.now = now }

    func append(_ entry: AuditEntry, _ note: AuditNote?, _ db: Database) throws {
        var entry = entry
        if let note { (entry.target, entry.before, entry.after) = (note.target, note.before, note.after) }
        let last = try newest.withLock { $0 } ?? Self.newest(db)
        let at = now().milliseconds
        let hash = Self.hash(of: entry, last.number + 1, at, after: last.hash)
        try db.cachedStatement(
            sql: """
                INSERT INTO audit (number, at, caller, token, address, action, target, outcome, request, before, after, hash)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """
        ).execute(arguments: [
            last.number + 1, at, entry.caller, entry.token, entry.address, entry.action, entry.target, entry.outcome,
            entry.request, entry.before.map { Data($0) }, entry.after.map { Data($0) }, Data(hash),
        ])
        newest.withLock { $0 = Link(number: last.number + 1, hash: hash) }
    }

    /// What was appended is perhaps not stored.
    func forget() { newest.withLock { $0 = nil } }

    private static func newest(_ db: Database) throws -> Link {
        let statement = try db.cachedStatement(sql: "SELECT number, hash FROM audit ORDER BY number DESC LIMIT 1")
        guard let row = try Row.fetchOne(statement) else { return try anchor(db) }
        return Link(number: row[0], hash: Array(row[1] as Data))
    }

    // MARK: The start of the chain

    /// What the oldest stored record follows: nothing, or the newest of those that were forgotten.
    static func anchor(_ db: Database) throws -> Link {
        guard let bytes = try Data.fetchOne(db, sql: "SELECT value FROM store WHERE name = 'audit anchor'") else {
            return .none
        }
        guard bytes.count == 40 else { throw MartletError(.internal, "the anchor of the audit trail is damaged") }
        return Link(
            number: bytes.prefix(8).reduce(0) { $0 << 8 | Int64($1) }, hash: Array(bytes.suffix(32)))
    }

    static func setAnchor(_ link: Link, _ db: Database) throws {
        var bytes = Data()
        withUnsafeBytes(of: link.number.bigEndian) { bytes.append(contentsOf: $0) }
        bytes.append(contentsOf: link.hash)
        try db.execute(
            sql: "INSERT INTO store VALUES ('audit anchor', ?) ON CONFLICT DO UPDATE SET value = excluded.value",
            arguments: [bytes])
    }

    // MARK: Hashes

    /// SHA-256 over the hash before and over each field with its length in front: eight bytes, big-endian; all ones for a
    /// field that is absent. In the order of the table's columns; numbers as decimal text.
    static func hash(of entry: AuditEntry, _ number: Int64, _ at: Int64, after previous: [UInt8]) -> [UInt8] {
        var sha = SHA256()
        sha.update(data: previous)
        // Put together first: one long update costs a fraction of many short ones.
        var fields: [UInt8] = []
        fields.reserveCapacity(512)
        func add(_ field: (some Collection<UInt8>)?) {
            withUnsafeBytes(of: (field.map { UInt64($0.count) } ?? .max).bigEndian) { fields.append(contentsOf: $0) }
            if let field { fields.append(contentsOf: field) }
        }
        for text in [
            String(number), String(at), entry.caller, entry.token, entry.address, entry.action, entry.target,
            entry.outcome, entry.request,
        ] { add(text?.utf8) }
        add(entry.before)
        add(entry.after)
        sha.update(data: fields)
        return Array(sha.finalize())
    }

    /// What stands in `before` and `after`.
    static func digest(_ text: String) -> [UInt8] { Array(SHA256.hash(data: Data(text.utf8))) }
}
