import Binlog
import Foundation
import MySQLWire
import ReplicationFixtures
import Testing

/// contract §D.3, §F.26, §F.35 and §F.43: how transactions come through the stream.
@Suite(.serialized)
struct StreamTests {
    private func prepared(_ product: TestServer.Product, _ columns: String) throws -> (Recorder, String) {
        let server = try TestServer.shared(product)
        let connection = try server.connect()
        defer { connection.close() }
        try connection.query("CREATE DATABASE IF NOT EXISTS stream")
        let table = "stream.t\(UInt32.random(in: 0...UInt32.max))"
        try connection.query("CREATE TABLE \(table) (\(columns))")
        return (Recorder(server: server), table)
    }

    private func ends(_ items: [StreamItem]) -> [TransactionEnd] {
        items.compactMap { if case .end(let end) = $0 { end } else { nil } }
    }

    private func inserted(_ items: [StreamItem], _ table: String) throws -> [Int64] {
        try Recorder.rows(items, definitions: nil).filter { $0.table == table && $0.kind == .insert }.compactMap {
            if case .integer(let id)? = $0.after[0] { id } else { nil }
        }
    }

    @Test(arguments: TestServer.available)
    func `a stream crosses files and says each transaction's end`(product: TestServer.Product) throws {
        let (recorder, table) = try prepared(product, "id INT PRIMARY KEY")
        let items = try recorder.items { connection in
            for id in 1...9 {
                try connection.query("INSERT INTO \(table) VALUES (\(id))")
                if id % 3 == 0 { try connection.query("FLUSH BINARY LOGS") }
            }
        }
        #expect(try inserted(items, table) == Array(1...9))
        #expect(Set(ends(items).map(\.file)).count == 4)
        #expect(items.contains { if case .rotated = $0 { true } else { false } })

        // Each end is a place to start from: what comes after it comes exactly once.
        let fifth = ends(items).filter { $0.kind == .commit }[4]
        let rest = try recorder.items(.file(fifth.file, position: fifth.position)) { _ in }
        #expect(try inserted(rest, table) == Array(6...9))
    }

    @Test(arguments: TestServer.available)
    func `a stream starts after a GTID`(product: TestServer.Product) throws {
        let (recorder, table) = try prepared(product, "id INT PRIMARY KEY")
        let connection = try recorder.server.connect()
        for id in 1...3 { try connection.query("INSERT INTO \(table) VALUES (\(id))") }
        let start: BinlogStart =
            product == .maria
            ? .after(try MariaGTIDPosition(connection.query("SELECT @@gtid_binlog_pos").text(0, 0) ?? ""))
            : .excluding(try GTIDSet(connection.query("SELECT @@gtid_executed").text(0, 0) ?? ""))
        try connection.query("FLUSH BINARY LOGS")
        let items = try recorder.items(start) { connection in
            for id in 4...6 { try connection.query("INSERT INTO \(table) VALUES (\(id))") }
        }
        #expect(try inserted(items, table) == [4, 5, 6])
        let heads = items.compactMap { if case .begin(let head) = $0 { head.identity } else { nil } }
        #expect(heads.allSatisfy { $0 != .anonymous })
        #expect(Set(heads.map { "\($0)" }).count == heads.count)
    }

