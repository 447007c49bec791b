import Foundation
import GRDB
import MartletCore

/// Reads and writes keys within one transaction.
struct CheckpointShelf {
    let db: Database

    // MARK: Reading

    /// The index of one that is there is its own, else the one of all changes.
    func entry(_ key: String) throws -> Indexed<CheckpointEntry?> {
        let found = try find(key)
        return Indexed(found, try found?.modifyIndex ?? state().newest)
    }

    func entries(under prefix: String) throws -> Indexed<[CheckpointEntry]> {
        let bytes = try Int.fetchOne(
            db.cachedStatement(sql: "SELECT total(length(value)) FROM checkpoint_keys \(Self.range)"),
            arguments: Self.bounds(prefix))
        guard (bytes ?? 0) <= CheckpointEntry.largestList else {
            throw MartletError(
                .invalid,
                "the values below \"\(prefix)\" have more than \(CheckpointEntry.largestList >> 20) MiB together; ask for a longer prefix"
            )
        }
        let statement = try db.cachedStatement(sql: "SELECT * FROM checkpoint_keys \(Self.range) ORDER BY key")
        let entries = try Row.fetchAll(statement, arguments: Self.bounds(prefix)).map(CheckpointEntry.init)
        return Indexed(entries, try index(entries.map(\.modifyIndex).max(), under: prefix))
    }

    func keys(under prefix: String) throws -> Indexed<[String]> {
        let newest = try Int64.fetchOne(
            db.cachedStatement(sql: "SELECT max(modify_index) FROM checkpoint_keys \(Self.range)"),
            arguments: Self.bounds(prefix))
        let keys = try String.fetchAll(
            db.cachedStatement(sql: "SELECT key FROM checkpoint_keys \(Self.range) ORDER BY key"),
            arguments: Self.bounds(prefix))
        return Indexed(keys, try index(newest, under: prefix))
    }

    /// Nothing in UTF-8 comes after U+10FFFF, which no key has.
    private static let range = "WHERE key >= ? AND key < ?"
    private static func bounds(_ prefix: String) -> StatementArguments { [prefix, prefix + "\u{10FFFF}"] }

    /// Of what begins with a prefix: a removal may have been there.
    private func index(_ newest: Int64?, under prefix: String) throws -> Int64 {
        let state = try state()
        guard let newest, !prefix.isEmpty else { return state.newest }
        return max(newest, state.removed)
    }

    private func find(_ key: String) throws -> CheckpointEntry? {
        try Row.fetchOne(
            db.cachedStatement(sql: "SELECT * FROM checkpoint_keys WHERE key = ?"), arguments: [key]
        ).map(CheckpointEntry.init)
    }

    private func state() throws -> (newest: Int64, removed: Int64) {
        guard let row = try Row.fetchOne(db.cachedStatement(sql: "SELECT newest, removed FROM checkpoint_state")) else {
            throw MartletError(.internal, "the database has no index of keys")
        }
        return (row[0], row[1])
    }

    // MARK: Writing

    /// What was there before, where it was to be changed; nil: it is not what the caller expected.
    enum Outcome: Equatable {
        case refused
        /// It is as it is to be already: nobody who waits is woken.
        case same
        case changed
    }

    func put(_ key: String, _ value: [UInt8], _ flags: UInt64, ifIndex: Int64?) throws -> Outcome {
        let old = try find(key)
        if let ifIndex, ifIndex != old?.modifyIndex ?? 0 { return .refused }
        if let old, old.value == value, old.flags == flags { return .same }
        let index = try advance(isRemoval: false)
        try db.cachedStatement(
            sql: """
                INSERT INTO checkpoint_keys VALUES (?, ?, ?, ?, ?)
                ON CONFLICT DO UPDATE SET value = excluded.value, flags = excluded.flags,
                  modify_index = excluded.modify_index
                """
        ).execute(arguments: [key, Data(value), Int64(bitPattern: flags), index, index])
        return .changed
    }

    func delete(_ key: String, ifIndex: Int64?) throws -> Outcome {
        guard let old = try find(key) else { return .same }
        if let ifIndex, ifIndex != old.modifyIndex { return .refused }
        try db.cachedStatement(sql: "DELETE FROM checkpoint_keys WHERE key = ?").execute(arguments: [key])
        _ = try advance(isRemoval: true)
        return .changed
    }

    func delete(under prefix: String) throws -> Outcome {
        try db.cachedStatement(sql: "DELETE FROM checkpoint_keys \(Self.range)")
            .execute(arguments: Self.bounds(prefix))
        if db.changesCount == 0 { return .same }
        _ = try advance(isRemoval: true)
        return .changed
    }

    private func advance(isRemoval: Bool) throws -> Int64 {
        try db.cachedStatement(
            sql: "UPDATE checkpoint_state SET newest = newest + 1, removed = iif(?, newest + 1, removed)"
        ).execute(arguments: [isRemoval])
        return try state().newest
    }
}

extension CheckpointEntry {
    fileprivate init(_ row: Row) {
        let flags: Int64 = row["flags"]
        self.init(
            key: row["key"], value: Array(row["value"] as Data), flags: UInt64(bitPattern: flags),
            createIndex: row["create_index"], modifyIndex: row["modify_index"])
    }
}
