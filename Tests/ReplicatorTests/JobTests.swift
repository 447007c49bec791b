import Foundation
import MartletCore
import ReplicationFixtures
import Replicator
import SQLClient
import Testing

/// contract §F.19–31: a whole job, each task a process of its own.
@Suite(.serialized)
struct JobTests {
    @Test(arguments: TestServer.available)
    func `what is there is copied, what comes follows, and both stages are said once`(
        product: TestServer.Product
    ) async throws {
        let data = try JobData(try TestServer.shared(product), try TestServer.sharedTarget(product))
        try data.fill(rows: 3000)
        let job = try data.job()
        let runs = try job.startBoth()
        let report = try await runs.target.until("it follows") { $0.state == .applying }
        #expect(report.full?.done == true && report.full?.rows ?? 0 >= 3000)
        #expect(report.stages.map(\.stage) == ["job_stage_full", "job_stage_incr"])
        #expect(!report.gtid.isEmpty && report.file.hasPrefix("bin."))
        try data.write(changes: 500)
        try await data.untilEqual(runs.target)
        let last = try await runs.target.until("all is applied") { $0.lag == 0 && $0.incremental.transactions >= 300 }
        #expect(last.error == nil && last.stall == nil)
        #expect(try await runs.target.stop() == 0)
        #expect(try await runs.source.stop() == 0)
    }

    @Test(arguments: TestServer.available)
    func `a stopped job goes on where it was, also without its folder`(product: TestServer.Product) async throws {
        let data = try JobData(try TestServer.shared(product), try TestServer.sharedTarget(product))
        try data.fill(rows: 300)
        let job = try data.job()
        var runs = try job.startBoth()
        try await runs.target.until("it follows") { $0.state == .applying }
        try data.write(changes: 50)
        try await data.untilEqual(runs.target)
        let report = try await runs.target.until("all is applied") { $0.lag == 0 }
        #expect(try await runs.target.stop() == 0)
        #expect(try await runs.source.stop() == 0)
        try data.write(changes: 100)
        try FileManager.default.removeItem(at: job.folder)
        let kv: JSONValue = [
            "present": true, "Gtid": .string(report.gtid),
            "BinlogFilePos": .string("\(report.file)//dtle//\(report.position)"),
        ]
        runs = try job.startBoth(kv: kv)
        let again = try await runs.target.until("it follows") { $0.state == .applying }
        #expect(again.full == nil)
        #expect(again.stages.map(\.stage) == ["job_stage_full", "job_stage_incr"])
        try await data.untilEqual(runs.target)

        // Without its keys the job begins anew: rows that only the target has are not in the way.
        #expect(try await runs.target.stop() == 0)
        try data.spoilTarget()
        let anew = try job.start(.target)
        let full = try await anew.until("it copies again") { $0.state == .applying && $0.full?.done == true }
        #expect(full.full?.rows ?? 0 > 300)
        try await data.untilEqual(anew)
    }

    @Test(arguments: TestServer.available)
    func `a process that is killed again and again loses nothing and doubles nothing`(
        product: TestServer.Product
    ) async throws {
        let data = try JobData(try TestServer.shared(product), try TestServer.sharedTarget(product))
        try data.fill(rows: 20_000)
        let job = try data.job(target: ["ParallelWorkers": 4])
        let source = try job.start(.source)
        let writer = data.startWriter()
        var kv: JSONValue = ["present": false]
        for _ in 0..<(Soak.isOn ? 50 : 8) {
            let target = try job.start(.target, kv: kv)
            try await Patience.until("it has begun") { target.report?.stages.isEmpty == false || !target.isRunning }
            try await Task.sleep(for: .milliseconds(Int.random(in: 0...700)))
            #expect(target.isRunning, "\(target.errorText)")
            target.kill(SIGKILL)
            _ = try await target.exit()
            kv = ["present": true]
        }
        let target = try job.start(.target, kv: kv)
        try await target.until("it follows") { $0.state == .applying }
        let transactions = writer.stop()
        #expect(transactions > 50)
        try await data.untilEqual(target)
        #expect(source.isRunning)
    }
}

/// contract §F.41: how much a job takes that has nothing to do.
struct IdleTests {
    @Test func `idle jobs stay small`() async throws {
        let product = try #require(TestServer.available.first)
        let data = try JobData(try TestServer.shared(product), try TestServer.sharedTarget(product))
        let count = Soak.isOn ? 50 : 2
        var jobs: [(job: RunningJob, source: RoleRun, target: RoleRun)] = []
        for _ in 0..<count {
            let job = try data.job(source: ["AutoGtid": true])
            jobs.append((job, try job.start(.source), try job.start(.target)))
        }
        for item in jobs { try await item.target.until("it follows") { $0.state == .applying } }
        try await Task.sleep(for: .seconds(2))
        for item in jobs {
            for run in [item.source, item.target] {
                let facts = try Self.facts(run.pid)
                #expect(facts.threads <= 1 + 6, "\(facts)")
                #expect(facts.privateKiB <= 64 << 10, "\(facts)")
            }
        }
        print(
            "idle: \(try jobs.map { try Self.facts($0.target.pid) }.prefix(3)), source \(try Self.facts(jobs[0].source.pid))"
        )
    }

    private static func facts(_ pid: Int32) throws -> (threads: Int, privateKiB: Int) {
        let threads = try FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/task").count
        let rollup = try String(contentsOfFile: "/proc/\(pid)/smaps_rollup", encoding: .utf8)
        let sizes = rollup.split(separator: "\n").filter { $0.hasPrefix("Private_") }
        return (
            threads, sizes.compactMap { $0.split(separator: " ").dropFirst().first.flatMap { Int($0) } }.reduce(0, +)
        )
    }
}