    @Test(.enabled(if: TestServer.mysql9 != nil))
    func `a tagged GTID is read, listed at the next file and excluded`() throws {
        let (recorder, table) = try prepared(.mysql, "id INT PRIMARY KEY")
        let items = try recorder.items { connection in
            try connection.query("SET gtid_next='AUTOMATIC:some_tag'")
            for id in 1...3 { try connection.query("INSERT INTO \(table) VALUES (\(id))") }
            try connection.query("SET gtid_next='AUTOMATIC'")
            try connection.query("FLUSH BINARY LOGS")
            try connection.query("INSERT INTO \(table) VALUES (4)")
        }
        #expect(try inserted(items, table) == [1, 2, 3, 4])
        let gtids = items.compactMap { item -> GTIDEvent? in if case .begin(let head) = item { head.mysql } else { nil }
        }
        #expect(gtids.prefix(3).map { $0.gtid?.source.tag } == ["some_tag", "some_tag", "some_tag"])
        #expect(gtids.prefix(3).map { $0.gtid?.number ?? 0 }.allSatisfy { $0 > 0 })
        let now = UInt64(Date().timeIntervalSince1970 * 1e6)
        #expect(gtids.prefix(4).allSatisfy { now - ($0.immediateCommit ?? 0) < 600_000_000 })
        #expect(gtids.prefix(4).allSatisfy { (100..<2000).contains($0.transactionLength ?? 0) })
        #expect(gtids.prefix(4).allSatisfy { $0.sequenceNumber > $0.lastCommitted })

        let previous = items.compactMap { if case .previous(let set) = $0 { set } else { nil } }.last
        let executed = try GTIDSet(
            try recorder.server.connect().query("SELECT @@gtid_executed").text(0, 0) ?? "")
        let first = try #require(gtids.first?.gtid)
        #expect(previous?.contains(first) == true)
        #expect(executed.isSuperset(of: try #require(previous)))
        let rest = try recorder.items(.excluding(executed)) { try $0.query("INSERT INTO \(table) VALUES (5)") }
        #expect(try inserted(rest, table) == [5])
    }

    struct ImageCase: Sendable {
        let product: TestServer.Product
        let image: String
        let before: [Bool]
        let after: [Bool]
    }

    static let images = TestServer.available.flatMap { product in
        [
            ImageCase(product: product, image: "FULL", before: [true, true, true], after: [true, true, true]),
            ImageCase(product: product, image: "MINIMAL", before: [true, false, false], after: [false, true, false]),
            ImageCase(product: product, image: "NOBLOB", before: [true, true, false], after: [true, true, false]),
        ]
    }

    @Test(arguments: images)
    func `images carry the columns that the source logs`(item: ImageCase) throws {
        let (recorder, table) = try prepared(item.product, "id INT PRIMARY KEY, n INT, b LONGBLOB")
        let items = try recorder.items { connection in
            try connection.query("SET SESSION binlog_row_image='\(item.image)'")
            try connection.query("INSERT INTO \(table) VALUES (1, 10, 'blob')")
            try connection.query("UPDATE \(table) SET n = 11")
            try connection.query("DELETE FROM \(table)")
        }
        let rows = try Recorder.rows(items, definitions: nil).filter { $0.table == table }
        #expect(rows.map(\.kind) == [.insert, .update, .delete])
        #expect(rows[1].before.map { $0 != nil } == item.before)
        #expect(rows[1].after.map { $0 != nil } == item.after)
        #expect(rows[1].after[1] == .integer(11))
        #expect(rows[2].before[0] == .integer(1))
        #expect(rows[2].after == [nil, nil, nil])
    }

