import Foundation
import MartletCore
import ReplicationFixtures
import SQLClient
import Testing

/// Jobs of the driver dtle, from the registration to equal rows: jobs-replication contract §F cases 13, 22, 23, 29, 31, 34, 40.
@Suite(.serialized) struct ReplicationJobTests {
    private static let password = "repl-secret-1"

    /// A database of its own in two real servers, and a job between them.
    private struct Pair {
        let source: TestServer
        let target: TestServer
        let schema = "d" + UUID().uuidString.prefix(8).lowercased()
        var job: String { "job-\(schema)" }

        init() throws {
            source = try TestServer.shared(.maria)
            target = try TestServer.sharedTarget(.maria)
            for server in [source, target] {
                let session = try server.session()
                try session.run("CREATE USER IF NOT EXISTS repl@'%' IDENTIFIED BY '\(password)'")
                try session.run("GRANT ALL ON *.* TO repl@'%' WITH GRANT OPTION")
            }
            let session = try source.session()
            try session.run("CREATE DATABASE \(schema)")
            try session.run("USE \(schema)")
            try session.run("CREATE TABLE \(schema).t (id INT PRIMARY KEY, word VARCHAR(40))")
            try session.run("INSERT INTO \(schema).t SELECT seq, CONCAT('row ', seq) FROM seq_1_to_1000")
        }

        func body(
            password: String = ReplicationJobTests.password, more: [String: JSONValue] = [:]
        ) -> JSONValue {
            func group(_ name: String, _ server: TestServer, _ config: [String: JSONValue]) -> JSONValue {
                let connection: JSONValue = [
                    "Host": "127.0.0.1", "Port": .int(Int64(server.port)), "User": "repl",
                    "Password": .string(password),
                ]
                let all = config.merging(["ConnectionConfig": connection]) { $1 }
                return [
                    "Name": .string(name), "RestartPolicy": ["Attempts": 1, "Delay": 1_000_000_000, "Mode": "fail"],
                    "ReschedulePolicy": ["Attempts": 0, "Unlimited": false],
                    "Tasks": [
                        [
                            "Name": .string(name), "Driver": "dtle", "Config": .object(all),
                            "Resources": ["CPU": 20, "MemoryMB": 64],
                        ]
                    ],
                ]
            }
            let selection: JSONValue = [["TableSchema": .string(schema)]]
            let own = ["ReplicateDoDb": selection].merging(more) { $1 }
            return [
                "Job": [
                    "ID": .string(job), "Name": .string(job), "Type": "service", "Datacenters": ["dc1"],
                    "TaskGroups": [group("src", source, own), group("dest", target, ["ParallelWorkers": 2])],
                ]
            ]
        }

        func write(_ statement: String) throws { try source.session().run(statement) }

        private func digest(_ server: TestServer) throws -> String {
            try server.session().rows(
                "SELECT COUNT(*), COALESCE(SUM(CRC32(CONCAT_WS('|', id, word))), 0) FROM \(schema).t"
            ).map { $0.map { $0 ?? "" }.joined(separator: " ") }.joined(separator: "\n")
        }

        func equal() async throws {
            try await eventually("both sides of \(schema) are equal", within: 60) {
                try digest(source) == (try? digest(target))
            }
        }
    }

    private func stages(_ nomad: JobServer, _ job: String) async throws -> [String] {
        let all = try await nomad.get("/job/\(job)/allocations").array ?? []
        let state = all.first { $0["TaskStates"]["dest"] != .null }?["TaskStates"]["dest"] ?? .null
        return (state["Events"].array ?? []).filter { $0["Type"] == "Driver" }.compactMap {
            $0["DriverMessage"].string
        }
    }

    private func follows(_ nomad: JobServer, _ pair: Pair) async throws {
        try await eventually("\(pair.job) follows", within: 120) {
            try await stages(nomad, pair.job).contains("job_stage_incr")
        }
    }

    private func gone(_ nomad: JobServer, _ pair: Pair) async throws {
        #expect(try await nomad.send(.DELETE, "/job/\(pair.job)?purge=true").status == 200)
        try await eventually("\(pair.job) has ended") {
            let runs = try await nomad.server.call(.GET, "/api/runs?state=running,stopping&limit=10").json["items"]
            return runs.array?.isEmpty == true
        }
    }

