package import Foundation
import GRDB
package import MartletCore

extension SQLiteStore: ClusterStore {
    package func clusters() async throws -> [ClusterRecord] { try await read(ClusterShelf.clusters) }

    package func cluster(_ id: String) async throws -> ClusterRecord? {
        try await read { try ClusterShelf.cluster(id, $0) }
    }

    package func insert(
        cluster name: String, ids: [String], status: String, _ content: ClusterContent, by: String, at now: Date
    ) async throws -> ClusterRecord {
        try await writer.write { [box] scope in
            let shelf = ClusterShelf(db: scope.db, box: box)
            try shelf.refuseWhenBusy()
            let id = try shelf.free(ids, in: "clusters")
            try ClusterShelf.naming {
                try scope.db.cachedStatement(
                    sql: """
                        INSERT INTO clusters (id, name, status, version, created_at, changed_at)
                        VALUES (?, ?, ?, 1, ?, ?)
                        """
                ).execute(arguments: [id, name, status, now.milliseconds, now.milliseconds])
            }
            try shelf.insertVersion(content, of: id, 1, by: by, at: now)
            let record = try Self.stored(id, scope.db)
            try scope.changed("cluster \(id)", after: record.auditText)
            return record
        }
    }

    package func save(
        cluster expected: ClusterRecord, name: String, status: String, _ content: ClusterContent?, by: String,
        at now: Date
    ) async throws -> ClusterRecord {
        try await writer.write { [box] scope in
            let shelf = ClusterShelf(db: scope.db, box: box)
            let before = try Self.unchanged(expected, shelf)
            let version = before.version + (content == nil ? 0 : 1)
            try ClusterShelf.naming {
                try scope.db.cachedStatement(
                    sql: "UPDATE clusters SET name = ?, status = ?, version = ?, changed_at = ? WHERE id = ?"
                ).execute(arguments: [name, status, version, now.milliseconds, before.id])
            }
            if let content { try shelf.insertVersion(content, of: before.id, version, by: by, at: now) }
            let record = try Self.stored(before.id, scope.db)
            scope.changed("cluster \(record.id)", before: before.auditText, after: record.auditText)
            return record
        }
    }

    package func delete(cluster expected: ClusterRecord) async throws {
        try await writer.write { [box] scope in
            let before = try Self.unchanged(expected, ClusterShelf(db: scope.db, box: box))
            try scope.db.cachedStatement(sql: "DELETE FROM clusters WHERE id = ?").execute(arguments: [before.id])
            try scope.changed("cluster \(before.id)", before: before.auditText)
        }
    }

    package func clusterVersions(of id: String, before: Int?, limit: Int) async throws -> [ClusterVersion] {
        try await read { db in
            let statement = try db.cachedStatement(
                sql: """
                    SELECT version, content, saved_at, saved_by, note FROM cluster_versions
                    WHERE cluster = ? AND version < ? ORDER BY version DESC LIMIT ?
                    """)
            return try Row.fetchAll(statement, arguments: [id, before ?? .max, min(max(limit, 1), 1000)]).map { row in
                ClusterVersion(
                    number: row["version"], text: row["content"], savedAt: Date(milliseconds: row["saved_at"]),
                    savedBy: row["saved_by"], note: row["note"])
            }
        }
    }

    package func clusterContent(of id: String, _ version: Int) async throws -> ClusterContent? {
        let row = try await read { db in
            try Row.fetchOne(
                db.cachedStatement(
                    sql: "SELECT content, sealed, note FROM cluster_versions WHERE cluster = ? AND version = ?"),
                arguments: [id, version]
            ).map { (text: $0["content"] as String, sealed: $0["sealed"] as Data?, note: $0["note"] as String?) }
        }
        guard let row else { return nil }
        let secrets = try box.secrets(in: row.sealed, of: ClusterShelf.owner(cluster: id, version))
        return ClusterContent(text: row.text, secrets: secrets, note: row.note)
    }

