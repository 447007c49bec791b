import Foundation
import MartletCore
import Testing

/// Ending a task ends everything that it started.
@Suite(.few) struct ScriptKillTests {
    /// The pids of a fixture's whole tree, once all three are there.
    static func tree(_ site: Site, _ file: String) async throws -> [pid_t] {
        try await eventually("the tree has grown") {
            let pids = site.pids(in: file)
            return pids.count == 3 && pids.allSatisfy(Processes.isAlive) ? pids : nil
        }
    }

    static func isGone(_ pids: [pid_t], within seconds: Double = 180) async throws {
        try await eventually("the tree is gone", within: seconds) {
            pids.contains(where: Processes.isAlive) ? nil : true
        }
    }

    @Test func `a kill ends the whole tree, a daemon in a session of its own included`() async throws {
        // contract §5 case 47; grace is 1 s here
        let server = try await ScriptServer()
        let file = server.site.path("pids")
        let id = try await server.start("f-tree", [file])
        let pids = try await Self.tree(server.site, file)
        #expect(try await server.kill(id).text == #"{"code":0,"data":"","msg":""}"#)
        try await Self.isGone(pids)
        let session = try await server.done(id)
        #expect(session["status"] == "killed")
        #expect(session["error"].string?.isEmpty == false)
        #expect(session["end_at"].string != nil)
    }

    @Test func `a shell and the command it waits for are ended together`() async throws {
        // contract §1.8: the replaced service left the command running
        let server = try await ScriptServer(Fixtures.task("shell", executable: "sleep 300 & sleep 300; true"))
        let id = try await server.start("shell")
        try await eventually("all three run") { server.site.processes().count >= 3 ? true : nil }
        try await server.kill(id)
        try await eventually("nothing is left") { server.site.processes().isEmpty ? true : nil }
        #expect(try await server.done(id)["status"] == "killed")
    }

    @Test func `what ignores TERM is ended by KILL after its grace, and the call does not wait`() async throws {
        // contract §5 case 49
        let server = try await ScriptServer(environment: ["MARTLET_LIMITS_GRACE": "15s"])
        let file = server.site.path("pids")
        let id = try await server.start("f-trapterm", [file])
        let pid = try await eventually("it runs") { server.site.pids(in: file).first }
        let started = ContinuousClock.now
        try await server.kill(id)
        #expect(Processes.isAlive(pid), "the call was answered before the end of the grace")
        #expect(try await server.session(id)["done"] == false)
        try await Self.isGone([pid])
        #expect(ContinuousClock.now - started >= .milliseconds(14_900), "it had its grace")
        let session = try await server.done(id)
        #expect(session["status"] == "killed")
        #expect(session["signal"] == 9)
    }

    @Test func `a second kill, and one of a finished session, change nothing`() async throws {
        // contract §5 case 50
        let server = try await ScriptServer()
        let finished = try await server.start("f-fail", ["7"])
        let before = try await server.done(finished)
        #expect(try await server.kill(finished).text == #"{"code":0,"data":"","msg":""}"#)
        #expect(try await server.session(finished) == before)
        let file = server.site.path("pids")
        let stubborn = try await server.start("f-trapterm", [file])
        try await eventually("it runs") { server.site.pids(in: file).first }
        for _ in 0..<3 { #expect(try await server.kill(stubborn).text == #"{"code":0,"data":"","msg":""}"#) }
        let killed = try await server.done(stubborn)
        #expect(try await server.kill(stubborn).code == 0)
        #expect(try await server.session(stubborn) == killed)
    }

    @Test func `a caller of sync that hangs up takes its tree along`() async throws {
        // contract §5 case 53
        let server = try await ScriptServer()
        let file = server.site.path("pids")
        let caller = try Caller(server, "/sync/test/f-tree", "[\"\(file)\"]")
        let pids = try await Self.tree(server.site, file)
        caller.hangUp()
        try await Self.isGone(pids)
        try await eventually("the run is over") {
            try await server.recorded().first?["state"] == "cancelled" ? true : nil
        }
    }

    @Test func `with onDisconnect keep, or an Idempotency-Key, the work outlives its caller`() async throws {
        // rulings on hang-ups
        let keep = Fixtures.task("keep", "binary", executable: "gate", collected: true, "onDisconnect: keep")
        let server = try await ScriptServer(Fixtures.tasks + keep)
        let gate = try Gate(server.site)
        let callers = [
            try Caller(server, "/sync/test/keep", "[\"\(gate.path)\",\"kept\"]"),
            try Caller(server, "/sync/test/f-gate", "[\"\(gate.path)\",\"keyed\"]", headers: ["Idempotency-Key": "k"]),
            try Caller(server, "/sync/test/f-gate", "[\"\(gate.path)\",\"plain\"]"),
        ]
        try await eventually("all wait") { gate.arrivals.count == 3 ? true : nil }
        for caller in callers { caller.hangUp() }
        try await eventually("the plain one is ended") {
            try await server.recorded("&state=cancelled").count == 1 ? true : nil
        }
        #expect(try await server.recorded("&state=running").count == 2)
        gate.open()
        let again = try await server.run("f-gate", [gate.path, "keyed"], headers: ["Idempotency-Key": "k"])
        #expect(again.data == "keyed")
        try await eventually("both succeed") { try await server.recorded("&state=succeeded").count == 2 ? true : nil }
        #expect(gate.arrivals.sorted() == ["kept", "keyed", "plain"])
    }

    @Test func `a timeout ends the tree and says so`() async throws {
        // contract §5 case 58
        let tree = Fixtures.task("tree", "binary", executable: "tree", collected: true, "timeout: 20s", "grace: 500ms")
        let server = try await ScriptServer(
            tree + Fixtures.task("sleep", "binary", executable: "sleep 600", "timeout: 1s"))
        let started = ContinuousClock.now
        let answer = try await server.run("sleep")
        #expect(answer.code == 1)
        #expect(answer.msg.contains("timeout"), "\(answer.msg)")
        let took = ContinuousClock.now - started
        #expect(took >= .seconds(1) && took < .seconds(150), "\(took)")
        let file = server.site.path("pids")
        let id = try await server.start("tree", [file])
        let pids = try await Self.tree(server.site, file)
        let session = try await server.done(id)
        #expect(session["status"] == "timeout")
        #expect(session["error"].string?.contains("timeout") == true)
        #expect(session["message"] == "ready")
        #expect(!pids.contains(where: Processes.isAlive))
    }
}
