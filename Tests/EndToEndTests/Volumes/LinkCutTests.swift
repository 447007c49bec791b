import Foundation
import MartletCore
import Testing

/// A node behind a link that is cut. Needs root.
@Suite struct LinkCutTests {
    // backup contract §7.4 D3, D17; §7.5 E15; §6.2
    @Test func `a run whose node cannot be reached goes on, and is told as it was once the link is back`() async throws
    {
        let place = try await Namespace()
        let site = try FleetSite()
        let (go, done) = (site.scratch.path("go"), site.scratch.path("done"))
        try site.write(
            rule: """
                {mode: full, schedule: 0 3 1 1 *,
                 pre: {runner: host, command: [sh, -c, 'until [ -e \(go) ]; do sleep 0.05; done'], timeout: 10m},
                 post: {runner: host, command: [touch, \(done)]}}
                """, instances: "{1: {node: a}}", address: place.address)
        let agent = try await site.agent("a", in: place)
        let controller = try await site.controller()
        try await controller.confirmed("a")
        let id = try await controller.start(.POST, "/\(FleetSite.first)/backup")
        try await eventually("it runs") { try await controller.record(id)["state"] == "running" }

        try await place.cut()
        try await eventually("the node is down") { try await controller.node("a")["state"] == "down" }
        #expect(try await controller.record(id)["state"] == "running", "not failed: nobody knows")
        let jobs = try await controller.server.call(.GET, "/api/v2/app/shop/cron/jobs")
        #expect(jobs.status == 200 && jobs.json[0]["job"]["nodeState"] == "down", "\(jobs.text)")
        #expect(jobs.json[0]["next"].string?.hasPrefix("0001") == false)
        let refused = try await controller.server.call(.POST, "/api/volumes/\(FleetSite.first)/backup")
        #expect(refused.status == 503, "\(refused.text)")
        try Data().write(to: URL(filePath: go))
        try await eventually("the backup is made without the controller") {
            FileManager.default.fileExists(atPath: done)
        }
        #expect(try await controller.record(id)["endedAt"] == .null)

        try await place.join()
        let end = try await controller.end(of: id)
        #expect(end["state"] == "succeeded", "\(end)")
        let truth = try await agent.run(id)
        #expect(end["endedAt"] == truth["finishedAt"] && end["startedAt"] == truth["startedAt"])
        #expect(try await controller.versions(FleetSite.first).count == 1)
        try await eventually("the node is up") { try await controller.node("a")["state"] == "up" }
        #expect(try await controller.records().count == 1)
    }
}