    private static func stored(_ id: String, _ db: Database) throws -> ClusterRecord {
        guard let record = try ClusterShelf.cluster(id, db) else {
            throw MartletError(.internal, "the cluster \(id) has no version that was saved last")
        }
        return record
    }

    private static func unchanged(_ expected: ClusterRecord, _ shelf: ClusterShelf) throws -> ClusterRecord {
        try shelf.refuseWhenBusy()
        guard let stored = try ClusterShelf.cluster(expected.id, shelf.db), stored.version == expected.version,
            stored.status == expected.status
        else { throw ClusterClash.moved }
        return stored
    }
}

extension SQLiteStore: ClusterItemStore {
    package func clusterItems(_ kind: ClusterItem.Kind) async throws -> [ClusterItem] {
        try await read { try ClusterShelf.items(kind, $0) }
    }

    package func clusterItemSecrets(_ kind: ClusterItem.Kind, _ id: String) async throws -> [String: Secret] {
        let row = try await read { db in
            try Row.fetchOne(
                db.cachedStatement(sql: "SELECT sealed, version FROM cluster_items WHERE kind = ? AND id = ?"),
                arguments: [kind.rawValue, id]
            ).map { (sealed: $0["sealed"] as Data?, version: $0["version"] as Int) }
        }
        guard let row else { return [:] }
        return try box.secrets(in: row.sealed, of: ClusterShelf.owner(item: kind, id, row.version))
    }

    package func insert(
        item kind: ClusterItem.Kind, ids: [String], space: String, name: String, _ content: ClusterContent, at now: Date
    ) async throws -> ClusterItem {
        try await writer.write { [box] scope in
            let shelf = ClusterShelf(db: scope.db, box: box)
            try shelf.refuseWhenBusy()
            let id = try shelf.free(ids, in: "cluster_items")
            try ClusterShelf.naming {
                try scope.db.cachedStatement(
                    sql: """
                        INSERT INTO cluster_items (kind, id, space, name, version, content, sealed, changed_at)
                        VALUES (?, ?, ?, ?, 1, ?, ?, ?)
                        """
                ).execute(arguments: [
                    kind.rawValue, id, space, name, content.text,
                    try box.seal(content.secrets, of: ClusterShelf.owner(item: kind, id, 1)), now.milliseconds,
                ])
            }
            let item = ClusterItem(kind: kind, id: id, space: space, name: name, text: content.text, version: 1)
            try scope.changed("cluster \(kind.rawValue) \(id)", after: item.text)
            return item
        }
    }

    package func save(
        item expected: ClusterItem, space: String, name: String, _ content: ClusterContent, at now: Date
    ) async throws -> ClusterItem {
        try await writer.write { [box] scope in
            let shelf = ClusterShelf(db: scope.db, box: box)
            try shelf.refuseWhenBusy()
            guard try shelf.isThere(expected) else { throw ClusterClash.moved }
            let (kind, id, version) = (expected.kind, expected.id, expected.version + 1)
            try ClusterShelf.naming {
                try scope.db.cachedStatement(
                    sql: """
                        UPDATE cluster_items SET space = ?, name = ?, version = ?, content = ?, sealed = ?, changed_at = ?
                        WHERE id = ?
                        """
                ).execute(arguments: [
                    space, name, version, content.text,
                    try box.seal(content.secrets, of: ClusterShelf.owner(item: kind, id, version)), now.milliseconds,
                    id,
                ])
            }
            scope.changed("cluster \(kind.rawValue) \(id)", before: expected.text, after: content.text)
            return ClusterItem(kind: kind, id: id, space: space, name: name, text: content.text, version: version)
        }
    }

    package func delete(item expected: ClusterItem) async throws {
        try await writer.write { [box] scope in
            let shelf = ClusterShelf(db: scope.db, box: box)
            try shelf.refuseWhenBusy()
            guard try shelf.isThere(expected) else { throw ClusterClash.moved }
            try scope.db.cachedStatement(sql: "DELETE FROM cluster_items WHERE id = ?").execute(arguments: [expected.id]
            )
            try scope.changed("cluster \(expected.kind.rawValue) \(expected.id)", before: expected.text)
        }
    }
}
