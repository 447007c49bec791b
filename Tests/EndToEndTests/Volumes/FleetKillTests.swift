import Foundation
import MartletCore
import MartletTesting
import Testing

/// Random kills of a controller and its agents while rules fire. `MARTLET_SEED` repeats a run, `MARTLET_SOAK` makes it a
/// long one.
@Suite struct FleetKillTests {
    private static let rounds = KillTests.soak ? 200 : 8

    // backup contract §7.4 D8; §7.6 G17
    @Test func `whoever is killed, each run is told once and as it was`() async throws {
        let seed = KillTests.seed
        print("fleet kill test seed \(seed) (MARTLET_SEED repeats it)")
        var random = SeededRandom(seed: seed)
        let site = try FleetSite()
        try site.write(rule: "{mode: full, schedule: '*/2 * * * * *', frequent: true}")
        var agents = ["a": try await site.agent("a"), "b": try await site.agent("b")]
        var controller = try await site.controller()
        try await controller.confirmed("a", "b")
        for _ in 0..<Self.rounds {
            try await Task.sleep(for: .milliseconds(Int.random(in: 50..<1500, using: &random)))
            if Int.random(in: 0..<3, using: &random) == 0 {
                try await controller.killed()
                controller = try await site.controller()
            } else {
                let name = Bool.random(using: &random) ? "a" : "b"
                agents[name]?.child.signal(SIGKILL)
                _ = try await agents[name]?.child.ended()
                agents[name] = try await site.agent(name)
            }
        }
        try site.write(rule: "{mode: full}")
        controller.server.child.signal(SIGHUP)
        var truth: [String: JSONValue] = [:]
        for (name, agent) in agents {
            try await eventually("\(name) fires no more") {
                try await agent.call(.GET, "/api/schedules").json["items"].array?.isEmpty == true ? true : nil
            }
            let runs = try await eventually("the runs of \(name) are over") {
                let runs =
                    try await agent.call(.GET, "/api/runs?job=volumes.backup&limit=1000").json["items"].array ?? []
                let live = ["pending", "running", "stopping"]
                return runs.contains { live.contains($0["state"].string ?? "") } ? nil : runs
            }
            for run in runs { truth[run["id"].string ?? ""] = run }
        }
        try await eventually("all is told, seed \(seed)") {
            let records = try await controller.records()
            return records.count == truth.count && records.allSatisfy { $0["endedAt"].string != nil } ? true : nil
        }
        let good = truth.values.count { $0["state"] == "succeeded" }
        #expect(good > 0, "seed \(seed)")
        for record in try await controller.records() {
            let run = truth[record["id"].string ?? ""] ?? .null
            #expect(record["state"] == run["state"] && record["startedAt"] == run["startedAt"], "seed \(seed)")
        }
        let versions =
            try await controller.versions(FleetSite.first) + (try await controller.versions(FleetSite.second))
        #expect(versions.count == good, "seed \(seed)")
        let check = try await controller.run(.POST, "/\(FleetSite.first)/check", ["depth": "all"])
        #expect(check["state"] == "succeeded", "no stale lock needs anybody; seed \(seed): \(check)")
    }
}
