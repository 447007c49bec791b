import Foundation
import GRDB
import MartletCore

extension VolumeVersion {
    static let columns =
        "number, app, proc, instance, volume, mode, name, content, run, created_at, is_partial"

    init(_ row: Row) throws {
        guard let mode = VolumeMode(rawValue: row["mode"]) else {
            throw MartletError(.internal, "a version of a volume has an unknown mode")
        }
        self.init(
            number: row["number"],
            volume: VolumeName(app: row["app"], proc: row["proc"], instance: row["instance"], volume: row["volume"]),
            mode: mode, name: row["name"], content: try StoredJSON.value(row["content"]),
            run: try RunID(blob: row["run"]), createdAt: Date(milliseconds: row["created_at"]),
            isPartial: row["is_partial"])
    }
}

/// Writes what ended runs leave.
struct VolumeShelf {
    let db: Database

    func put(_ yield: RunYield, of run: Run) throws {
        switch yield {
        case .version(let volume, let mode, let content, let isPartial):
            // It may have been found in the repository before its run ended.
            if try !complete(volume.app, content, isPartial, run.id) {
                try insert(volume, mode, content, isPartial, run.id, run.startedAt ?? run.createdAt)
            }
        case .removed(let numbers):
            let statement = try db.cachedStatement(sql: "DELETE FROM volume_versions WHERE number = ?")
            for number in numbers { try statement.execute(arguments: [number]) }
        case .drill(let volume, let proof): try save(proof, volume, run)
        case .found(let found):
            guard try !knows(found) else { return }
            try insert(
                found.volume, found.mode, found.content, false, found.run ?? run.id,
                Date(milliseconds: found.second * 1000))
        case .check(let app, let proof):
            try save(proof, VolumeName(app: app, proc: "", instance: 0, volume: ""), run)
        case .cluster(let end): try ClusterShelf.put(end, at: run.finishedAt ?? run.createdAt, db)
        }
    }

    /// A version that a run made elsewhere, unless the catalogue has it.
    func put(
        _ volume: VolumeName, _ mode: VolumeMode, _ content: VolumeVersion.Content, isPartial: Bool, run: RunID,
        createdAt: Date
    ) throws {
        let found = FoundVersion(volume: volume, mode: mode, content: content, second: createdAt.second, run: run)
        guard try !knows(found) else { return }
        try insert(volume, mode, content, isPartial, run, createdAt)
    }

    private func insert(
        _ volume: VolumeName, _ mode: VolumeMode, _ content: VolumeVersion.Content, _ isPartial: Bool, _ run: RunID,
        _ created: Date
    ) throws {
        try db.cachedStatement(
            sql: """
                INSERT INTO volume_versions
                  (app, proc, instance, volume, mode, name, content, run, created_at, is_partial)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """
        ).execute(arguments: [
            volume.app, volume.proc, volume.instance, volume.volume, mode.rawValue,
            try freeName(volume, mode, created), try StoredJSON.text(content), run.blob, created.milliseconds,
            isPartial,
        ])
    }

    /// Whether there is a version of this snapshot; what its run told about it then counts.
    private func complete(
        _ app: String, _ content: VolumeVersion.Content, _ isPartial: Bool, _ run: RunID
    ) throws -> Bool {
        try db.cachedStatement(
            sql: """
                UPDATE volume_versions SET content = ?, is_partial = ?, run = ?
                WHERE app = ? AND substr(json_extract(content, '$.snapshot'), 1, 8) = ?
                """
        ).execute(arguments: [
            try StoredJSON.text(content), isPartial, run.blob, app, String(content.snapshot.prefix(8)),
        ])
        return db.changesCount > 0
    }

    /// Ids of snapshots come in a short and in a long form.
    private func knows(_ found: FoundVersion) throws -> Bool {
        let statement = try db.cachedStatement(
            sql: """
                SELECT 1 FROM volume_versions
                WHERE app = ? AND substr(json_extract(content, '$.snapshot'), 1, 8) = ?
                """)
        return try Int.fetchOne(statement, arguments: [found.volume.app, String(found.content.snapshot.prefix(8))])
            != nil
    }

    /// Two runs of one second have different names: the later one takes the next second.
    private func freeName(_ volume: VolumeName, _ mode: VolumeMode, _ created: Date) throws -> String {
        let statement = try db.cachedStatement(sql: "SELECT 1 FROM volume_versions WHERE name = ?")
        var second = created.milliseconds / 1000
        while true {
            let name = VolumeVersion.name(of: volume, mode, second: second)
            if try Int.fetchOne(statement, arguments: [name]) == nil { return name }
            second += 1
        }
    }

    private func save(_ proof: VolumeProof, _ volume: VolumeName, _ run: Run) throws {
        let key: StatementArguments = [volume.app, volume.proc, volume.instance, volume.volume, proof.kind.rawValue]
        let known = try String.fetchOne(
            db.cachedStatement(
                sql: """
                    SELECT proof FROM volume_proofs
                    WHERE app = ? AND proc = ? AND instance = ? AND volume = ? AND kind = ?
                    """), arguments: key)
        let before: VolumeProof? = try known.map { try StoredJSON.value($0) }
        var proof = proof
        proof.lastGoodAt = proof.isGood ? proof.at : before?.lastGoodAt
        try db.cachedStatement(
            sql: """
                INSERT INTO volume_proofs (app, proc, instance, volume, kind, proof, run) VALUES (?, ?, ?, ?, ?, ?, ?)
                ON CONFLICT DO UPDATE SET proof = excluded.proof, run = excluded.run
                """
        ).execute(arguments: key + [try StoredJSON.text(proof), run.id.blob])
    }
}
