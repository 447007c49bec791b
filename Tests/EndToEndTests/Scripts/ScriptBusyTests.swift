import Foundation
import MartletCore
import Testing

/// How many calls of one task may work at once, and what becomes of the next one.
@Suite(.few) struct ScriptBusyTests {
    private func gated(_ name: String, _ more: String...) -> String {
        Fixtures.task(name, "binary", executable: "gate", collected: true) + more.map { "  \($0)\n" }.joined()
    }

    @Test func `with reject the second call is refused and recorded`() async throws {
        // contract §5 case 59
        let server = try await ScriptServer(gated("one", "concurrency: 1", "when_busy: reject"))
        let gate = try Gate(server.site)
        let first = try await server.start("one", [gate.path, "first"])
        let sync = try await server.run("one", [gate.path, "sync"])
        #expect(sync.code == 1)
        #expect(sync.data == "")
        #expect(!sync.msg.isEmpty)
        let async = try await server.post("/async/test/one", "[\"\(gate.path)\",\"async\"]")
        #expect(async.code == 1)
        #expect(!async.msg.isEmpty)
        let attempts = try await server.recorded()
        #expect(attempts.count == 3)
        #expect(attempts.filter { $0["outcome"] == "skipped" }.count == 2)
        let sessions = try await server.query("").data.array ?? []
        #expect(sessions.filter { $0["status"] == "rejected" }.allSatisfy { $0["done"] == true && $0["error"] != "" })
        #expect(sessions.contains { $0["status"] == "rejected" }, "the attempt is recorded")
        gate.open()
        #expect(try await server.done(first)["message"] == "first")
        #expect(try await server.run("one", [gate.path, "again"]).data == "again")
        #expect(gate.arrivals == ["first", "again"])
    }

    @Test func `with queue the second call starts when the first one ends, in order`() async throws {
        // contract §5 case 59
        let server = try await ScriptServer(gated("one", "concurrency: 1"))
        let gates = try ["a", "b", "c"].map { try Gate(server.site, $0) }
        var ids: [String] = []
        for gate in gates { ids.append(try await server.start("one", [gate.path, "text"])) }
        for (index, gate) in gates.enumerated() {
            try await eventually("number \(index) works") { gate.arrivals.isEmpty ? nil : true }
            for later in (index + 1)..<3 where later < 3 {
                #expect(gates[later].arrivals.isEmpty)
                #expect(try await server.session(ids[later])["status"] == "queued")
                #expect(try await server.session(ids[later])["done"] == false)
            }
            gate.open()
            #expect(try await server.done(ids[index])["error"] == "")
        }
    }

    @Test func `queued sessions survive a restart, and a killed one never starts`() async throws {
        // contract §5 case 59
        let server = try await ScriptServer(gated("one", "concurrency: 1"))
        let gate = try Gate(server.site)
        let first = try await server.start("one", [gate.path, "first"])
        let second = try await server.start("one", [gate.path, "second"])
        let third = try await server.start("one", [gate.path, "third"])
        try await eventually("the first one works") { gate.arrivals == ["first"] ? true : nil }
        #expect(try await server.kill(second).text == #"{"code":0,"data":"","msg":""}"#)
        let killed = try await server.done(second)
        #expect(killed["status"] == "killed")
        #expect(killed["error"] != "")
        try await server.killed()
        let next = try await ScriptServer(server.site)
        #expect(try await next.session(first)["status"] == "running")
        #expect(try await next.session(third)["status"] == "queued")
        gate.open()
        #expect(try await next.done(first)["message"] == "first")
        #expect(try await next.done(third)["message"] == "third")
        #expect(try await next.session(second) == killed)
        #expect(gate.arrivals == ["first", "third"])
    }

