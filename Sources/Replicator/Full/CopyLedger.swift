package import SQLClient

/// What of a full copy is done, as rows in the target: each stands in the same transaction as what it tells of.
package struct CopyLedger: Sendable {
    /// A piece of a table that is in the target.
    package struct Chunk: Sendable, Hashable {
        package let number: Int
        package let range: KeyRange
        package let snapshot: Int
        package let rows: Int
        package let bytes: Int

        package init(number: Int, range: KeyRange, snapshot: Int, rows: Int, bytes: Int) {
            self.number = number
            self.range = range
            self.snapshot = snapshot
            self.rows = rows
            self.bytes = bytes
        }
    }

    /// What is known of one table.
    package struct Table: Sendable, Hashable {
        /// The statement that made it, as the source showed it when its copy began.
        package var definition: String?
        /// By number.
        package var chunks: [Chunk] = []

        package init() {}
    }

    static let snapshots = "dtle.martlet_snapshots"
    static let chunks = "dtle.martlet_chunks"
    private static let begun = -1
    private static let done = 0

    private let job: String
    private var isJob: String { "job_name = \(SQLText.quoted(job))" }

    package init(job: String) { self.job = job }

    // MARK: Making and removing

    package func prepare(_ target: SQLSession) throws {
        let tables = "ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin"
        try target.run("CREATE DATABASE IF NOT EXISTS dtle")
        try target.run(
            "CREATE TABLE IF NOT EXISTS \(Self.snapshots) (job_name VARCHAR(64) NOT NULL, snapshot INT NOT NULL, "
                + "gtid_set LONGTEXT NOT NULL, binlog_file VARCHAR(255) NOT NULL, binlog_pos BIGINT NOT NULL, "
                + "PRIMARY KEY (job_name, snapshot)) \(tables)")
        try target.run(
            "CREATE TABLE IF NOT EXISTS \(Self.chunks) (job_name VARCHAR(64) NOT NULL, table_schema VARCHAR(64) NOT NULL, "
                + "table_name VARCHAR(64) NOT NULL, chunk BIGINT NOT NULL, after_key LONGTEXT NULL, upto_key LONGTEXT NULL, "
                + "snapshot INT NOT NULL, row_count BIGINT NOT NULL, byte_count BIGINT NOT NULL, "
                + "PRIMARY KEY (job_name, table_schema, table_name, chunk)) \(tables)")
    }

    /// Forgets all of it: the next copy begins anew.
    package func remove(_ target: SQLSession) throws {
        for table in [Self.chunks, Self.snapshots] {
            try target.run("DELETE FROM \(table) WHERE \(isJob)", unless: [.missing])
        }
    }

    // MARK: Snapshots

    /// Notes a new one and gives its number.
    func add(_ position: SnapshotPosition, _ target: SQLSession) throws -> Int {
        let last = try target.value("SELECT MAX(snapshot) FROM \(Self.snapshots) WHERE \(isJob)").flatMap { Int($0) }
        let number = (last ?? 0) + 1
        try write(number, position, target)
        return number
    }

    /// The copy is complete and what follows it begins at `start`.
    func finish(_ start: SnapshotPosition, _ target: SQLSession) throws { try write(Self.done, start, target) }

    private func write(_ number: Int, _ position: SnapshotPosition, _ target: SQLSession) throws {
        let values = [job, position.gtid, position.file].map(SQLText.quoted)
        try target.run(
            "REPLACE INTO \(Self.snapshots) VALUES (\(values[0]), \(number), \(values[1]), \(values[2]), \(position.position))"
        )
    }

    /// By number; 0 is where what follows begins, and there once all is done.
    func positions(_ target: SQLSession) throws -> [Int: SnapshotPosition] {
        let rows = try target.rows(
            "SELECT snapshot, gtid_set, binlog_file, binlog_pos FROM \(Self.snapshots) WHERE \(isJob)")
        return Dictionary(
            uniqueKeysWithValues: rows.map { row in
                let position = row[3].flatMap { Int($0) } ?? 0
                let number = row[0].flatMap { Int($0) } ?? 0
                return (number, SnapshotPosition(gtid: row[1] ?? "", file: row[2] ?? "", position: position))
            })
    }

    // MARK: Tables

    func tables(_ target: SQLSession) throws -> [TableName: Table] {
        var tables: [TableName: Table] = [:]
        let rows = try target.rows(
            "SELECT table_schema, table_name, chunk, after_key, upto_key, snapshot, row_count, byte_count "
                + "FROM \(Self.chunks) WHERE \(isJob) ORDER BY table_schema, table_name, chunk")
        for row in rows {
            let number = row[2].flatMap { Int($0) } ?? 0
            var table = tables[TableName(row[0] ?? "", row[1] ?? "")] ?? Table()
            if number == Self.begun {
                table.definition = row[3]
            } else {
                table.chunks.append(try Self.chunk(number, row[3...]))
            }
            tables[TableName(row[0] ?? "", row[1] ?? "")] = table
        }
        return tables
    }

    /// The copy of a table begins.
    func begin(_ table: TableName, definition: String, snapshot: Int, _ target: SQLSession) throws {
        try write(table, Self.begun, (SQLText.quoted(definition), "NULL"), snapshot, 0, 0, target)
    }

    /// Its copy begins anew.
    func forget(_ table: TableName, _ target: SQLSession) throws {
        try target.run("DELETE FROM \(Self.chunks) WHERE \(condition(table))")
    }

    /// Waits for whoever is just writing the same.
    /// - Throws: `SQLError` of kind `duplicate` where it is there.
    func reserve(_ chunk: Chunk, of table: TableName, _ target: SQLSession) throws {
        let names = [job, table.schema, table.table].map(SQLText.quoted).joined(separator: ", ")
        let keys = (Self.text(chunk.range.after), Self.text(chunk.range.upTo))
        try target.run(
            "INSERT INTO \(Self.chunks) VALUES (\(names), \(chunk.number), \(keys.0), \(keys.1), \(chunk.snapshot), 0, 0)"
        )
    }

    /// A last piece without rows, which tells how late rows of the table may have been read.
    func addNothing(of table: TableName, snapshot: Int, _ target: SQLSession) throws {
        try write(table, Int(Int32.max), ("NULL", "NULL"), snapshot, 0, 0, target)
    }

    func add(_ chunk: Chunk, of table: TableName, _ target: SQLSession) throws {
        let keys = (Self.text(chunk.range.after), Self.text(chunk.range.upTo))
        try write(table, chunk.number, keys, chunk.snapshot, chunk.rows, chunk.bytes, target)
    }

    /// Nil: it is not there.
    func chunk(_ number: Int, of table: TableName, _ target: SQLSession) throws -> Chunk? {
        let row = try target.rows(
            "SELECT after_key, upto_key, snapshot, row_count, byte_count FROM \(Self.chunks) "
                + "WHERE \(condition(table)) AND chunk = \(number)"
        ).first
        return try row.map { try Self.chunk(number, $0[...]) }
    }

    /// From what stands behind the number in a row.
    private static func chunk(_ number: Int, _ row: ArraySlice<String?>) throws -> Chunk {
        let start = row.startIndex
        let numbers = (2...4).map { row[start + $0].flatMap { Int($0) } ?? 0 }
        return Chunk(
            number: number, range: KeyRange(after: try key(row[start]), upTo: try key(row[start + 1])),
            snapshot: numbers[0], rows: numbers[1], bytes: numbers[2])
    }

    /// One row for all pieces from the first to `number`, which have no gap between them and are of one snapshot.
    func join(upTo number: Int, of table: TableName, _ target: SQLSession) throws {
        let place = "\(condition(table)) AND chunk BETWEEN 0 AND"
        try target.run("START TRANSACTION")
        let sums = try target.rows(
            "SELECT SUM(row_count), SUM(byte_count) FROM \(Self.chunks) WHERE \(place) \(number) FOR UPDATE"
        ).first?.map { $0 ?? "0" }
        if let sums {
            try target.run(
                "UPDATE \(Self.chunks) SET after_key = NULL, row_count = \(sums[0]), byte_count = \(sums[1]) "
                    + "WHERE \(condition(table)) AND chunk = \(number)")
            try target.run("DELETE FROM \(Self.chunks) WHERE \(place) \(number - 1)")
        }
        try target.run("COMMIT")
    }

    private func condition(_ table: TableName) -> String {
        "\(isJob) AND table_schema = \(SQLText.quoted(table.schema)) AND table_name = \(SQLText.quoted(table.table))"
    }

    private func write(
        _ table: TableName, _ number: Int, _ keys: (String, String), _ snapshot: Int, _ rows: Int, _ bytes: Int,
        _ target: SQLSession
    ) throws {
        let names = [job, table.schema, table.table].map(SQLText.quoted).joined(separator: ", ")
        try target.run(
            "REPLACE INTO \(Self.chunks) VALUES (\(names), \(number), \(keys.0), \(keys.1), \(snapshot), \(rows), \(bytes))"
        )
    }

    // MARK: Keys as text

    private static func text(_ key: [String]?) -> String {
        guard let key else { return "NULL" }
        return SQLText.quoted(key.map { "\($0.utf8.count):\($0)" }.joined())
    }

    /// - Throws: `CopyError` where somebody has written into the rows.
    private static func key(_ text: String?) throws(CopyError) -> [String]? {
        guard let text else { return nil }
        var parts: [String] = []
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            guard let colon = rest.firstIndex(of: UInt8(ascii: ":")),
                let count = Int(String(decoding: rest[..<colon], as: UTF8.self)), count >= 0,
                rest.endIndex - colon - 1 >= count
            else {
                throw CopyError(nil, "\(chunks) has a key that cannot be read: remove the job's rows to begin anew")
            }
            parts.append(String(decoding: rest[(colon + 1)...(colon + count)], as: UTF8.self))
            rest = rest[(colon + count + 1)...]
        }
        return parts
    }
}

extension CopyLedger.Table {
    /// What is missing between pieces that are there, each under the number it is to have, and what is left to be cut.
    package var missing: (gaps: [(number: Int, range: KeyRange)], rest: (number: Int, after: [String]?)?) {
        var gaps: [(number: Int, range: KeyRange)] = []
        var next = 0
        var end: [String]?
        for chunk in chunks {
            // One that begins at the beginning stands for all before it, one that fills a gap for all that were in it.
            if let after = chunk.range.after, after != end, chunk.number > next {
                gaps.append((next, KeyRange(after: end, upTo: after)))
            }
            next = chunk.number + 1
            guard let upTo = chunk.range.upTo else { return (gaps, nil) }
            end = upTo
        }
        return (gaps, (next, end))
    }

    /// The last piece that can stand for all before it; nil: none would go away.
    package var joinable: Int? {
        var last: CopyLedger.Chunk?
        for chunk in chunks {
            guard last == nil || (chunk.range.after == last?.range.upTo && chunk.snapshot == last?.snapshot) else {
                break
            }
            last = chunk
        }
        guard let last, let first = chunks.first, first.range.after == nil, last.number > first.number else {
            return nil
        }
        return last.number
    }

}
