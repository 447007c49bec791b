import Foundation
import MartletCore
import ReplicationFixtures
import Replicator
import SQLClient
import Testing

/// contract §F.32, §F.37, C.2: where a job begins, and what else its settings say of its course.
@Suite(.serialized)
struct StartTests {
    private func makeData(_ product: TestServer.Product) throws -> JobData {
        try JobData(try TestServer.shared(product), try TestServer.sharedTarget(product))
    }

    /// The target has what the source has, by a tool that is not ours.
    private func seed(_ data: JobData) throws {
        let target = try data.target.session()
        try target.run("CREATE DATABASE \(data.schema) CHARACTER SET utf8mb4")
        let source = try data.source.session()
        for row in try source.rows(
            "SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = '\(data.schema)'")
        {
            let name = "\(data.schema).\(row[0] ?? "")"
            let statement = try #require(try source.rows("SHOW CREATE TABLE \(name)").first?[1])
            try target.run("USE \(data.schema)")
            try target.run(statement)
        }
        try target.run("INSERT INTO \(data.schema).counter VALUES (1, 0)")
    }

    enum Way: String, CaseIterable {
        case gtid, gtidStart, autoGtid, file
    }

    @Test(arguments: TestServer.available, Way.allCases)
    func `a job begins at a place and copies nothing`(product: TestServer.Product, way: Way) async throws {
        let data = try makeData(product)
        try seed(data)
        let session = try data.source.session()
        let isMaria = product == .maria
        let set = try #require(try session.value("SELECT @@GLOBAL.\(isMaria ? "gtid_binlog_pos" : "gtid_executed")"))
        let status = try #require(try session.rows(isMaria ? "SHOW MASTER STATUS" : "SHOW BINARY LOG STATUS").first)
        var config: [String: JSONValue] = [:]
        switch way {
        case .gtid: config["Gtid"] = .string(set)
        case .autoGtid: config["AutoGtid"] = true
        case .file:
            config["BinlogFile"] = .string(status[0] ?? "")
            config["BinlogPos"] = .int(Int64(status[1] ?? "") ?? 0)
        case .gtidStart:
            try session.run("INSERT INTO \(data.schema).keyless VALUES (1, 'first')")
            let now = try #require(
                try session.value("SELECT @@GLOBAL.\(isMaria ? "gtid_binlog_pos" : "gtid_executed")"))
            // A source that was a target holds what other servers made, too.
            let own = isMaria ? "0-11-" : try #require(try session.value("SELECT @@GLOBAL.server_uuid"))
            let last = try #require(now.split { $0 == "," || $0 == "\n" }.first { $0.contains(own) })
            // Transactions with a tag come after those without: `UUID:1-900:tag:1-2`.
            let plain = last.split(separator: ":").dropFirst().prefix { $0.first?.isNumber == true }.last ?? ""
            let start = isMaria ? String(last) : "\(own):\(plain.split(separator: "-").last ?? "")"
            config["GtidStart"] = .string(start)
        }
        let job = try data.job(source: config)
        let runs = try job.startBoth()
        if way != .autoGtid { try data.write(changes: 60) }
        let report = try await runs.target.until("it follows") { $0.state == .applying }
        #expect(report.full == nil)
        #expect(report.stages.map(\.stage) == ["job_stage_full", "job_stage_incr"])
        try data.write(changes: 60)
        try await data.untilEqual(runs.target)
    }

    @Test(arguments: ["Gtid", "GtidStart"])
    func `a text that is no GTID ends the job with the field's name`(key: String) async throws {
        let data = try makeData(try #require(TestServer.available.first))
        let job = try data.job(source: [key: "nonsense"])
        let runs = try job.startBoth()
        #expect(try await runs.target.exit() == 2)
        #expect(runs.target.errorText.hasPrefix("\(key): \"nonsense\""))
    }

    @Test func `a position that is no end of a transaction is refused`() async throws {
        let data = try makeData(try #require(TestServer.available.first))
        try data.write(changes: 5)
        let file = try #require(try data.source.session().rows("SHOW MASTER STATUS").first?[0])
        let job = try data.job(source: ["BinlogFile": .string(file), "BinlogPos": 777])
        let runs = try job.startBoth()
        #expect(try await runs.target.exit() == 2)
        #expect(runs.target.errorText.hasPrefix("BinlogPos: 777 "))
    }

    @Test func `a job without increment copies and idles`() async throws {
        let data = try makeData(try #require(TestServer.available.first))
        try data.fill(rows: 100)
        let job = try data.job(source: ["SkipIncrementalCopy": true])
        let runs = try job.startBoth()
        let report = try await runs.target.until("it idles") { $0.state == .idle }
        #expect(report.full?.done == true)
        #expect(report.stages.map(\.stage) == ["job_stage_full", "job_stage_incr"])
        #expect(try data.isEqual)
        try data.write(changes: 40)
        #expect(try !data.isEqual)
        #expect(try await runs.target.stop() == 0)
    }

    @Test(arguments: TestServer.available)
    func `with BinlogRelay the source's process spools, also while the target's is away`(
        product: TestServer.Product
    ) async throws {
        let data = try makeData(product)
        try data.fill(rows: 300)
        let job = try data.job(source: ["BinlogRelay": true])
        let runs = try job.startBoth()
        let report = try await runs.target.until("it follows") { $0.state == .applying }
        try data.write(changes: 50)
        try await data.untilEqual(runs.target)
        #expect(try await runs.target.stop() == 0)
        try data.write(changes: 50)
        let target = try job.start(.target, kv: ["present": true, "Gtid": .string(report.gtid)])
        try await data.untilEqual(target)
        try await runs.source.until("it says how far it read") { $0.spool.position > 0 }
    }

    @Test(arguments: [TaskFile.Role.source, .target])
    func `with ApplyPolicy strict a row that differs ends the job and is named`(role: TaskFile.Role) async throws {
        let data = try makeData(try #require(TestServer.available.first))
        try data.fill(rows: 20)
        let policy: [String: JSONValue] = ["ApplyPolicy": "strict"]
        let job = try data.job(source: role == .source ? policy : [:], target: role == .target ? policy : [:])
        let runs = try job.startBoth()
        try await runs.target.until("it follows") { $0.state == .applying }
        try data.target.session().run("DELETE FROM \(data.schema).rows_ WHERE id = 7")
        try data.source.session().run("UPDATE \(data.schema).rows_ SET n = 0 WHERE id = 7")
        #expect(try await runs.target.exit() == 2)
        #expect(runs.target.errorText.contains("a row is missing that was updated"), "\(runs.target.errorText)")
        #expect(runs.target.errorText.contains("id=7"))
    }

    @Test func `two jobs in opposite directions do not chase each other`() async throws {
        let product = try #require(TestServer.available.first)
        let data = try makeData(product)
        try data.fill(rows: 20)
        let there = try data.job()
        let forth = try there.startBoth()
        try await forth.target.until("it follows") { $0.state == .applying }
        let config: [String: JSONValue] = [
            "ReplicateDoDb": [["TableSchema": .string(data.schema)]], "AutoGtid": true,
        ]
        let back = try RunningJob(data.target, data.source, source: config)
        let backRuns = try back.startBoth()
        try await backRuns.target.until("it follows") { $0.state == .applying }
        let sessions = (try data.source.session(), try data.target.session())
        for id in 0..<100 {
            try sessions.0.run("INSERT INTO \(data.schema).pairs VALUES (\(id), 'there', \(10_000 + id))")
            try sessions.1.run("INSERT INTO \(data.schema).pairs VALUES (\(id), 'back', \(20_000 + id))")
        }
        try await data.untilEqual(forth.target)
        let count = "SELECT COUNT(*) FROM \(data.schema).pairs WHERE n >= 10000"
        #expect(try sessions.0.value(count) == "200" && sessions.1.value(count) == "200")
        // What is reported comes later than the rows; what chases goes on after that.
        let told = try await forth.target.until("it has told of its rows") { $0.incremental.rows >= 100 }
        try await backRuns.target.until("it has told of its rows") { $0.incremental.rows >= 100 }
        try await Task.sleep(for: .seconds(3))
        #expect(try #require(forth.target.report?.incremental.rows) == told.incremental.rows)
        #expect(try #require(backRuns.target.report?.incremental.rows) == 100)
    }

    @Test(arguments: TestServer.available)
    func `verify names the keys that differ, while the job runs`(product: TestServer.Product) async throws {
        let data = try makeData(product)
        try data.fill(rows: 2000)
        let job = try data.job()
        let runs = try job.startBoth()
        try await runs.target.until("it follows") { $0.state == .applying }
        let writer = data.startWriter()
        let equal = try job.start(.verify)
        // What is written whenever it is read has no end to compare, nor has a table without a key.
        let code = try await equal.exit(within: 300)
        let busy = "\(code) \(equal.errorText) \(String(describing: equal.report?.verify))"
        let tables = (equal.report?.verify?.object?["tables"]?.array ?? []).compactMap(\.object)
        #expect([0, 3].contains(code) && tables.count == 4, "\(busy)")
        #expect(tables.allSatisfy { $0["table"] == "keyless" || $0["differing"] == 0 }, "\(busy)")
        _ = writer.stop()
        try await data.untilEqual(runs.target)
        let quiet = try job.start(.verify)
        let exit = try await quiet.exit(within: 300)
        #expect(exit == 0, "\(quiet.errorText) \(String(describing: quiet.report?.verify))")
        try data.target.session().run("UPDATE \(data.schema).rows_ SET t = 'wrong' WHERE id = 1234")
        let different = try job.start(.verify)
        #expect(try await different.exit(within: 300) == 3)
        let text = "\(String(describing: different.report?.verify))"
        #expect(text.contains("1234"))
    }
}