    @Test(arguments: TestServer.available)
    func `compressed transactions decode to the same rows`(product: TestServer.Product) throws {
        let (recorder, table) = try prepared(product, "id INT PRIMARY KEY, t TEXT")
        let items = try recorder.items { connection in
            try connection.query(
                product == .maria
                    ? "SET GLOBAL log_bin_compress=ON, log_bin_compress_min_len=10"
                    : "SET SESSION binlog_transaction_compression=ON")
            let values = (1...500).map { "(\($0), REPEAT('abc', \($0)))" }.joined(separator: ",")
            try connection.query("INSERT INTO \(table) VALUES \(values)")
            try connection.query("UPDATE \(table) SET t = CONCAT(t, 'x')")
            try connection.query("DELETE FROM \(table) WHERE id > 400")
            try connection.query("CREATE TABLE \(table)_more (id INT COMMENT 'a comment that is long enough')")
            if product == .maria { try connection.query("SET GLOBAL log_bin_compress=OFF") }
        }
        let rows = try Recorder.rows(items, definitions: nil).filter { $0.table == table }
        #expect(rows.count == 1100)
        #expect(rows[499].after[1] == .characters(Array(String(repeating: "abc", count: 500).utf8)[...]))
        let types = Set(items.compactMap { if case .rows(let event) = $0 { event.origin.type } else { nil } })
        if product == .maria { #expect(types.contains(.compressedWriteRowsV1)) }
        let statements = items.compactMap { if case .statement(let query, _) = $0 { query.text } else { nil } }
        #expect(statements.contains { $0.contains("a comment that is long enough") })
    }

    @Test(arguments: TestServer.available)
    func `checksums of both kinds and the change between them`(product: TestServer.Product) throws {
        let (recorder, table) = try prepared(product, "id INT PRIMARY KEY")
        let items = try recorder.items { connection in
            let usual = try connection.query("SELECT @@global.binlog_checksum").text(0, 0) ?? ""
            for (id, kind) in ["NONE", "CRC32", "NONE", usual].enumerated() {
                try connection.query("SET GLOBAL binlog_checksum=\(kind)")
                try connection.query("INSERT INTO \(table) VALUES (\(id))")
            }
        }
        #expect(try inserted(items, table) == [0, 1, 2, 3])
    }

    @Test(arguments: TestServer.available)
    func `a change logged as a statement is told from DDL`(product: TestServer.Product) throws {
        let (recorder, table) = try prepared(product, "id INT PRIMARY KEY")
        let items = try recorder.items { connection in
            try connection.query("SET SESSION binlog_format='STATEMENT'")
            try connection.query("/* why */ INSERT INTO \(table) VALUES (1)")
        }
        let changes = items.compactMap { if case .change(let query) = $0 { query.text } else { nil } }
        #expect(changes == ["/* why */ INSERT INTO \(table) VALUES (1)"])

        let (_, counted) = try prepared(product, "id INT PRIMARY KEY AUTO_INCREMENT, r DOUBLE")
        #expect {
            _ = try recorder.items { connection in
                try connection.query("SET SESSION binlog_format='STATEMENT'")
                try connection.query("INSERT INTO \(counted) (r) VALUES (RAND())")
            }
        } throws: { error in
            (error as? BinlogError)?.code == .unsupported && "\(error)".contains("binlog_format")
        }
    }

    @Test(arguments: TestServer.available)
    func `DDL stands alone with its session`(product: TestServer.Product) throws {
        let (recorder, table) = try prepared(product, "id INT PRIMARY KEY")
        let items = try recorder.items { connection in
            try connection.query("USE stream")
            try connection.query("SET SESSION sql_mode='ANSI_QUOTES', foreign_key_checks=0, time_zone='+08:00'")
            try connection.query("ALTER TABLE \(table) ADD COLUMN n INT DEFAULT 7")
            try connection.query("INSERT INTO \(table) (id) VALUES (1)")
            try connection.query("CREATE TABLE \(table)_copy AS SELECT * FROM \(table)")
        }
        let queries = items.compactMap { item -> (QueryEvent, Bool)? in
            if case .statement(let query, let isAlone) = item { (query, isAlone) } else { nil }
        }
        let alter = try #require(queries.first { $0.0.text.hasPrefix("ALTER TABLE") })
        #expect(alter.1)
        #expect(alter.0.schema == "stream")
        #expect(alter.0.session.sqlMode == 4)
        #expect(alter.0.session.isWithoutForeignKeyChecks)
        let copied = try Recorder.rows(items, definitions: nil).filter { $0.table.hasSuffix("_copy") }
        #expect(copied.map(\.after) == [[.integer(1), .integer(7)]])
    }

    @Test(arguments: TestServer.available)
    func `an XA transaction is prepared and later decided`(product: TestServer.Product) throws {
        let (recorder, table) = try prepared(product, "id INT PRIMARY KEY")
        let items = try recorder.items { connection in
            for (id, decision) in [(1, "COMMIT"), (2, "ROLLBACK")] {
                try connection.query("XA START 'x\(id)'")
                try connection.query("INSERT INTO \(table) VALUES (\(id))")
                try connection.query("XA END 'x\(id)'")
                try connection.query("XA PREPARE 'x\(id)'")
                try connection.query("XA \(decision) 'x\(id)'")
            }
        }
        #expect(ends(items).map(\.kind).prefix(4) == [.prepared, .commit, .prepared, .commit])
        let decisions = items.compactMap { if case .statement(let query, true) = $0 { query.text } else { nil } }
        #expect(decisions.first?.hasPrefix("XA COMMIT") == true)
        #expect(decisions.dropFirst().first?.hasPrefix("XA ROLLBACK") == true)
    }

