import Foundation
import MartletCore
import Testing

/// jobs-replication contract §B.2: a plan tells what registering the job would do.
@Suite struct JobPlanTests {
    private static func plan(_ job: JSONValue, _ nomad: JobServer) async throws -> JSONValue {
        let id = job["Job"]["ID"].string ?? ""
        let reply = try await nomad.send(
            .PUT, "/job/\(id)/plan", .object((job.object ?? [:]).merging(["Diff": true]) { $1 }))
        #expect(reply.status == 200, "\(reply.text)")
        return reply.json
    }

    /// Those of group `g` that are not 0.
    private static func deeds(_ plan: JSONValue) -> [String: JSONValue] {
        (plan["Annotations"]["DesiredTGUpdates"]["g"].object ?? [:]).filter { $0.value != 0 }
    }

    private static func service(_ script: String, count: Int64, _ more: [String: JSONValue] = [:]) -> JSONValue {
        let rule: JSONValue = ["MaxParallel": 1, "MinHealthyTime": 100_000_000, "HealthyDeadline": 60_000_000_000]
        let group: [String: JSONValue] = ["Count": .int(count), "Update": rule]
        return JobServer.job("svc", script, type: "service", group: group.merging(more) { $1 })
    }

    @Test(arguments: ["cpu", "datacenter", "constraint", "driver", "signal"])
    func `what would wait is wished for, and the obstacle is named`(_ obstacle: String) async throws {
        let nomad = try await JobServer()
        let (job, wanted): (JSONValue, JSONValue) =
            switch obstacle {
            case "cpu":
                (
                    JobServer.job("j", "true", task: ["Resources": ["CPU": 100_000_000, "MemoryMB": 10]]),
                    ["DimensionExhausted": ["cpu": 1], "NodesExhausted": 1, "NodesAvailable": ["dc1": 1]]
                )
            case "datacenter":
                (
                    JobServer.job("j", "true", ["Datacenters": ["dc2"]]),
                    ["NodesEvaluated": 0, "NodesAvailable": ["dc2": 0]]
                )
            case "constraint":
                (
                    JobServer.job(
                        "j", "true",
                        ["Constraints": [["LTarget": "${attr.kernel.name}", "RTarget": "windows", "Operand": "="]]]),
                    ["ConstraintFiltered": ["${attr.kernel.name} = windows": 1], "NodesFiltered": 1]
                )
            case "driver":
                (
                    JobServer.job("j", "true", task: ["Driver": "docker"]),
                    ["ConstraintFiltered": ["missing drivers": 1], "NodesAvailable": ["dc1": 1]]
                )
            default:
                (
                    JobServer.job("j", "true", task: ["KillSignal": "SIGFOO"]),
                    ["ConstraintFiltered": ["${attr.os.signals} set_contains SIGFOO": 1]]
                )
            }
        let plan = try await Self.plan(job, nomad)
        #expect(Self.deeds(plan) == ["Place": 1], "\(plan)")
        for (key, value) in wanted.object ?? [:] {
            #expect(plan["FailedTGAllocs"]["g"][key] == value, "\(key): \(plan)")
        }
        // And so it is.
        let evaluation = try await nomad.register(job)
        let decided = try await nomad.get("/evaluation/\(evaluation)") { $0["Status"] == "complete" }
        for (key, value) in wanted.object ?? [:] { #expect(decided["FailedTGAllocs"]["g"][key] == value, "\(decided)") }
        #expect(try await nomad.get("/job/j/allocations") == [])
    }

    @Test func `what is replaced at once is as many as the update allows`() async throws {
        let nomad = try await JobServer()
        let first = try await Self.plan(Self.service("exec sleep 600", count: 2), nomad)
        #expect(Self.deeds(first) == ["Place": 2] && first["FailedTGAllocs"] == .null, "\(first)")
        try await nomad.register(Self.service("exec sleep 600", count: 2))
        _ = try await nomad.get("/job/svc/deployment") { $0["Status"] == "successful" }

        let same = try await Self.plan(Self.service("exec sleep 600", count: 2), nomad)
        #expect(Self.deeds(same) == ["Ignore": 2], "\(same)")
        let meta = try await Self.plan(
            Self.service(
                "exec sleep 600", count: 2,
                [
                    "ReschedulePolicy": [
                        "Attempts": 7, "Interval": 3_600_000_000_000, "Unlimited": false, "Delay": 5_000_000_000,
                        "DelayFunction": "constant",
                    ]
                ]), nomad)
        #expect(Self.deeds(meta) == ["InPlaceUpdate": 2], "\(meta)")
        let other = try await Self.plan(Self.service("exec sleep 601", count: 2), nomad)
        #expect(Self.deeds(other) == ["DestructiveUpdate": 1, "Ignore": 1], "\(other)")
        let larger = try await Self.plan(Self.service("exec sleep 601", count: 3), nomad)
        #expect(Self.deeds(larger) == ["Place": 1, "Ignore": 2], "\(larger)")
        let smaller = try await Self.plan(Self.service("exec sleep 600", count: 1), nomad)
        #expect(Self.deeds(smaller)["Stop"] == 1, "\(smaller)")
        // Nothing of it was stored.
        #expect(try await nomad.get("/job/svc")["Version"] == 0)
        #expect(try await nomad.get("/job/svc/allocations").array?.count == 2)
    }
}
