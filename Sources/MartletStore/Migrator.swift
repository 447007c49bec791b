import Foundation
import GRDB
import MartletCore

/// Brings a database to the newest schema: all steps in one transaction, after a backup beside it.
/// The version is `PRAGMA user_version`, which `sqlite3` shows too.
struct Migrator {
    let migrations: [Migration]
    private var newest: Int { migrations.last?.version ?? 0 }

    func migrate(_ pool: DatabasePool, _ path: String) throws {
        let (version, isOurs) = try pool.read { db in
            let id = try Int32.fetchOne(db, sql: "PRAGMA application_id") ?? 0
            let isEmpty = try Int.fetchOne(db, sql: "SELECT count(*) FROM sqlite_schema") == 0
            return (try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0, isEmpty || id == Schema.applicationID)
        }
        guard isOurs else { throw MartletError(.invalid, "\(path) is not a database of martlet") }
        guard version <= newest else {
            throw MartletError(
                .invalid,
                "\(path) has schema \(version), this program knows \(newest); run the newer program, "
                    + "or restore the backup martlet.db.before-v\(version)")
        }
        guard version < newest else { return }
        if version > 0 { try backUp(pool, to: "\(path).before-v\(newest)") }
        try run(migrations.filter { $0.version > version }, pool)
    }

    private func run(_ steps: [Migration], _ pool: DatabasePool) throws {
        try pool.write { db in
            try db.execute(sql: "PRAGMA defer_foreign_keys = ON")
            for step in steps { try db.execute(sql: step.sql) }
            try db.execute(sql: "PRAGMA application_id = \(Schema.applicationID)")
            try db.execute(sql: "PRAGMA user_version = \(newest)")
        }
    }

    /// Whole or not there at all: it is renamed when it is complete.
    private func backUp(_ pool: DatabasePool, to path: String) throws {
        let draft = path + ".new"
        try? FileManager.default.removeItem(atPath: draft)
        try OwnerOnly.ensureFile(draft)
        let copy = try DatabaseQueue(path: draft)
        try pool.backup(to: copy)
        try copy.close()
        try? FileManager.default.removeItem(atPath: path)
        try FileManager.default.moveItem(atPath: draft, toPath: path)
    }
}
