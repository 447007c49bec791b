import Foundation
import MartletCore
import ReplicationFixtures
import SQLClient
import Testing

/// A database of its own in two real servers, and a job between them.
struct ReplicationPair {
    static let password = "repl-secret-1"

    let source: TestServer
    let target: TestServer
    let schema = "d" + UUID().uuidString.prefix(8).lowercased()
    var job: String { "job-\(schema)" }

    init() throws {
        source = try TestServer.shared(.maria)
        target = try TestServer.sharedTarget(.maria)
        for server in [source, target] {
            let session = try server.session()
            try session.run("CREATE USER IF NOT EXISTS repl@'%' IDENTIFIED BY '\(Self.password)'")
            try session.run("GRANT ALL ON *.* TO repl@'%' WITH GRANT OPTION")
        }
        let session = try source.session()
        try session.run("CREATE DATABASE \(schema)")
        try session.run("USE \(schema)")
        try session.run("CREATE TABLE \(schema).t (id INT PRIMARY KEY, word VARCHAR(40))")
        try session.run("INSERT INTO \(schema).t SELECT seq, CONCAT('row ', seq) FROM seq_1_to_1000")
    }

    func body(
        password: String = ReplicationPair.password, more: [String: JSONValue] = [:]
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
        try await eventually("both sides of \(schema) are equal") {
            try digest(source) == (try? digest(target))
        }
    }

    // MARK: Its job

    func stages(_ nomad: JobServer) async throws -> [String] {
        let all = try await nomad.get("/job/\(job)/allocations").array ?? []
        let state = all.first { $0["TaskStates"]["dest"] != .null }?["TaskStates"]["dest"] ?? .null
        return (state["Events"].array ?? []).filter { $0["Type"] == "Driver" }.compactMap {
            $0["DriverMessage"].string
        }
    }

    func follows(_ nomad: JobServer) async throws {
        try await eventually("\(job) follows") { try await stages(nomad).contains("job_stage_incr") }
    }

    func gone(_ nomad: JobServer) async throws {
        #expect(try await nomad.send(.DELETE, "/job/\(job)?purge=true").status == 200)
        try await eventually("\(job) has ended") {
            let runs = try await nomad.server.call(.GET, "/api/runs?state=running,stopping&limit=10").json["items"]
            return runs.array?.isEmpty == true
        }
    }
}