    @Test func `queue_max bounds what waits beside what works`() async throws {
        let server = try await ScriptServer(gated("one", "concurrency: 1", "when_busy: queue", "queue_max: 2"))
        let gate = try Gate(server.site)
        var ids: [String] = []
        for number in 0..<3 { ids.append(try await server.start("one", [gate.path, "\(number)"])) }
        #expect(try await server.post("/async/test/one", "[\"\(gate.path)\",\"3\"]").code == 1)
        gate.open()
        for id in ids { #expect(try await server.done(id)["error"] == "") }
        #expect(gate.arrivals == ["0", "1", "2"])
    }

    @Test func `with replace the newest call ends the one before and takes its place`() async throws {
        let server = try await ScriptServer(gated("one", "concurrency: 1", "when_busy: replace"))
        let (old, new) = (try Gate(server.site, "old"), try Gate(server.site, "new"))
        let first = try await server.start("one", [old.path, "first"])
        try await eventually("the first one works") { old.arrivals.isEmpty ? nil : true }
        let second = try await server.start("one", [new.path, "second"])
        #expect(try await server.done(first)["status"] == "killed")
        try await eventually("the second one works") { new.arrivals.isEmpty ? nil : true }
        new.open()
        #expect(try await server.done(second)["message"] == "second")
    }

    @Test(arguments: [1, 3]) func `of many calls at once replace leaves as many as there are places`(_ places: Int)
        async throws
    {
        let server = try await ScriptServer(gated("one", "concurrency: \(places)", "when_busy: replace"))
        let gate = try Gate(server.site)
        let ids = try await withThrowingTaskGroup(of: String.self) { group in
            for number in 0..<10 { group.addTask { try await server.start("one", [gate.path, "\(number)"]) } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        try await eventually("the others are ended") {
            var ended = 0
            for id in ids where try await server.session(id)["done"] == true { ended += 1 }
            return ended == 10 - places ? true : nil
        }
        gate.open()
        var errors: [JSONValue] = []
        for id in ids { errors.append(try await server.done(id)["error"]) }
        #expect(errors.count { $0 == "" } == places, "\(errors)")
    }

    @Test func `with attach a call joins the one that works`() async throws {
        let server = try await ScriptServer(gated("one", "concurrency: 1", "when_busy: attach"))
        let gate = try Gate(server.site)
        let first = try await server.start("one", [gate.path, "text"])
        try await eventually("the first one works") { gate.arrivals.isEmpty ? nil : true }
        let waiting = try Caller(server, "/sync/test/one", "[\"\(gate.path)\",\"third\"]")
        let leaving = try Caller(server, "/sync/test/one", "[\"\(gate.path)\",\"fourth\"]")
        // By the time these are answered the two before them have joined, and the one that leaves has left.
        for number in 0..<20 { #expect(try await server.start("one", [gate.path, "\(number)"]) == first) }
        leaving.hangUp()
        for number in 0..<20 { #expect(try await server.start("one", [gate.path, "\(number)"]) == first) }
        #expect(try await server.session(first)["done"] == false, "one that hangs up ends nobody else's run")
        gate.open()
        let answer = try await eventually("an answer") { waiting.received() }
        #expect(answer.contains(#"{"code":0,"data":"text","msg":""}"#), "\(answer)")
        #expect(try await server.done(first)["message"] == "text")
        #expect(gate.arrivals == ["text"])
        let later = try await server.start("one", [gate.path, "later"])
        #expect(later != first)
        #expect(try await server.done(later)["message"] == "later")
    }

    @Test func `concurrency counts per task`() async throws {
        let server = try await ScriptServer(
            gated("two", "concurrency: 2") + gated("other", "concurrency: 1"))
        let gate = try Gate(server.site)
        for number in 0..<3 { _ = try await server.start("two", [gate.path, "two \(number)"]) }
        _ = try await server.start("other", [gate.path, "other"])
        try await eventually("three work") { gate.arrivals.count == 3 ? true : nil }
        #expect(gate.arrivals.sorted() == ["other", "two 0", "two 1"])
        #expect(try await server.recorded("&state=pending").count == 1)
        gate.open()
    }

}
