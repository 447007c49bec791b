import Foundation
import MartletCore
import ReplicationFixtures
import Replicator
import SQLClient
import Testing

/// Connections that break, binlogs that are gone, processes that are away: contract §F.29, §F.31, §F.34.
@Suite(.serialized)
struct TroubleTests {
    private func makeData(_ product: TestServer.Product) throws -> JobData {
        try JobData(try TestServer.shared(product), try TestServer.sharedTarget(product))
    }

    @Test(arguments: TestServer.available)
    func `connections that break at either side are made anew and nothing is lost`(
        product: TestServer.Product
    ) async throws {
        let data = try makeData(product)
        try data.fill(rows: 500)
        let proxies = (try CutProxy(to: data.source.port), try CutProxy(to: data.target.port))
        let job = try data.job(sourcePort: proxies.0.port, targetPort: proxies.1.port)
        let runs = try job.startBoth()
        try await runs.target.until("it follows") { $0.state == .applying }
        let writer = data.startWriter()
        let big = try data.source.session()
        for round in 0..<6 {
            // A transaction larger than what is held in memory is on its way while the connection breaks.
            try big.run(
                "INSERT INTO \(data.schema).rows_ (n, t) SELECT n, REPEAT('y', 9000) FROM \(data.schema).rows_ LIMIT 600"
            )
            try await Task.sleep(for: .milliseconds(Int.random(in: 20...300)))
            let proxy = round % 2 == 0 ? proxies.0 : proxies.1
            if round > 3 { proxy.set(.refuse) }
            proxy.cut()
            try await Task.sleep(for: .milliseconds(300))
            proxy.set(.pass)
        }
        #expect(writer.stop() > 0)
        try await data.untilEqual(runs.target)
        let report = try #require(runs.target.report)
        #expect(report.retries > 0 && report.lastError != nil)
        #expect(runs.target.isRunning && runs.source.isRunning)
    }

