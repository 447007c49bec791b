import Foundation
import MartletCore
import ReplicationFixtures
import Replicator
import SQLClient
import Testing

/// contract §F.20, §F.25 and §F.29: servers and processes that are killed, and one transaction of many bytes.
@Suite(.serialized)
struct CrashTests {
    @Test(arguments: TestServer.available)
    func `servers that are killed and come back lose nothing and double nothing`(
        product: TestServer.Product
    ) async throws {
        let source = try TestServer.start(product, options: TestServer.durable)
        let target = try TestServer.start(product, options: ["--server-id=12"] + TestServer.durable)
        let data = try JobData(source, target)
        try data.fill(rows: 500)
        let job = try data.job(target: ["ParallelWorkers": 4])
        let runs = try job.startBoth()
        try await runs.target.until("it follows") { $0.state == .applying }
        let writer = data.startWriter()
        var retries = 0
        for server in [target, source, target, source] {
            let before = try #require(runs.target.report).incremental.transactions
            try await runs.target.until("it applies") { $0.incremental.transactions > before + 20 }
            try server.crash()
            try await runs.target.until("it is missed") { $0.retries > retries }
            retries = try #require(runs.target.report).retries
            try server.restart()
        }
        let before = try #require(runs.target.report).incremental.transactions
        try await runs.target.until("it applies again") { $0.incremental.transactions > before + 20 }
        #expect(writer.stop() > 0)
        try await data.untilEqual(runs.target)
        #expect(runs.target.report?.incremental.mismatches == 0)
        #expect(runs.target.isRunning && runs.source.isRunning)
    }

    @Test(arguments: TestServer.available)
    func `a copy that is killed at a tenth, a half and nine tenths is whole in the end`(
        product: TestServer.Product
    ) async throws {
        let data = try JobData(try TestServer.shared(product), try TestServer.sharedTarget(product))
        let rows = 40_000
        try data.fill(rows: rows)
        let session = try data.source.session()
        try session.run("INSERT INTO \(data.schema).keyless SELECT n % 50, 'same' FROM \(data.schema).rows_")
        let job = try data.job(source: ["ChunkSize": 20], target: ["ParallelWorkers": 1])
        let source = try job.start(.source)
        let look = try data.target.session()
        var kv: JSONValue = ["present": false]
        for share in [rows / 10, rows / 2, rows * 9 / 10] {
            let target = try job.start(.target, kv: kv)
            try await Patience.until("\(share) rows are there", or: { target.errorText }) {
                let count = try? look.value("SELECT COUNT(*) FROM \(data.schema).rows_").flatMap { Int($0) }
                return count ?? 0 >= share
            }
            target.kill(SIGKILL)
            _ = try await target.exit()
            #expect(target.report?.full?.done != true, "it was killed while it copied")
            kv = ["present": true]
        }
        let target = try job.start(.target, kv: kv)
        try await target.until("it follows") { $0.state == .applying }
        try data.write(changes: 50)
        try await data.untilEqual(target)
        #expect(source.isRunning)
    }

    @Test(.enabled(if: Soak.isOn), arguments: TestServer.available)
    func `one transaction of 200 MiB of blobs takes bounded memory`(product: TestServer.Product) async throws {
        let data = try JobData(try TestServer.shared(product), try TestServer.sharedTarget(product))
        let session = try data.source.session()
        try session.run("CREATE TABLE \(data.schema).blobs (id INT PRIMARY KEY, b LONGBLOB)")
        let job = try data.job()
        let runs = try job.startBoth()
        try await runs.target.until("it follows") { $0.state == .applying }
        try session.run("BEGIN")
        for id in 0..<144 {
            // Some of 16 MiB, most of 512 KiB; half of the bytes have to be escaped.
            let size = id < 9 ? 16 << 20 : 512 << 10
            try session.run("INSERT INTO \(data.schema).blobs VALUES (\(id), REPEAT(x'27ff', \(size / 2)))")
        }
        try session.run("UPDATE \(data.schema).counter SET n = n + 1")
        try session.run("COMMIT")
        try await data.untilEqual(runs.target)
        let status = try String(contentsOfFile: "/proc/\(runs.target.pid)/status", encoding: .utf8)
        let peak = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }?
            .split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) }
        print("one transaction of 200 MiB: \(peak ?? 0) KiB at most")
        #expect(try #require(peak) < 400 << 10)
    }
}
