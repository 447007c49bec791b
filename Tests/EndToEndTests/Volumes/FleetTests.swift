import Foundation
import MartletCore
import Testing

/// A controller and the agents of two nodes, as real processes.
@Suite struct FleetTests {
    // backup contract §2.1 F7, F12; §7.2 B5
    @Test func `agents back up, restore and take over another node's data`() async throws {
        let site = try FleetSite()
        try site.write()
        let (a, b) = (try await site.agent("a"), try await site.agent("b"))
        let controller = try await site.controller()
        try await controller.confirmed("a", "b")
        let backup = try await controller.end(of: controller.start(.POST, "/\(FleetSite.first)/backup"))
        #expect(backup["state"] == "succeeded" && backup["node"] == "a" && backup["results"]["files"] == 1)
        let version = try #require(try await controller.versions(FleetSite.first).first)
        #expect(version["node"] == "a" && version["run"] == backup["id"])
        let inside = try await controller.call(.GET, "/\(FleetSite.first)/versions/latest/files")
        #expect(inside.json["items"][0]["name"] == "a.txt", "the controller reads the repository itself")

        try Data("spoilt\n".utf8).write(to: URL(filePath: site.path("a", 1, "a.txt")))
        let path = "/\(FleetSite.first)/versions/\(version["name"].string ?? "")/restore"
        #expect(try await controller.end(of: controller.start(.POST, path))["state"] == "succeeded")
        #expect(site.text("a", 1, "a.txt") == "hello 1\n")

        let moved = try await controller.end(of: controller.start(.POST, path, ["to": ["instance": 2]]))
        #expect(moved["state"] == "succeeded" && moved["node"] == "b")
        #expect(site.text("b", 2, "a.txt") == "hello 1\n")
        #expect(try await controller.modes(FleetSite.second) == ["safety"], "the state before is a version of b's")

        a.child.signal(SIGKILL)
        _ = try await a.child.ended()
        #expect(try await controller.versions(FleetSite.first).count == 2, "lists need no node")
        let refused = try await eventually("a is down") {
            let reply = try await controller.call(.POST, "/\(FleetSite.first)/backup")
            return reply.status == 503 ? reply : nil
        }
        #expect(!refused.text.contains("http://"))
        let other = try await controller.end(of: controller.start(.POST, "/\(FleetSite.second)/backup"))
        #expect(other["state"] == "succeeded")
        withExtendedLifetime(b) {}
    }

