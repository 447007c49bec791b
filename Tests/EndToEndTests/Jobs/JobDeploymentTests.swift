import Foundation
import MartletCore
import MartletTesting
import Testing

/// jobs-replication contract §B.2: deployments with canaries, and what comes after a failure.
@Suite struct JobDeploymentTests {
    private static func job(_ script: String, count: Int = 1, _ update: [String: JSONValue]) -> JSONValue {
        let rule: [String: JSONValue] = [
            "MaxParallel": 1, "MinHealthyTime": 100_000_000, "HealthyDeadline": 300_000_000_000,
            "ProgressDeadline": 600_000_000_000,
        ]
        return JobServer.job(
            "svc", script, type: "service",
            group: ["Count": .int(Int64(count)), "Update": .object(rule.merging(update) { $1 })],
            task: ["RestartPolicy": ["Attempts": 0, "Mode": "fail"]])
    }

    private static func deployment(
        _ nomad: JobServer, _ version: Int64, _ status: JSONValue, within seconds: Double = 180
    ) async throws -> JSONValue {
        try await nomad.get("/job/svc/deployment", within: seconds) {
            $0["JobVersion"] == .int(version) && $0["Status"] == status
        }
    }

    @Test func `canaries wait until they are promoted`() async throws {
        let nomad = try await JobServer()
        try await nomad.register(Self.job("exec sleep 600", count: 2, ["Canary": 1]))
        let first = try await Self.deployment(nomad, 0, "successful")
        #expect(first["TaskGroups"]["g"]["DesiredCanaries"] == 0 && first["TaskGroups"]["g"]["PlacedCanaries"] == .null)
        try await nomad.register(Self.job("exec sleep 601", count: 2, ["Canary": 1]))
        let waiting = try await nomad.get("/job/svc/deployment") {
            $0["JobVersion"] == 1 && $0["TaskGroups"]["g"]["HealthyAllocs"] == 1
        }
        let group = waiting["TaskGroups"]["g"]
        #expect(group["DesiredCanaries"] == 1 && group["Promoted"] == false && group["DesiredTotal"] == 2)
        #expect(waiting["Status"] == "running")
        let id = try #require(waiting["ID"].string)
        let canary = try await nomad.get("/allocation/\(group["PlacedCanaries"][0].string ?? "")")
        #expect(canary["DeploymentStatus"]["Canary"] == true && canary["DeploymentStatus"]["Healthy"] == true)
        let all = try await nomad.get("/job/svc/allocations")
        #expect(all.array?.count == 3 && all.array?.allSatisfy { $0["ClientStatus"] == "running" } == true)
        #expect(try await nomad.get("/deployment/allocations/\(id)").array?.count == 1)

        let wrong = try await nomad.send(.PUT, "/deployment/promote/\(id)", ["All": true])
        #expect(wrong.status == 400 && wrong.text == "DeploymentID must be specified")
        let unknown = try await nomad.send(
            .PUT, "/deployment/promote/\(id)", ["DeploymentID": .string(id), "Groups": ["x"]])
        #expect(unknown.status == 400 && unknown.text.contains("Groups"))
        let held = try await nomad.send(
            .PUT, "/deployment/pause/\(id)", ["DeploymentID": .string(id), "Pause": true])
        #expect(held.status == 200 && held.json["EvalID"].string?.isEmpty == false, "\(held.text)")
        #expect(try await nomad.get("/deployment/\(id)")["Status"] == "paused")
        let on = try await nomad.send(
            .PUT, "/deployment/pause/\(id)", ["DeploymentID": .string(id), "Pause": false])
        #expect(on.status == 200)
        let reply = try await nomad.send(
            .PUT, "/deployment/promote/\(id)", ["DeploymentID": .string(id), "All": true])
        #expect(reply.status == 200 && reply.json["DeploymentModifyIndex"] != 0, "\(reply.text)")
        let done = try await Self.deployment(nomad, 1, "successful")
        #expect(done["TaskGroups"]["g"]["Promoted"] == true)
        let live = try await nomad.allocations(of: "svc") { all in
            all.count { $0["ClientStatus"] == "running" } == 2
        }.filter { $0["ClientStatus"] == "running" }
        #expect(live.allSatisfy { $0["JobVersion"] == 1 && $0["DeploymentStatus"]["Canary"] == false })
        let late = try await nomad.send(
            .PUT, "/deployment/promote/\(id)", ["DeploymentID": .string(id), "All": true])
        #expect(late.status == 500 && late.text == "can't promote terminal deployment")
    }

    @Test func `canaries that are not healthy are not promoted, and a failure goes back`() async throws {
        let nomad = try await JobServer()
        let good: [String: JSONValue] = ["Canary": 1, "AutoRevert": true]
        try await nomad.register(Self.job("exec sleep 600", good))
        _ = try await Self.deployment(nomad, 0, "successful")
        // It runs, and is not healthy for long: a look at it comes never too late.
        let slow: [String: JSONValue] = [
            "MinHealthyTime": 1_000_000_000_000, "HealthyDeadline": 2_000_000_000_000,
            "ProgressDeadline": 3_000_000_000_000,
        ]
        try await nomad.register(Self.job("exec sleep 601", good.merging(slow) { $1 }))
        let trial = try await Self.deployment(nomad, 1, "running")
        let id = try #require(trial["ID"].string)
        let refused = try await nomad.send(
            .PUT, "/deployment/promote/\(id)", ["DeploymentID": .string(id), "All": true])
        #expect(refused.status == 500 && refused.text.contains("Task group \"g\" has 0/1 healthy allocations"))
        let failed = try await nomad.send(.PUT, "/deployment/fail/\(id)")
        #expect(failed.status == 200 && failed.json["RevertedJobVersion"] == 0, "\(failed.text)")
        _ = try await Self.deployment(nomad, 2, "successful")
        let old = try await nomad.get("/deployment/\(id)")
        #expect(old["StatusDescription"] == "Deployment marked as failed - rolling back to job version 0")
        let versions = try await nomad.get("/job/svc/versions")["Versions"].array ?? []
        #expect(versions.map { $0["Stable"] } == [true, false, true])
        let live = try await nomad.allocations(of: "svc") { all in all.count { $0["ClientStatus"] == "running" } == 1 }
        #expect(live.first { $0["ClientStatus"] == "running" }?["JobVersion"] == 2)
    }

    @Test func `a task's own restarts count, and its stop waits`() async throws {
        let nomad = try await JobServer()
        let job = JobServer.job(
            "own", "exit 1",
            group: ["RestartPolicy": ["Attempts": 5, "Delay": 600_000_000_000], "ReschedulePolicy": ["Attempts": 0]],
            task: [
                "RestartPolicy": ["Attempts": 1, "Interval": 3_600_000_000_000, "Delay": 100_000_000, "Mode": "fail"]
            ])
        try await nomad.register(job)
        let all = try await nomad.allocations(of: "own") { $0.first?["ClientStatus"] == "failed" }
        #expect(all[0]["TaskStates"]["t"]["Restarts"] == 1)
        try await nomad.register(
            JobServer.job("slow", "exec sleep 600", type: "service", task: ["ShutdownDelay": 1_500_000_000]))
        _ = try await nomad.allocations(of: "slow") { $0.first?["ClientStatus"] == "running" }
        let asked = Date()
        #expect(try await nomad.send(.DELETE, "/job/slow").status == 200)
        let ended = try await nomad.allocations(of: "slow") { $0.first?["ClientStatus"] == "complete" }
        #expect(ended.count == 1 && Date().timeIntervalSince(asked) >= 1.4)
    }
}