    @Test func `a source that goes silent is left for a new connection`() async throws {
        let data = try makeData(try #require(TestServer.available.first))
        try data.fill(rows: 50)
        let proxy = try CutProxy(to: data.source.port)
        let job = try data.job(sourcePort: proxy.port, targetPort: data.target.port)
        let runs = try job.startBoth()
        try await runs.target.until("it follows") { $0.state == .applying }
        proxy.set(.silent)
        try data.write(changes: 20)
        try await runs.target.until("the silence is noticed") { $0.retries > 0 }
        proxy.cut()
        proxy.set(.pass)
        try await data.untilEqual(runs.target)
    }

    @Test func `the source's process may go and come back`() async throws {
        let data = try makeData(try #require(TestServer.available.first))
        try data.fill(rows: 50)
        let job = try data.job()
        let runs = try job.startBoth()
        try await runs.target.until("it follows") { $0.state == .applying }
        runs.source.kill(SIGKILL)
        try await runs.target.until("it is missed") {
            $0.events.contains { $0.text.contains("source's process is gone") }
        }
        try data.write(changes: 50)
        try await Task.sleep(for: .milliseconds(300))
        #expect(try !data.isEqual)
        let source = try job.start(.source)
        try await data.untilEqual(runs.target)
        #expect(source.isRunning && runs.target.isRunning)
    }

    @Test(arguments: TestServer.available)
    func `a binlog that is gone is told plainly`(product: TestServer.Product) async throws {
        let data = try JobData(try TestServer.start(product), try TestServer.sharedTarget(product))
        let session = try data.source.session()
        let job = try data.job()
        let runs = try job.startBoth()
        let report = try await runs.target.until("it follows") { $0.state == .applying }
        #expect(try await runs.target.stop() == 0)
        try data.write(changes: 20)
        try session.run("FLUSH BINARY LOGS")
        try data.write(changes: 20)
        try session.run("FLUSH BINARY LOGS")
        let log = try #require(try session.rows("SHOW BINARY LOGS").last?[0])
        // A file that a connection still reads is kept: the server has to notice first that it is gone.
        try await Patience.until("the binlogs are purged") {
            try session.run("PURGE BINARY LOGS TO '\(log)'")
            return try session.rows("SHOW BINARY LOGS").count == 1
        }
        try FileManager.default.removeItem(at: job.folder.appendingPathComponent("spool"))
        let target = try job.start(.target, kv: ["present": true, "Gtid": .string(report.gtid)])
        #expect(try await target.exit() == 2)
        #expect(target.errorText.contains("Error 1236"))
        #expect(target.errorText.contains("full copy"))
    }

    @Test(arguments: TestServer.available)
    func `a binlog that is gone ends both processes of a relay, after what is spooled`(
        product: TestServer.Product
    ) async throws {
        let data = try JobData(try TestServer.start(product), try TestServer.sharedTarget(product))
        let session = try data.source.session()
        let job = try data.job(source: ["BinlogRelay": true])
        let runs = try job.startBoth()
        let report = try await runs.target.until("it follows") { $0.state == .applying }
        try data.write(changes: 20)
        try await data.untilEqual(runs.target)
        #expect(try await runs.target.stop() == 0)
        try data.write(changes: 20)
        let content = try JobData.content(data.source, data.schema)
        let file = try #require(try session.rows("SHOW BINARY LOGS").last?[0])
        let size = try #require(try session.rows("SHOW BINARY LOGS").last?[1].flatMap { UInt64($0) })
        try await runs.source.until("all is spooled") { $0.spool.file == file && $0.spool.position >= size }
        #expect(try await runs.source.stop() == 0)
        for _ in 0..<2 {
            try session.run("FLUSH BINARY LOGS")
            // Random changes may change nothing, and then nothing is missing.
            try session.run("INSERT INTO \(data.schema).keyless VALUES (1, 'gone')")
        }
        let last = try #require(try session.rows("SHOW BINARY LOGS").last?[0])
        try await Patience.until("the binlogs are purged") {
            try session.run("PURGE BINARY LOGS TO '\(last)'")
            return try session.rows("SHOW BINARY LOGS").count == 1
        }
        let target = try job.start(.target, kv: ["present": true, "Gtid": .string(report.gtid)])
        let source = try job.start(.source)
        for run in [source, target] {
            #expect(try await run.exit() == 2)
            #expect(run.errorText.contains("Error 1236") && run.errorText.contains("full copy"), "\(run.errorText)")
        }
        #expect(try JobData.content(data.target, data.schema) == content)
    }

    @Test func `what the source purges during the copy is on our disk`() async throws {
        let product = try #require(TestServer.available.first)
        let data = try JobData(try TestServer.start(product), try TestServer.sharedTarget(product))
        try data.fill(rows: 30_000)
        let job = try data.job(source: ["ChunkSize": 5])
        let runs = try job.startBoth()
        try await runs.target.until("it copies") { $0.state == .copying && $0.full?.rows ?? 0 > 100 }
        try data.write(changes: 200)
        let session = try data.source.session()
        try session.run("FLUSH BINARY LOGS")
        let log = try #require(try session.rows("SHOW BINARY LOGS").last?[0])
        try await runs.target.until("it has read the binlog") { $0.spool.file == log || $0.state != .copying }
        #expect(runs.target.report?.state == .copying)
        try session.run("PURGE BINARY LOGS TO '\(log)'")
        try await data.untilEqual(runs.target)
        #expect(runs.target.isRunning)
    }

    @Test func `a target that may not create or that has another password ends with the server's words`() async throws {
        let data = try makeData(try #require(TestServer.available.first))
        let admin = try data.target.session()
        try admin.run("CREATE USER IF NOT EXISTS poor@'%' IDENTIFIED BY 'poor-secret-1'")
        try admin.run("DROP DATABASE IF EXISTS dtle")
        for (password, code) in [("poor-secret-1", "Error 1044"), ("not-this-secret", "Error 1045")] {
            let connection: JSONValue = [
                "Host": "127.0.0.1", "Port": .int(Int64(data.target.port)), "User": "poor",
                "Password": .string(password),
            ]
            let job = try data.job(target: ["ConnectionConfig": connection])
            let target = try job.start(.target)
            #expect(try await target.exit() == 2)
            #expect(target.errorText.hasPrefix(code), "\(target.errorText)")
            #expect(!target.errorText.contains("secret"))
        }
    }

    @Test func `a lock that somebody holds at the target is named as the cause`() async throws {
        let data = try makeData(try #require(TestServer.available.first))
        try data.fill(rows: 50)
        let job = try data.job()
        let runs = try job.startBoth()
        try await runs.target.until("it follows") { $0.state == .applying }
        let holder = try data.target.session()
        try holder.run("LOCK TABLES \(data.schema).rows_ WRITE")
        try data.write(changes: 50)
        let stalled = try await runs.target.until("the stall is noticed") { $0.stall != nil }
        #expect(stalled.stall?.cause.contains("lock") == true, "\(String(describing: stalled.stall))")
        #expect(stalled.lag ?? 0 > 10)
        try holder.run("UNLOCK TABLES")
        try await data.untilEqual(runs.target)
        try await runs.target.until("it moves again") { $0.stall == nil && $0.lag == 0 }
    }
}
