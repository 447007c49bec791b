import Binlog
package import SQLClient

/// The target's own account of what a job applied: `dtle.gtid_executed_v4`, as dtle writes and reads it.
package struct Checkpoint {
    static let table = "`dtle`.`gtid_executed_v4`"
    static let name = TableName("dtle", "gtid_executed_v4")

    private let session: SQLSession
    private let job: String

    package init(_ session: SQLSession, job: String) {
        self.session = session
        self.job = job
    }

    /// Makes the table where it is not there.
    package func prepare() throws {
        let there = try session.value(
            "SELECT COUNT(*) FROM information_schema.TABLES WHERE TABLE_SCHEMA='dtle' AND TABLE_NAME='gtid_executed_v4'"
        )
        guard there == "0" else { return }
        try session.run("CREATE DATABASE IF NOT EXISTS `dtle`")
        try session.run(
            "CREATE TABLE IF NOT EXISTS \(Self.table) (job_name VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin "
                + "NOT NULL, source_uuid BINARY(16) NOT NULL, gtid BIGINT NOT NULL, gtid_set LONGTEXT, "
                + "PRIMARY KEY (job_name, source_uuid, gtid)) ENGINE=InnoDB")
    }

    /// The job begins anew: nothing is applied.
    package func reset() throws {
        try session.run("DELETE FROM \(Self.table) WHERE \(place)")
    }

    private var place: String { "job_name=\(SQLText.quoted(job)) AND CAST(job_name AS BINARY)=\(SQLText.quoted(job))" }

    /// What all rows of the job say together.
    package func executed() throws -> ExecutedSet {
        var executed = ExecutedSet()
        for row in try rows() { try Self.add(row, to: &executed) }
        return executed
    }

    func rows() throws -> [CheckpointRow] {
        var rows: [CheckpointRow] = []
        try session.query("SELECT source_uuid, gtid, gtid_set FROM \(Self.table) WHERE \(place)") { row in
            guard let source = row.bytes(0), source.count == 16, let number = row.text(1).flatMap({ Int64($0) }) else {
                return
            }
            let text = row.text(2).flatMap { $0.isEmpty ? nil : $0 }
            rows.append(CheckpointRow(source: source, number: number, text: text, last: 0))
        }
        return try rows.map { row in
            let set = try Self.set(row)
            let last = set.description.split(separator: ":").last.flatMap { $0.split(separator: "-").last }.flatMap {
                Int64($0)
            }
            return CheckpointRow(source: row.source, number: row.number, text: row.text, last: last ?? row.number)
        }
    }

    private static func set(_ row: CheckpointRow) throws -> GTIDSet {
        if row.isPosition || row.isMark { return GTIDSet() }
        let text = row.text ?? "\(row.number)"
        let source = row.source.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        return try GTIDSet("\(source):\(text)")
    }

    private static func add(_ row: CheckpointRow, to executed: inout ExecutedSet) throws {
        if row.isPosition, let gtid = row.text.flatMap({ MariaGTID($0) }) {
            if !executed.maria.contains(gtid) { executed.maria.advance(to: gtid) }
        } else {
            executed.set.formUnion(try set(row))
        }
    }

    /// Says that the session runs the statement of a transaction of the source, until `unmark`; `note`: which, and what its
    /// tables were before.
    func mark(_ gtid: GTID?, note: String? = nil) throws {
        let mark = CheckpointRow.mark(gtid, connection: session.connectionID, note: note)
        try session.run("REPLACE INTO \(Self.table) VALUES \(mark.values(job: job))")
    }

    func unmark() throws { try session.run("DELETE FROM \(Self.table) WHERE \(place) AND gtid_set LIKE 'ddl:%'") }

    /// Writes what is executed as few rows and removes those that it covers, in one transaction.
    func compact(_ executed: ExecutedSet, covering rows: [CheckpointRow]) throws {
        var kept: [CheckpointRow] = []
        for (domain, gtid) in executed.maria.last {
            kept.append(
                CheckpointRow(
                    source: MariaOrigin.bytes(domain: domain, server: 0), number: 0, text: gtid.description, last: 0))
        }
        for part in executed.set.description.split(separator: ",") {
            let uuid = part.prefix(36)
            guard let source = SourceID(uuid), MariaOrigin.domainAndServer(source.bytes) == nil else { continue }
            kept.append(CheckpointRow(source: source.bytes, number: 0, text: String(part.dropFirst(37)), last: 0))
        }
        try session.run("BEGIN")
        if !kept.isEmpty {
            try session.run(
                "REPLACE INTO \(Self.table) VALUES \(kept.map { $0.values(job: job) }.joined(separator: ","))")
        }
        for start in stride(from: 0, to: rows.count, by: 500) {
            let places = rows[start..<min(start + 500, rows.count)].map { "(\($0.place(job: job)))" }
            try session.run("DELETE FROM \(Self.table) WHERE \(places.joined(separator: " OR "))")
        }
        try session.run("COMMIT")
    }
}

extension CheckpointRow {
    /// MariaDB's position in a domain.
    var isPosition: Bool { number == 0 && MariaOrigin.domainAndServer(source) != nil }

    private static let markPrefix = "ddl:"

    /// Stands in the table while a statement that has no transaction of its own runs in the session it names: so a job in
    /// the other direction knows the statement as ours.
    static func mark(_ gtid: GTID?, connection: UInt, note: String? = nil) -> CheckpointRow {
        CheckpointRow(
            source: gtid?.source.server.bytes ?? [], number: Int64.min + min(gtid?.number ?? 0, 1 << 61),
            text: "\(markPrefix)\(connection)\(note.map { " \($0)" } ?? "")", last: 0)
    }

    var isMark: Bool { text?.hasPrefix(Self.markPrefix) == true }

    /// The transaction's number in a mark; nil: an older version put the session's there.
    static func markedSequence(_ number: Int64, connection: UInt32) -> UInt64? {
        let sequence = UInt64(bitPattern: number &- Int64.min)
        return sequence == UInt64(connection) ? nil : sequence
    }

    /// The session of a mark.
    static func markedConnection(_ text: String) -> UInt32? {
        text.hasPrefix(markPrefix) ? UInt32(text.dropFirst(markPrefix.count).prefix { $0 != " " }) : nil
    }

    /// What a mark says of its statement.
    var note: String? {
        guard isMark, let parts = text?.split(separator: " ", maxSplits: 1), parts.count == 2 else { return nil }
        return String(parts[1])
    }
}
