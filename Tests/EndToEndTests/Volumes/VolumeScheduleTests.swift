import Foundation
import MartletCore
import Testing

/// Rules of the inventory that start by themselves, and versions that go by themselves.
@Suite struct VolumeScheduleTests {
    private static let rules =
        "[{mode: full, schedule: '* * * * * *', frequent: true}, {mode: increment, schedule: '*/2 * * * *'}]"

    private func schedule(_ server: VolumeServer, _ name: String) async throws -> Server.Reply {
        try await server.server.call(.GET, "/api/schedules/\(name)")
    }

    @Test func `a rule is a schedule that may be paused, and goes with the rule`() async throws {
        let site = try VolumeSite(rules: Self.rules)
        let server = try await site.server()
        try await eventually("a backup by itself") { try await server.versions().count > 0 }
        let run = try #require(try await server.versions().last?["run"].string)
        #expect(try await server.server.call(.GET, "/api/runs/\(run)").json["trigger"]["source"] == "schedule")
        let name = "full.\(VolumeSite.first)"
        let shown = try await schedule(server, name).json
        #expect(shown["source"] == "inventory" && shown["definition"]["overlap"] == "latest", "\(shown)")
        // Two machines' and two modes' schedules do not mix.
        #expect(try await schedule(server, "full.\(VolumeSite.second)").status == 200)
        #expect(try await schedule(server, "full.\(VolumeSite.other)").status == 404)

        let problems = try await server.call(.GET, "/\(VolumeSite.first)").json["rules"].array?.map { $0["problem"] }
        #expect(problems?.first == .null && problems?.last?.string?.contains("frequent: true") == true)
        #expect(try await schedule(server, "increment.\(VolumeSite.first)").status == 404)

        #expect(try await server.server.call(.POST, "/api/schedules/\(name)/pause").status == 200)
        try await server.killed()
        let next = try await site.server()
        try await eventually("the other's rule") { try await schedule(next, "full.\(VolumeSite.second)").status == 200 }
        #expect(try await schedule(next, name).json["state"] == "paused")

        let file = site.scratch.url.appending(path: "volumes.yaml")
        let text = try String(contentsOf: file, encoding: .utf8).replacing("schedule: '* * * * * *', ", with: "")
        try Data(text.utf8).write(to: file)
        next.server.child.signal(SIGHUP)
        try await eventually("the schedule went") { try await schedule(next, name).status == 404 }
    }

    // backup contract §7.6 G1, G2
    @Test func `what is too old goes, but never the last good one`() async throws {
        let site = try VolumeSite(rules: "[{mode: full, expire: 1s}, {mode: increment}]")
        let server = try await site.server()
        for mode in ["full", "full", "increment"] { try await server.backup(mode: mode) }
        let newest = try await server.versions().first { $0["mode"] == "full" }?["name"]
        try await server.killed()
        let next = try await site.server()
        try await eventually("one is removed") { try await next.versions().count == 2 }
        #expect(try await next.versions().map { $0["mode"] } == ["increment", "full"])
        #expect(try await next.versions().last?["name"] == newest)
    }
}
