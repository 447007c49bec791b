import Foundation
import MartletCore
import ReplicationFixtures
import SQLClient
import Testing

/// Jobs of the driver dtle, from the registration to equal rows: jobs-replication contract §F cases 13, 22, 23, 29, 31, 34, 40.
@Suite(.serialized) struct ReplicationJobTests {
    @Test func `a job copies, follows, tells its stages, and goes on from its keys`() async throws {
        let nomad = try await JobServer()
        let pair = try ReplicationPair()
        let reply = try await nomad.send(.POST, "/jobs", pair.body())
        #expect(reply.status == 200 && reply.json["Warnings"] == "", "\(reply.text)")
        try await pair.follows(nomad)
        #expect(try await pair.stages(nomad) == ["job_stage_full", "job_stage_incr"])
        try pair.write("UPDATE \(pair.schema).t SET word = 'changed' WHERE id % 3 = 0")
        try pair.write("CREATE DATABASE \(pair.schema)_other")
        try pair.write("DROP DATABASE \(pair.schema)_other")
        try pair.write("DELETE FROM \(pair.schema).t WHERE id > 900")
        try await pair.equal()

        // Where it stands, in one answer.
        let report = try await nomad.server.call(.GET, "/api/nomad-jobs/\(pair.job)").json
        let tasks = (report["allocations"].array ?? []).flatMap { $0["tasks"].array ?? [] }
        let target = try #require(tasks.first { $0["name"] == "dest" })
        #expect(target["stage"] == "job_stage_incr" && [1, .double(1)].contains(target["progress"]), "\(target)")
        #expect(!"\(report)".contains(ReplicationPair.password))

        // Stopped and registered anew, it goes on: what only the target has stays.
        let key = try await eventually("the keys are there") {
            let reply = try await nomad.send(.GET, "/kv/dtle/\(pair.job)/Gtid?raw")
            return reply.status == 200 && !reply.text.isEmpty ? reply.text : nil
        }
        #expect(key.contains("-"))
        // What concerns other databases takes no place among the ten events that are kept.
        #expect(try await pair.stages(nomad) == ["job_stage_full", "job_stage_incr"])
        try await pair.gone(nomad)
        try pair.write("INSERT INTO \(pair.schema).t VALUES (5001, 'while nobody looked')")
        try pair.target.session().run("INSERT INTO \(pair.schema).t VALUES (7001, 'only here')")
        try await nomad.register(pair.body())
        try await pair.follows(nomad)
        let session = try pair.target.session()
        try await eventually("what came meanwhile is there") {
            try session.rows("SELECT id FROM \(pair.schema).t WHERE id IN (5001, 7001)").count == 2
        }

        // Without its keys it begins anew.
        try await pair.gone(nomad)
        #expect(try await nomad.send(.DELETE, "/kv/dtle/\(pair.job)?recurse").status == 200)
        try await nomad.register(pair.body(more: ["DropTableIfExists": true]))
        try await pair.follows(nomad)
        try await pair.equal()
        try await pair.gone(nomad)
    }

    @Test func `a server that is killed changes nothing for the processes`() async throws {
        let scratch = try Scratch()
        let first = try await JobServer(scratch)
        let pair = try ReplicationPair()
        try await first.register(pair.body())
        try await pair.follows(first)
        try await first.killed()
        try pair.write("INSERT INTO \(pair.schema).t VALUES (6001, 'without a server')")
        try await pair.equal()
        let second = try await JobServer(scratch)
        try pair.write("INSERT INTO \(pair.schema).t VALUES (6002, 'with the next one')")
        try await pair.equal()
        #expect(try await pair.stages(second) == ["job_stage_full", "job_stage_incr"])
        try await pair.gone(second)

        // Nobody will ask for its folder any more.
        try await second.killed()
        let folders = scratch.path("data/replications")
        let folder = try #require(try FileManager.default.contentsOfDirectory(atPath: folders).first)
        try FileManager.default.setAttributes(
            [.modificationDate: Date(timeIntervalSinceNow: -7200)], ofItemAtPath: "\(folders)/\(folder)")
        let third = try await JobServer(scratch)
        try await eventually("the folder is removed") {
            try FileManager.default.contentsOfDirectory(atPath: folders).isEmpty
        }
        withExtendedLifetime(third) {}
    }

    @Test func `a wrong password is told in the server's words`() async throws {
        let nomad = try await JobServer()
        let pair = try ReplicationPair()
        try await nomad.register(pair.body(password: "wrong-secret"))
        let all = try await nomad.allocations(of: pair.job) { all in
            all.contains { $0["ClientStatus"] == "failed" && $0["TaskStates"]["src"] != .null }
        }
        let events = all.first { $0["TaskStates"]["src"] != .null }?["TaskStates"]["src"]["Events"].array ?? []
        let ended = try #require(events.first { $0["Type"] == "Terminated" })
        #expect(ended["ExitCode"] == 2, "\(ended)")
        #expect(ended["DisplayMessage"].string?.contains("Access denied for user 'repl'") == true, "\(ended)")
        #expect(!"\(all)".contains("wrong-secret"))
        try await nomad.clear([pair.job])
    }

    @Test func `the node has the driver with its attributes`() async throws {
        let nomad = try await JobServer()
        let list = try await nomad.get("/nodes")
        let driver = list[0]["Drivers"]["dtle"]
        #expect(driver["Healthy"] == true)
        #expect(driver["Attributes"]["driver.dtle"] == "true")
        #expect(driver["Attributes"]["driver.dtle.version"] == "3.20.12.1")
        #expect(driver["Attributes"]["driver.dtle.full_version"].string?.hasPrefix("3.20.12.1-") == true)
        let node = try await nomad.get("/node/\(list[0]["ID"].string ?? "")")
        #expect(node["Attributes"]["driver.dtle"] == "1")
        #expect(node["Attributes"]["driver.dtle.version"] == "3.20.12.1")
    }
}
