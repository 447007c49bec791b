import Foundation
import GRDB
package import MartletCore

extension SQLiteStore: VolumeCatalogue {
    package func volumeVersions(_ query: VolumeQuery) async throws -> [VolumeVersion] {
        try await read { db in
            let (sql, arguments) = Self.versions(query)
            return try Row.fetchAll(db.cachedStatement(sql: sql), arguments: arguments).map(VolumeVersion.init)
        }
    }

    static func versions(_ query: VolumeQuery) -> (sql: String, arguments: StatementArguments) {
        var conditions = ["number < ?"]
        var arguments: StatementArguments = [query.before ?? .max]
        func filter(_ column: String, _ value: (any DatabaseValueConvertible)?) {
            guard let value else { return }
            conditions.append("\(column) = ?")
            arguments += [value]
        }
        filter("app", query.volume?.app ?? query.app)
        filter("proc", query.volume?.proc ?? query.proc)
        filter("instance", query.volume?.instance)
        filter("volume", query.volume?.volume)
        let sql = """
            SELECT \(VolumeVersion.columns) FROM volume_versions WHERE \(conditions.joined(separator: " AND "))
            ORDER BY number DESC LIMIT ?
            """
        return (sql, arguments + [min(max(query.limit, 1), 1000)])
    }

    package func volumeVersion(_ number: Int64) async throws -> VolumeVersion? {
        try await version("number = ?", number)
    }

    package func volumeVersion(named name: String) async throws -> VolumeVersion? {
        try await version("name = ?", name)
    }

    private func version(
        _ condition: String, _ value: some DatabaseValueConvertible & Sendable
    ) async throws -> VolumeVersion? {
        try await read { db in
            let statement = try db.cachedStatement(
                sql: "SELECT \(VolumeVersion.columns) FROM volume_versions WHERE \(condition)")
            return try Row.fetchOne(statement, arguments: [value]).map(VolumeVersion.init)
        }
    }

    package func volumeVersions(of runs: [RunID]) async throws -> [RunID: VolumeVersion] {
        try await read { db in
            let statement = try db.cachedStatement(
                sql: "SELECT \(VolumeVersion.columns) FROM volume_versions WHERE run = ?")
            return try runs.reduce(into: [:]) { found, run in
                found[run] = try Row.fetchOne(statement, arguments: [run.blob]).map(VolumeVersion.init)
            }
        }
    }

    package func volumeRecords(of app: String?) async throws -> [VolumeRecord] {
        let isOne = app == nil ? "" : "AND app = ?"
        return try await read { db in
            let counts = try Row.fetchAll(
                db.cachedStatement(
                    sql: """
                        SELECT app, proc, instance, volume, count(*) AS versions, max(number) AS newest
                        FROM volume_versions WHERE mode <> 'safety' \(isOne) GROUP BY app, proc, instance, volume
                        """), arguments: StatementArguments(app.map { [$0] } ?? []))
            let newest = try db.cachedStatement(
                sql: "SELECT \(VolumeVersion.columns) FROM volume_versions WHERE number = ?")
            return try counts.map { row in
                let number: Int64 = row["newest"]
                return VolumeRecord(
                    volume: VolumeName(
                        app: row["app"], proc: row["proc"], instance: row["instance"], volume: row["volume"]),
                    versions: row["versions"],
                    newest: try Row.fetchOne(newest, arguments: [number]).map(VolumeVersion.init))
            }
        }
    }

    package func volumeProofs(of app: String?) async throws -> VolumeProofs {
        let isOne = app == nil ? "" : "WHERE app = ?"
        return try await read { db in
            var proofs = VolumeProofs()
            let statement = try db.cachedStatement(sql: "SELECT * FROM volume_proofs \(isOne)")
            for row in try Row.fetchAll(statement, arguments: StatementArguments(app.map { [$0] } ?? [])) {
                let proof: VolumeProof = try StoredJSON.value(row["proof"])
                let volume = VolumeName(
                    app: row["app"], proc: row["proc"], instance: row["instance"], volume: row["volume"])
                switch proof.kind {
                case .drill: proofs.drills[volume] = proof
                case .check: proofs.checks[volume.app] = proof
                }
            }
            return proofs
        }
    }
}

extension SQLiteStore {
    /// Stores what the runs leave that the operation ended. What cannot be stored must not keep a run from ending: then
    /// its events say so. Trouble of the database itself is everybody's.
    func keepYields(_ scope: inout WriteScope) throws {
        for run in scope.ended {
            let yields = harvest.yields(of: run)
            guard !yields.isEmpty else { continue }
            do {
                try scope.db.inSavepoint {
                    let shelf = VolumeShelf(db: scope.db)
                    for yield in yields { try shelf.put(yield, of: run) }
                    return .commit
                }
            } catch let error as DatabaseError where error.resultCode != .SQLITE_CONSTRAINT {
                throw error
            } catch {
                let note = "what this run leaves could not be stored: \(error)"
                try scope.record(.note, String(note.prefix(1024)), of: run, at: now())
            }
        }
    }
}
