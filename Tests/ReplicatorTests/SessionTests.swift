import ReplicationFixtures
import SQLClient
import Testing

/// Ordinary SQL against each product.
@Suite(.serialized)
struct SessionTests {
    private static func table(_ session: SQLSession, _ columns: String) throws -> String {
        try session.run("CREATE DATABASE IF NOT EXISTS sessions")
        let name = "sessions.t\(UInt32.random(in: 0...UInt32.max))"
        try session.run("CREATE TABLE \(name) (\(columns)) CHARACTER SET utf8mb4")
        return name
    }

    @Test(arguments: TestServer.available)
    func `rows come as bytes, NULL apart from nothing`(product: TestServer.Product) throws {
        let session = try TestServer.shared(product).session()
        #expect(session.flavor.isMaria == (product == .maria))
        #expect(session.flavor.isAtLeast(9) && !session.flavor.isAtLeast(99))
        var rows: [[[UInt8]?]] = []
        try session.query("SELECT 1, NULL, '', X'00ff', '🐦' UNION ALL SELECT 2, 'x', 'y', 'z', 'ü'") { row in
            rows.append((0..<row.count).map { row.bytes($0) })
        }
        #expect(rows.first == [[0x31], nil, [], [0x00, 0xff], Array("🐦".utf8)])
        #expect(rows.count == 2)
        #expect(try session.value("SELECT NULL") == nil)
    }

    @Test(arguments: TestServer.available)
    func `a connection over the network is encrypted when the server can`(product: TestServer.Product) throws {
        let server = try TestServer.shared(product)
        let admin = try server.session()
        try admin.run("CREATE USER IF NOT EXISTS tls@'%' IDENTIFIED BY 'pass-word-1'")
        var settings = SQLSettings(
            address: .host("localhost", port: Int(server.port)), user: "tls", password: "pass-word-1")
        let session = try SQLSession(settings)
        #expect(session.isEncrypted)
        #expect(try session.value("SELECT CURRENT_USER()") == "tls@%")
        settings.password = "wrong-secret"
        let error = #expect(throws: SQLError.self) { _ = try SQLSession(settings) }
        #expect(error?.kind == .denied && error?.code == 1045)
        #expect("\(String(describing: error)) \(settings) \(String(reflecting: settings))".contains("secret") == false)
    }

    @Test(arguments: TestServer.available)
    func `data is loaded from pieces, and from nowhere else`(product: TestServer.Product) throws {
        let session = try TestServer.shared(product).session()
        let table = try Self.table(session, "id INT PRIMARY KEY, t TEXT")
        var pieces = ["1\teins\n2\tzw", "ei 🐦\n3\t\\N\n"]
        let load = "LOAD DATA LOCAL INFILE '/etc/passwd' INTO TABLE \(table) CHARACTER SET utf8mb4"
        let outcome = try session.load(load) { buffer in
            guard !pieces.isEmpty else { return 0 }
            let piece = Array(pieces.removeFirst().utf8)
            buffer.copyBytes(from: piece)
            return piece.count
        }
        #expect(outcome.affectedRows == 3 && outcome.warnings == 0 && outcome.info.contains("Records: 3"))
        #expect(try session.rows("SELECT t FROM \(table) ORDER BY id") == [["eins"], ["zwei 🐦"], [nil]])
        #expect(throws: SQLError.self) { try session.run(load) }
        #expect(try session.value("SELECT COUNT(*) FROM \(table)") == "3")
    }

    @Test(arguments: TestServer.available)
    func `a load that breaks leaves nothing behind`(product: TestServer.Product) throws {
        let server = try TestServer.shared(product)
        let other = try server.session()
        let table = try Self.table(other, "id INT PRIMARY KEY")
        let session = try server.session()
        var isFirst = true
        #expect(throws: TestServer.Failure.self) {
            _ = try session.load("LOAD DATA LOCAL INFILE 'x' INTO TABLE \(table)") { buffer in
                guard isFirst else { throw TestServer.Failure("the source broke") }
                isFirst = false
                buffer.copyBytes(from: Array("1\n2\n".utf8))
                return 4
            }
        }
        #expect(throws: SQLError.self) { try session.run("SELECT 1") }
        let deadline = ContinuousClock.now + .seconds(120)
        let isThere = "SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE ID = \(session.connectionID)"
        while try other.value(isThere) != "0", ContinuousClock.now < deadline {}
        #expect(try other.value("SELECT COUNT(*) FROM \(table)") == "0")
    }

    @Test(arguments: TestServer.available)
    func `a session that waits is ended from another thread`(product: TestServer.Product) throws {
        let server = try TestServer.shared(product)
        let interrupter = SQLInterrupter()
        let settings = server.sqlSettings
        let outcome = Monitor<SQLError?>(nil)
        let isThere = Monitor(false)
        let thread = OwnThread("waiter") {
            do {
                let session = try SQLSession(settings, interrupter: interrupter)
                isThere.withLock { $0 = true }
                try session.run("SELECT SLEEP(600)")
            } catch {
                outcome.withLock { $0 = error as? SQLError }
            }
        }
        _ = isThere.wait(atMost: .seconds(120)) { $0 ? true : nil }
        interrupter.interrupt()
        let error = outcome.wait(atMost: .seconds(120)) { $0 }
        thread.join()
        #expect(error?.kind == .lost)
    }

    @Test(arguments: TestServer.available)
    func `refusals are of the kind that says what to do`(product: TestServer.Product) throws {
        let session = try TestServer.shared(product).session()
        let table = try Self.table(session, "id INT PRIMARY KEY")
        try session.run("INSERT INTO \(table) VALUES (1)")
        func kind(_ sql: String) -> SQLError.Kind? {
            do throws(SQLError) {
                try session.run(sql)
                return nil
            } catch { return error.kind }
        }
        #expect(kind("INSERT INTO \(table) VALUES (1)") == .duplicate)
        #expect(kind("CREATE TABLE \(table) (id INT)") == .exists)
        #expect(kind("SELECT * FROM sessions.nothing") == .missing)
        #expect(kind("SELEKT") == .other)
        #expect(kind("KILL \(session.connectionID)") != nil)
        #expect(kind("SELECT 1") == .lost)
    }

    @Test
    func `texts and bytes are quoted`() {
        #expect(SQLText.quoted(#"a'b\c"#) == #"'a''b\\c'"#)
        #expect(SQLText.hex([0x00, 0xfe]) == "X'00fe'")
    }

    @Test
    func `a queue that is full holds back, and ends for both sides`() {
        let queue = BoundedQueue<Int>(capacity: 2)
        let sum = Monitor(0)
        let reader = OwnThread("reader") {
            while let element = queue.take() { sum.withLock { $0 += element } }
        }
        for element in 1...1000 { #expect(queue.put(element)) }
        #expect(queue.count <= 2)
        queue.close()
        reader.join()
        #expect(sum.withLock { $0 } == 500_500)
        #expect(!queue.put(1))
        #expect(queue.take() == nil)
    }

    @Test
    func `a wait ends in time`() {
        let monitor = Monitor(0)
        let start = ContinuousClock.now
        #expect(monitor.wait(atMost: .milliseconds(30)) { $0 == 1 ? true : nil } == nil)
        #expect(ContinuousClock.now - start >= .milliseconds(30))
    }
}
