import Foundation
import MartletCore
import Testing

/// A server that ends or dies changes nothing about what it started.
@Suite(.few) struct ScriptRestartTests {
    @Test func `sessions of a killed server go on and end with their true results`() async throws {
        // contract §5 case 55
        let server = try await ScriptServer()
        let site = server.site
        let gate = try Gate(site)
        let foreign = try Child(
            ["/bin/sleep", "300"], environment: Server.environment, directory: site.scratch.url, name: "foreign")
        defer { foreign.end() }
        let failing = Fixtures.task(
            "failing",
            executable:
                "exec 3<$GATE; echo here >> $GATE.arrivals; echo first; read -r _ <&3; echo last; echo boom >&2; exit 7"
        )
        try site.write(Fixtures.tasks + failing.replacing("$GATE", with: gate.path))
        try await eventually("the new task is served") {
            try await server.get("/list").text.contains("/sync/test/failing") ? true : nil
        }
        let ids = [
            try await server.start("f-gate", [gate.path, "one"]), try await server.start("f-gate", [gate.path, "two"]),
            try await server.start("failing"),
        ]
        try await eventually("all three work") { gate.arrivals.count == 3 ? true : nil }
        let pids = site.processes()
        try await server.killed()
        #expect(pids.allSatisfy(Processes.isAlive))

        let next = try await ScriptServer(site)
        for id in ids {
            let session = try await next.session(id)
            #expect(session["done"] == false)
            #expect(session["status"] == "running")
        }
        gate.open()
        var ended: [JSONValue] = []
        for id in ids { ended.append(try await next.done(id)) }
        #expect(ended.map { $0["message"] } == ["one", "two", "last"])
        #expect(ended.map { $0["error"] } == ["", "", "exec error: exit status 7 (boom)"])
        #expect(ended.map { $0["attempt"] } == [1, 1, 1])
        #expect(try await next.server.log(ended[0]["run"].string ?? "") == "waiting\none\n")
        #expect(try await next.server.log(ended[2]["run"].string ?? "", "?stream=stdout") == "first\nlast\n")
        #expect(gate.arrivals.count == 3)
        #expect(Processes.isAlive(foreign.pid))
    }

    @Test func `a finished session reads the same after a restart`() async throws {
        // contract §5 case 56
        let server = try await ScriptServer()
        let ids = [
            try await server.start("f-args", ["a"]), try await server.start("f-fail", ["7"]),
            try await server.start("f-silent"),
        ]
        var before: [JSONValue] = []
        for id in ids { before.append(try await server.done(id)) }
        server.server.child.signal(SIGTERM)
        #expect(try await server.server.child.ended() == 0)
        let next = try await ScriptServer(server.site)
        for (id, session) in zip(ids, before) { #expect(try await next.session(id) == session) }
        #expect(try await next.query("").data.array?.count == 3)
        // Its task may be gone by then.
        try await next.killed()
        try server.site.write("[]")
        let last = try await ScriptServer(server.site)
        for (id, session) in zip(ids, before) { #expect(try await last.session(id) == session) }
    }

    @Test func `fifty sessions survive a kill of the server, none lost and none doubled`() async throws {
        // contract §5 case 55, many at once; some are only just accepted
        let server = try await ScriptServer(environment: ["MARTLET_LIMITS_RUNS": "30"])
        let site = server.site
        let gate = try Gate(site)
        var ids: [Int: String] = [:]
        for number in 0..<50 { ids[number] = try await server.start("f-gate", [gate.path, "text \(number)"]) }
        try await eventually("thirty work") { gate.arrivals.count >= 30 ? true : nil }
        try await server.killed()
        let next = try await ScriptServer(site, environment: ["MARTLET_LIMITS_RUNS": "30"])
        #expect(try await next.query("").data.array?.count == 50)
        gate.open()
        for (number, id) in ids {
            let session = try await next.done(id)
            #expect(session["message"].string == "text \(number)", "\(session)")
            #expect(session["error"] == "", "\(session)")
        }
        #expect(gate.arrivals.sorted() == ids.keys.map { "text \($0)" }.sorted())
    }

    @Test func `a kill right after submissions loses no session`() async throws {
        let server = try await ScriptServer()
        let gate = try Gate(server.site)
        let ids = try await withThrowingTaskGroup(of: String?.self) { group in
            for number in 0..<50 {
                group.addTask { try? await server.start("f-gate", [gate.path, "text \(number)"]) }
            }
            var ids: [String] = []
            for try await id in group {
                if let id { ids.append(id) }
                if ids.count == 25 { server.server.child.signal(SIGKILL) }
            }
            return ids
        }
        #expect(ids.count >= 25)
        try await server.killed()
        gate.open()
        let next = try await ScriptServer(server.site)
        for id in ids { #expect(try await next.done(id)["error"] == "") }
        // What was not answered may have been accepted; nothing ran twice.
        #expect(Set(gate.arrivals).count == gate.arrivals.count)
    }

    @Test func `at SIGTERM waiting callers are answered and their runs go on`() async throws {
        // rulings on SIGTERM
        let server = try await ScriptServer()
        let gate = try Gate(server.site)
        async let one = server.run("f-gate", [gate.path, "one"])
        async let two = server.run("f-gate", [gate.path, "two"])
        try await eventually("both work") { gate.arrivals.count == 2 ? true : nil }
        let runs = Set(try await server.recorded("&state=running").compactMap { $0["id"].string })
        server.server.child.signal(SIGTERM)
        let answers = try await [one, two]
        #expect(try await server.server.child.ended() == 0)
        var told: Set<String> = []
        for answer in answers {
            #expect(answer.status == 200)
            #expect(answer.code == 1)
            let run = try #require(answer.msg.firstMatch(of: /^server restarting, run (\S+) goes on$/)).1
            told.insert(String(run))
        }
        #expect(told == runs)
        #expect(runs.count == 2)
        let next = try await ScriptServer(server.site)
        for run in runs { #expect(try await next.server.run(run)["state"] == "running") }
        gate.open()
        for run in runs { #expect(try await next.server.ended(run)["state"] == "succeeded") }
        #expect(gate.arrivals.count == 2)
    }
}
