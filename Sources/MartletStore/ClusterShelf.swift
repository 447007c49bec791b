import Foundation
import GRDB
import MartletCore

/// Reads and writes clusters within one transaction.
struct ClusterShelf {
    let db: Database
    let box: SecretBox

    /// A run of which the outcome depends on what is changed is under way.
    func refuseWhenBusy() throws {
        let holder = try Data.fetchOne(
            db.cachedStatement(sql: "SELECT id FROM runs WHERE live_key = ?"), arguments: [ClusterLock.key])
        if let holder { throw ClusterClash.busy(try RunID(blob: holder)) }
    }

    // MARK: Reading

    private static let columns = """
        SELECT c.id, c.name, c.status, c.version, v.content, c.deployed, c.is_deployed, c.created_at, c.changed_at
        FROM clusters c JOIN cluster_versions v ON v.cluster = c.id AND v.version = c.version
        """

    static func clusters(_ db: Database) throws -> [ClusterRecord] {
        try Row.fetchAll(db.cachedStatement(sql: columns + " ORDER BY c.number")).map(ClusterRecord.init)
    }

    static func cluster(_ id: String, _ db: Database) throws -> ClusterRecord? {
        try Row.fetchOne(db.cachedStatement(sql: columns + " WHERE c.id = ?"), arguments: [id]).map(ClusterRecord.init)
    }

    static func items(_ kind: ClusterItem.Kind, _ db: Database) throws -> [ClusterItem] {
        let statement = try db.cachedStatement(sql: "SELECT * FROM cluster_items WHERE kind = ? ORDER BY number")
        return try Row.fetchAll(statement, arguments: [kind.rawValue]).map { row in
            ClusterItem(
                kind: kind, id: row["id"], space: row["space"], name: row["name"], text: row["content"],
                version: row["version"])
        }
    }

    func isThere(_ expected: ClusterItem) throws -> Bool {
        try Int.fetchOne(
            db.cachedStatement(sql: "SELECT 1 FROM cluster_items WHERE kind = ? AND id = ? AND version = ?"),
            arguments: [expected.kind.rawValue, expected.id, expected.version]) != nil
    }

    func free(_ ids: [String], in table: String) throws -> String {
        let statement = try db.cachedStatement(sql: "SELECT 1 FROM \(table) WHERE id = ?")
        for id in ids where try Int.fetchOne(statement, arguments: [id]) == nil { return id }
        throw ClusterClash.noID
    }

    // MARK: Writing

    func insertVersion(
        _ content: ClusterContent, of id: String, _ version: Int, by: String, at now: Date
    ) throws {
        try db.cachedStatement(sql: "INSERT INTO cluster_versions VALUES (?, ?, ?, ?, ?, ?, ?)").execute(
            arguments: [
                id, version, content.text, try box.seal(content.secrets, of: Self.owner(cluster: id, version)),
                now.milliseconds, by, content.note,
            ])
    }

    /// What sealed passwords are bound to.
    static func owner(cluster id: String, _ version: Int) -> String { "cluster\0\(id)\0\(version)" }
    static func owner(item kind: ClusterItem.Kind, _ id: String, _ version: Int) -> String {
        "cluster \(kind.rawValue)\0\(id)\0\(version)"
    }

    /// How a cluster stands after a run about it.
    static func put(_ end: ClusterEnd, at now: Date, _ db: Database) throws {
        try db.cachedStatement(
            sql: """
                UPDATE clusters SET status = ?, changed_at = ?, deployed = coalesce(?, deployed),
                  is_deployed = coalesce(?, is_deployed) WHERE id = ?
                """
        ).execute(arguments: [end.status, now.milliseconds, end.version, end.deploy.map { $0 != .failed }, end.cluster])
    }

    /// Throws ``ClusterClash`` when a run was planned from what is not so any more.
    func check(_ condition: ClusterCondition) throws {
        let isSame = try Int.fetchOne(
            db.cachedStatement(sql: "SELECT 1 FROM clusters WHERE id = ? AND version = ? AND status = ?"),
            arguments: [condition.cluster, condition.version, condition.status])
        guard isSame != nil else { throw ClusterClash.moved }
        guard condition.isAlone else { return }
        let other = try Int.fetchOne(
            db.cachedStatement(sql: "SELECT 1 FROM clusters WHERE status = ? AND id <> ?"),
            arguments: [ClusterLock.started, condition.cluster])
        if other != nil { throw ClusterClash.otherStarted }
    }

    /// Runs `body`, whose names have to be unique.
    static func naming<Value>(_ body: () throws -> Value) throws -> Value {
        do {
            return try body()
        } catch let error as DatabaseError where error.extendedResultCode == .SQLITE_CONSTRAINT_UNIQUE {
            throw ClusterClash.nameTaken
        }
    }
}

extension ClusterEnd {
    fileprivate var version: Int? {
        if case .succeeded(let version) = deploy { version } else { nil }
    }
}

extension ClusterRecord {
    init(_ row: Row) {
        self.init(
            id: row["id"], name: row["name"], status: row["status"], version: row["version"], text: row["content"],
            deployed: row["deployed"], isDeployed: row["is_deployed"],
            createdAt: Date(milliseconds: row["created_at"]), changedAt: Date(milliseconds: row["changed_at"]))
    }

    /// Secrets have their versions: a hash of a value could be guessed at.
    var auditText: String { "\(id) \(name) \(status) version \(version) \(text)" }
}
