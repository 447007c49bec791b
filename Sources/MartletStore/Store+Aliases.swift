package import Foundation
import GRDB
package import MartletCore

extension SQLiteStore: AliasStore {
    /// An alias of another facade counts only when it names one run.
    package func resolve(alias: String, facade: String) async throws -> RunID? {
        try await read { db in
            if let id = RunID(alias) {
                let statement = try db.cachedStatement(sql: "SELECT 1 FROM runs WHERE id = ?")
                if try Int.fetchOne(statement, arguments: [id.blob]) != nil { return id }
            }
            let statement = try db.cachedStatement(sql: "SELECT facade, run FROM run_aliases WHERE alias = ?")
            let rows = try Row.fetchAll(statement, arguments: [alias])
            let own = rows.first { $0[0] == facade } ?? (rows.count == 1 ? rows[0] : nil)
            return try own.map { try RunID(blob: $0[1]) }
        }
    }

    package func alias(of id: RunID, facade: String) async throws -> String? {
        try await read { db in
            let statement = try db.cachedStatement(
                sql: "SELECT alias FROM run_aliases INDEXED BY run_aliases_run WHERE run = ? AND facade = ? LIMIT 1")
            return try String.fetchOne(statement, arguments: [id.blob, facade])
        }
    }

    package func aliases(of ids: [RunID], facade: String) async throws -> [RunID: String] {
        try await read { db in
            let statement = try db.cachedStatement(
                sql: "SELECT alias FROM run_aliases INDEXED BY run_aliases_run WHERE run = ? AND facade = ? LIMIT 1")
            return try ids.reduce(into: [:]) { names, id in
                names[id] = try String.fetchOne(statement, arguments: [id.blob, facade])
            }
        }
    }

    package func aliases(facade: String, endedAfter: Date) async throws -> [(alias: String, run: RunID)] {
        try await read { db in
            let statement = try db.cachedStatement(sql: Self.aliasesSQL)
            let rows = try Row.fetchAll(
                statement, arguments: ["facade": facade, "since": endedAfter.milliseconds])
            return try rows.map { (alias: $0[0], run: try RunID(blob: $0[1])) }
        }
    }

    /// Walks the few runs that are not over and those that ended lately, never all aliases.
    static let aliasesSQL = """
        SELECT a.alias, a.run FROM (
          SELECT id FROM runs INDEXED BY runs_state WHERE state IN ('pending','running','stopping','paused')
          UNION ALL
          SELECT id FROM runs INDEXED BY runs_ended
          WHERE state IN ('succeeded','failed','cancelled','lost') AND finished_at >= :since) r
        CROSS JOIN run_aliases a INDEXED BY run_aliases_run ON a.run = r.id AND a.facade = :facade
        ORDER BY a.run DESC
        """
}