    @Test func `a job copies, follows, tells its stages, and goes on from its keys`() async throws {
        let nomad = try await JobServer()
        let pair = try Pair()
        let reply = try await nomad.send(.POST, "/jobs", pair.body())
        #expect(reply.status == 200 && reply.json["Warnings"] == "", "\(reply.text)")
        try await follows(nomad, pair)
        #expect(try await stages(nomad, pair.job) == ["job_stage_full", "job_stage_incr"])
        try pair.write("UPDATE \(pair.schema).t SET word = 'changed' WHERE id % 3 = 0")
        try pair.write("DELETE FROM \(pair.schema).t WHERE id > 900")
        try await pair.equal()

        // Where it stands, in one answer.
        let report = try await nomad.server.call(.GET, "/api/nomad-jobs/\(pair.job)").json
        let tasks = (report["allocations"].array ?? []).flatMap { $0["tasks"].array ?? [] }
        let target = try #require(tasks.first { $0["name"] == "dest" })
        #expect(target["stage"] == "job_stage_incr" && [1, .double(1)].contains(target["progress"]), "\(target)")
        #expect(!"\(report)".contains(Self.password))

        // Stopped and registered anew, it goes on: what only the target has stays.
        let key = try await eventually("the keys are there", within: 60) {
            let reply = try await nomad.send(.GET, "/kv/dtle/\(pair.job)/Gtid?raw")
            return reply.status == 200 && !reply.text.isEmpty ? reply.text : nil
        }
        #expect(key.contains("-"))
        try await gone(nomad, pair)
        try pair.write("INSERT INTO \(pair.schema).t VALUES (5001, 'while nobody looked')")
        try pair.target.session().run("INSERT INTO \(pair.schema).t VALUES (7001, 'only here')")
        try await nomad.register(pair.body())
        try await follows(nomad, pair)
        let session = try pair.target.session()
        try await eventually("what came meanwhile is there") {
            try session.rows("SELECT id FROM \(pair.schema).t WHERE id IN (5001, 7001)").count == 2
        }

        // Without its keys it begins anew.
        try await gone(nomad, pair)
        #expect(try await nomad.send(.DELETE, "/kv/dtle/\(pair.job)?recurse").status == 200)
        try await nomad.register(pair.body(more: ["DropTableIfExists": true]))
        try await follows(nomad, pair)
        try await pair.equal()
        try await gone(nomad, pair)
    }

    @Test func `a server that is killed changes nothing for the processes`() async throws {
        let scratch = try Scratch()
        let first = try await JobServer(scratch)
        let pair = try Pair()
        try await first.register(pair.body())
        try await follows(first, pair)
        try await first.killed()
        try pair.write("INSERT INTO \(pair.schema).t VALUES (6001, 'without a server')")
        try await pair.equal()
        let second = try await JobServer(scratch)
        try pair.write("INSERT INTO \(pair.schema).t VALUES (6002, 'with the next one')")
        try await pair.equal()
        #expect(try await stages(second, pair.job) == ["job_stage_full", "job_stage_incr"])
        try await gone(second, pair)

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
        let pair = try Pair()
        try await nomad.register(pair.body(password: "wrong-secret"))
        let all = try await nomad.allocations(of: pair.job, within: 120) { all in
            all.contains { $0["ClientStatus"] == "failed" && $0["TaskStates"]["src"] != .null }
        }
        let events = all.first { $0["TaskStates"]["src"] != .null }?["TaskStates"]["src"]["Events"].array ?? []
        let ended = try #require(events.first { $0["Type"] == "Terminated" })
        #expect(ended["ExitCode"] == 2, "\(ended)")
        #expect(ended["DisplayMessage"].string?.contains("Access denied for user 'repl'") == true, "\(ended)")
        #expect(!"\(all)".contains("wrong-secret"))
        _ = try await nomad.send(.DELETE, "/job/\(pair.job)?purge=true")
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