    @Test(arguments: TestServer.available)
    func `a value over 16 MiB comes in several packets`(product: TestServer.Product) throws {
        let (recorder, table) = try prepared(product, "id INT PRIMARY KEY, b LONGBLOB")
        let items = try recorder.items {
            try $0.query("INSERT INTO \(table) VALUES (1, REPEAT('0123456789', 4000000))")
        }
        let row = try #require(try Recorder.rows(items, definitions: nil).first { $0.table == table })
        guard case .bytes(let bytes)? = row.after[1] else {
            Issue.record("no bytes")
            return
        }
        #expect(bytes.count == 40_000_000)
        #expect(Array(bytes.suffix(10)) == Array("0123456789".utf8))
    }

    @Test(arguments: TestServer.available)
    func `a file that is gone is refused with the source's words`(product: TestServer.Product) throws {
        let server = try TestServer.shared(product)
        let request = BinlogRequest(start: .file("bin.999999", position: 4), serverID: 4711)
        let stream = try BinlogStream(try server.connect(), request)
        #expect {
            while true { _ = try stream.next() }
        } throws: { error in
            if case .server(code: 1236, state: "HY000", _)? = error as? WireError { true } else { false }
        }
    }

    @Test(arguments: TestServer.available)
    func `a quiet source sends heartbeats and an interrupted stream ends at once`(
        product: TestServer.Product
    ) throws {
        let server = try TestServer.shared(product)
        let interrupter = Interrupter()
        var request = BinlogRequest(
            start: try Recorder(server: server).position(try server.connect()), serverID: 4712)
        request.heartbeat = .milliseconds(200)
        let settings = ConnectionSettings(address: .socket(path: server.socket), user: "root", password: "")
        let stream = try BinlogStream(try MySQLConnection(settings, interrupter: interrupter), request)
        var framer = TransactionFramer(decoder: stream.decoder)
        var beats = 0
        while beats < 3 {
            try framer.accept(try stream.next(), from: 1) { if case .heartbeat = $0 { beats += 1 } }
        }
        let thread = Thread {
            Thread.sleep(forTimeInterval: 0.05)
            interrupter.interrupt()
        }
        thread.start()
        #expect(throws: WireError.interrupted) { while true { _ = try stream.next() } }
    }

    /// contract §F.25 in small: 60 MB of rows in one transaction, compressed where the server can.
    @Test(arguments: TestServer.available)
    func `a giant transaction passes in the memory of its largest event`(product: TestServer.Product) throws {
        let (recorder, table) = try prepared(product, "id INT PRIMARY KEY, t CHAR(250) CHARACTER SET latin1")
        let connection = try recorder.server.connect()
        let start = try recorder.position(connection)
        let depth = product == .maria ? "max_recursive_iterations" : "cte_max_recursion_depth"
        try connection.query("SET SESSION \(depth)=300000")
        if product == .mysql { try connection.query("SET SESSION binlog_transaction_compression=ON") }
        try connection.query(
            "INSERT INTO \(table) WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < 240000) "
                + "SELECT n, REPEAT('x', 250) FROM s")

        let stream = try BinlogStream(
            try recorder.server.connect(), BinlogRequest(start: start, serverID: UInt32.random(in: 1000...UInt32.max)))
        var framer = TransactionFramer(decoder: stream.decoder)
        let before = Self.residentBytes()
        var (rows, most, isDone) = (0, before, false)
        while !isDone {
            try framer.accept(try stream.next(), from: 1) { item in
                if case .end = item { isDone = true }
                guard case .rows(let event) = item else { return }
                var reader = try RowReader(event, layout: try RowLayout(event.table))
                while try reader.next() { rows += 1 }
                most = max(most, Self.residentBytes())
            }
        }
        #expect(rows == 240_000)
        #expect(most - before < 24 << 20, Comment(rawValue: "\((most - before) >> 20) MiB"))
    }

    private static func residentBytes() -> Int {
        let fields = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8))?.split(separator: " ")
        return (fields?.dropFirst().first.flatMap { Int($0) } ?? 0) * 4096
    }
}
