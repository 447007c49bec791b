import Foundation
import MartletCore
import Testing

/// jobs-replication contract C.1, C.2 and case 16: what is wrong with tasks of the driver dtle.
@Suite struct ReplicationConfigTests {
    private static func task(_ name: String, _ config: [String: JSONValue]) -> JSONValue {
        [
            "Name": .string(name), "Driver": "dtle", "Config": .object(config),
            "Resources": ["CPU": 50, "MemoryMB": 50],
        ]
    }

    private static func connection(_ port: Int64) -> JSONValue {
        ["Host": "127.0.0.1", "Port": .int(port), "User": "repl", "Password": "rp"]
    }

    /// The job of the recordings. `group`: the name of the source's.
    private static func job(_ id: String, _ more: [String: JSONValue] = [:], group: String = "src") -> JSONValue {
        var source: [String: JSONValue] = [
            "ReplicateDoDb": [["TableSchema": "db1", "Tables": [["TableName": "tb1"]]]], "DropTableIfExists": true,
            "Gtid": "", "ChunkSize": 2000, "ConnectionConfig": connection(33061),
        ]
        source.merge(more) { $1 }
        return [
            "Job": [
                "ID": .string(id), "Datacenters": ["dc1"],
                "TaskGroups": [
                    ["Name": .string(group), "Tasks": [task("src", source)]],
                    ["Name": "dest", "Tasks": [task("dest", ["ConnectionConfig": connection(33062)])]],
                ],
            ]
        ]
    }

    private struct Case: Sendable {
        let id: String
        var config: [String: JSONValue] = [:]
        var group = "src"
        let event: String
        let text: String
        let warning: String
    }

    private static let rpc = "rpc error: code = Unknown desc = "

    /// The first four with the texts of recordings 171 to 174.
    private static let cases = [
        Case(
            id: "jbad1", config: ["NoSuch": 1], event: "Failed Validation",
            text:
                "2 errors occurred:\n\t* failed to parse config: \n\t* Invalid label: No argument or block type is named \"NoSuch\".\n\n",
            warning: "NoSuch: there is no such key; leave it out"),
        Case(
            id: "jbad2", config: ["ChunkSize": "x"], event: "Failed Validation",
            text:
                "2 errors occurred:\n\t* failed to parse config: \n\t* Incorrect attribute value type: Inappropriate value for attribute \"ChunkSize\": a number is required.\n\n",
            warning: "ChunkSize: a number is required"),
        Case(
            id: "jbad3", config: ["ConnectionConfig": .null], event: "Driver Failure",
            text: rpc + "one and only one of ConnectionConfig or KafkaConfig should be set",
            warning: "ConnectionConfig or KafkaConfig: exactly one of them must be there"),
        Case(
            id: "jbad4", group: "foo", event: "Driver Failure", text: rpc + "unknown processor type: foo",
            warning: "unknown processor type: foo; name the group src or dest"),
        Case(
            id: String(repeating: "j", count: 65), event: "Driver Failure", text: rpc + "job name too long.",
            warning: "lenLimit 64"),
        Case(
            id: "jbad6", config: ["ReplicateDoDb": ["TableSchemaRegex": "a.*"]], event: "Driver Failure",
            text: rpc + "ReplicateDoDb[0].TableSchemaRename: must be there where TableSchemaRegex is",
            warning: "ReplicateDoDb[0].TableSchemaRename: must be there"),
    ]

    @Test func `what is wrong is told by the registration and by the failed task, case 16`() async throws {
        let nomad = try await JobServer()
        for one in Self.cases {
            let job = Self.job(one.id, one.config, group: one.group)
            let reply = try await nomad.send(.POST, "/jobs", job)
            #expect(reply.status == 200, "\(reply.text)")
            let warnings = reply.json["Warnings"].string ?? ""
            #expect(
                warnings.contains("Task \"src\" cannot be started: ") && warnings.contains(one.warning), "\(warnings)")
            #expect(warnings.contains("Group \"dest\"") == (one.id.count == 65), "\(warnings)")
            #expect(try await nomad.send(.POST, "/validate/job", job).json["Warnings"].string == warnings)
            let all = try await nomad.allocations(of: one.id) { all in
                all.contains { $0["ClientStatus"] == "failed" && $0["TaskStates"]["src"] != .null }
            }
            let state = try #require(all.first { $0["TaskStates"]["src"] != .null })["TaskStates"]["src"]
            let events = state["Events"].array ?? []
            #expect(
                Array(events.prefix(4).map { $0["Type"] })
                    == ["Received", "Task Setup", .string(one.event), "Not Restarting"], "\(one.id): \(events)")
            let text = events.count > 2 ? events[2]["DisplayMessage"].string ?? "" : ""
            #expect(text.hasPrefix(one.text), "\(text)")
            #expect(state["Failed"] == true && state["State"] == "dead")
        }
        try await nomad.clear(Self.cases.map(\.id))
    }

    @Test func `a job without a fault has no warning, and its passwords are not told`() async throws {
        let nomad = try await JobServer()
        let reply = try await nomad.send(.POST, "/jobs", Self.job("good"))
        #expect(reply.status == 200 && reply.json["Warnings"] == "", "\(reply.text)")
        // A mask in the place of a password is no fault either.
        let stored = try await nomad.send(.GET, "/job/good")
        #expect(!stored.text.contains("\"rp\""))
        #expect(try await nomad.send(.POST, "/validate/job", ["Job": stored.json]).json["Warnings"] == "")
        try await nomad.clear(["good"])
    }

    @Test func `blocks of HCL are checked as those of JSON are`() async throws {
        let nomad = try await JobServer()
        let text = """
            job "hcl" {
              datacenters = ["dc1"]
              group "src" { task "src" {
                driver = "dtle"
                config {
                  ReplicateDoDb = [{ TableSchema = "a", Tables = [{ TableName = "t" }] }]
                  ConnectionConfig { Host = "h", Port = 3306, User = "u", Pasword = "p" }
                }
              } }
              group "dest" { task "dest" {
                driver = "dtle"
                config { ConnectionConfig = { Host = "h", Port = 3306, User = "u", Password = "p" } }
              } }
            }
            """
        let job = try await nomad.send(.POST, "/jobs/parse", ["JobHCL": .string(text), "Canonicalize": true])
        #expect(job.status == 200, "\(job.text)")
        let warnings = try await nomad.send(.POST, "/validate/job", ["Job": job.json]).json["Warnings"].string ?? ""
        #expect(warnings.contains("ConnectionConfig.Password: is missing"), "\(warnings)")
        #expect(warnings.contains("ConnectionConfig.Pasword: there is no such key"), "\(warnings)")
        #expect(!warnings.contains("\"dest\""), "\(warnings)")
    }
}