    // backup contract §2.2 F24, F25; §7.4 D3, D8
    @Test func `an agent goes on without its controller, which learns of everything later`() async throws {
        let site = try FleetSite()
        try site.write(rule: "{mode: full, schedule: '*/2 * * * * *', frequent: true}", instances: "{1: {node: a}}")
        let agent = try await site.agent("a")
        let controller = try await site.controller()
        try await eventually("a first run is told") { try await controller.records().isEmpty ? nil : true }
        try await controller.killed()

        // It is restarted, too: the plan is on its disk.
        agent.child.signal(SIGKILL)
        _ = try await agent.child.ended()
        let next = try await site.agent("a")
        let before = try await ended(next).count
        try await eventually("runs without a controller") { try await ended(next).count >= before + 2 ? true : nil }

        let back = try await site.controller()
        try site.write(instances: "{1: {node: a}}")
        back.server.child.signal(SIGHUP)
        try await eventually("no schedule any more") {
            try await next.call(.GET, "/api/schedules").json["items"].array?.isEmpty == true ? true : nil
        }
        try await eventually("nothing runs") {
            let live = ["pending", "running", "stopping"]
            return try await runs(next).contains { live.contains($0["state"].string ?? "") } ? nil : true
        }
        let truth = try await runs(next)
        try await eventually("all is told") { try await back.records().count == truth.count ? true : nil }
        for run in truth {
            let copy = try await back.end(of: run["id"].string ?? "")
            for member in ["state", "outcome", "startedAt"] { #expect(copy[member] == run[member], "\(member)") }
            #expect(copy["endedAt"] == run["finishedAt"] && copy["trigger"] == "schedule")
        }
        let good = truth.count { $0["state"] == "succeeded" }
        #expect(try await back.versions(FleetSite.first).count == good, "each made one version")
        #expect(Set(try await back.versions(FleetSite.first).compactMap { $0["run"].string }).count == good)
    }

    private func runs(_ agent: Server) async throws -> [JSONValue] {
        try await agent.call(.GET, "/api/runs?job=volumes.backup&limit=1000").json["items"].array ?? []
    }

    private func ended(_ agent: Server) async throws -> [JSONValue] {
        try await runs(agent).filter { $0["state"] == "succeeded" }
    }

    // backup contract §7.4 D6; rulings §1: the run is adopted
    @Test func `a run outlives its agent, and is lost only with the agent's store`() async throws {
        let site = try FleetSite()
        try site.write(instances: "{1: {node: a}}")
        var agent = try await site.agent("a")
        let controller = try await site.controller()
        try await controller.confirmed("a")
        let id = try await leftAlone(&agent, controller, site)
        agent = try await site.agent("a")
        #expect(try await controller.end(of: id)["state"] == "succeeded")

        let second = try await leftAlone(&agent, controller, site)
        try FileManager.default.moveItem(atPath: agent.data, toPath: agent.data + ".gone")
        agent = try await site.agent("a")
        let lost = try await controller.end(of: second)
        #expect(lost["state"] == "lost" && lost["reason"].string?.contains("does not know") == true)
        try await controller.confirmed("a")
        let third = try await controller.end(of: controller.start(.POST, "/\(FleetSite.first)/backup"))
        #expect(third["state"] == "succeeded", "no stale lock needs anybody: \(third)")
        withExtendedLifetime(agent) {}
    }

    /// Starts a backup and kills its agent while it runs, so that nobody knows of its end; its id. A busy machine may leave
    /// this test without its turn until it is over: then there is another one.
    private func leftAlone(
        _ agent: inout Server, _ controller: VolumeServer, _ site: FleetSite
    ) async throws -> String {
        for _ in 0..<5 {
            try await shell("head -c 60M /dev/urandom >'\(site.path("a", 1, "large"))'", site)
            let id = try await controller.start(.POST, "/\(FleetSite.first)/backup")
            let running = agent
            try await eventually("it began") {
                let state = try await running.run(id)["state"].string
                return ["running", "succeeded"].contains(state) ? true : nil
            }
            agent.child.signal(SIGKILL)
            _ = try await agent.child.ended()
            if try await controller.record(id)["endedAt"] == .null { return id }
            agent = try await site.agent("a")
        }
        throw TimedOut(what: "a backup that its agent does not see to the end")
    }

    // backup contract §2.2 F17–F20; §7.1 A4, A5
    @Test func `plans reach every node in the end, an empty one too, and no node waits for another`() async throws {
        let site = try FleetSite()
        try site.write()
        let a = try await site.agent("a")
        let controller = try await site.controller()
        try await controller.confirmed("a")
        #expect(try await controller.node("b")["isConfirmed"] == false)
        let b = try await site.agent("b")
        try await controller.confirmed("b")

        b.child.signal(SIGSTOP)
        // The best of three: a busy machine needs its time for a backup, too.
        var times: [Duration] = []
        while times.count < 3, times.allSatisfy({ $0 >= .seconds(20) }) {
            let start = ContinuousClock.now
            let done = try await controller.end(of: controller.start(.POST, "/\(FleetSite.first)/backup"))
            #expect(done["state"] == "succeeded", "\(done)")
            times.append(ContinuousClock.now - start)
        }
        #expect(times.contains { $0 < .seconds(20) }, "\(times)")
        try site.write(instances: "{1: {node: a}}")
        controller.server.child.signal(SIGHUP)
        b.child.signal(SIGCONT)
        try await eventually("b has nothing to do") {
            try await b.call(.GET, "/api/agent").json["volumes"] == 0 ? true : nil
        }
        #expect(try await a.call(.GET, "/api/agent").json["volumes"] == 1)

        let text = try String(contentsOfFile: site.scratch.path("volumes.yaml"), encoding: .utf8)
            .replacing("a: {address: 127.0.0.1}, ", with: "").replacing("{1: {node: a}}", with: "[9]")
        try Data(text.utf8).write(to: URL(filePath: site.scratch.path("volumes.yaml")))
        controller.server.child.signal(SIGHUP)
        try await eventually("a has nothing to do") {
            try await a.call(.GET, "/api/agent").json["volumes"] == 0 ? true : nil
        }
        try await eventually("a is none of ours") { try await controller.node("a") == .null ? true : nil }
        #expect(try await controller.versions(FleetSite.first).count == times.count, "its versions stay")
    }

    // backup contract §2.4 F41; §7.4 D5
    @Test func `nobody comes in without the token, and a plan stays below the agent's root`() async throws {
        let site = try FleetSite()
        try site.write()
        try Data("another-token-of-some-length\n".utf8).write(to: URL(filePath: site.scratch.path("wrong")))
        chmod(site.scratch.path("wrong"), 0o600)
        let agent = try await site.agent("a", token: site.scratch.path("wrong"))
        let controller = try await site.controller()
        try await eventually("the controller says why") {
            try await controller.node("a")["problem"].string?.contains("token") == true ? true : nil
        }
        for (method, path) in [
            (Server.Verb.GET, "/api/agent"), (.PUT, "/api/agent/plan"), (.GET, "/api/agent/records"),
            (.POST, "/api/agent/backups"), (.POST, "/api/agent/restores"), (.GET, "/api/runs"),
        ] {
            let reply = try await agent.call(method, path, headers: ["Authorization": "Bearer 0123456789abcdef"])
            #expect(reply.status == 401, "\(path)")
        }
        let audit = try await agent.call(.GET, "/api/audit?limit=100").text
        #expect(audit.contains("PUT /api/agent/plan") && audit.contains("unauthorised"))

        func plan(_ path: String) -> JSONValue {
            [
                "version": "1",
                "plan": [
                    "node": "a", "zone": "UTC", "limit": 1, "passwords": ["shop": "password-of-shop"],
                    "volumes": [
                        [
                            "app": "shop", "proc": "p", "instance": 1, "volume": "/data", "path": .string(path),
                            "backups": [["mode": "full"]],
                        ]
                    ],
                ],
            ]
        }
        let root = site.scratch.path("vols-a")
        for path in ["/etc", root, root + "/../x", "relative", root + "-b/x"] {
            let reply = try await agent.call(.PUT, "/api/agent/plan", body: plan(path))
            #expect(reply.status == 400 && reply.json["errors"][0]["field"] == "volumes[0].path", "\(path)")
        }
        #expect(try await agent.call(.GET, "/api/agent").json["plan"] == .null, "nothing of it was taken")
        #expect(try await agent.call(.PUT, "/api/agent/plan", body: plan(root + "/x")).status == 200)
        let files = FileManager.default.enumerator(atPath: agent.data)?.compactMap { $0 as? String } ?? []
        for file in files {
            let bytes = FileManager.default.contents(atPath: "\(agent.data)/\(file)") ?? Data()
            #expect(bytes.firstRange(of: Data("password-of-shop".utf8)) == nil, "\(file) holds the password in clear")
        }
        #expect(try await controller.server.call(.GET, "/api/agent").status == 404, "serve is no agent")
    }

    private func shell(_ script: String, _ site: FleetSite) async throws {
        let child = try Child(
            ["/bin/sh", "-euc", script], environment: Server.environment, directory: site.scratch.url, name: "shell")
        #expect(try await child.ended() == 0)
    }
}
