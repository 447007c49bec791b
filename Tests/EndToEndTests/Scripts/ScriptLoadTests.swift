import Foundation
import MartletCore
import Testing

/// Many at once, on one server alone.
@Suite(.alone) struct ScriptLoadTests {
    @Test func `a thousand callers that wait at once get their own line each`() async throws {
        // limits.waiters is 1000 by default
        let server = try await ScriptServer(environment: ["MARTLET_LIMITS_RUNS": "100"])
        let gate = try Gate(server.site)
        try await withThrowingTaskGroup(of: (Int, ScriptServer.Answer).self) { group in
            for number in 0..<1000 {
                group.addTask { (number, try await server.run("f-gate", [gate.path, "line \(number)"], within: 900)) }
            }
            try await eventually("a hundred work") { gate.arrivals.count == 100 ? true : nil }
            try await eventually("all of them wait") {
                try await server.recorded("&state=pending,running").count == 1000 ? true : nil
            }
            gate.open()
            for try await (number, answer) in group {
                #expect(answer.text == #"{"code":0,"data":"line \#(number)","msg":""}"#)
            }
        }
        #expect(try await server.recorded("&state=succeeded").count == 1000)
    }

    @Test func `one caller more than may wait is refused, and nothing is started for it`() async throws {
        let server = try await ScriptServer(environment: ["MARTLET_LIMITS_WAITERS": "3"])
        let gate = try Gate(server.site)
        let callers = try (0..<3).map { try Caller(server, "/sync/test/f-gate", "[\"\(gate.path)\",\"\($0)\"]") }
        try await eventually("all three work") { gate.arrivals.count == 3 ? true : nil }
        let refused = try await server.run("f-args")
        #expect(refused.code == 1)
        #expect(refused.data == "")
        #expect(try await server.recorded().count == 3)
        gate.open()
        for caller in callers { _ = try await eventually("an answer") { caller.received() } }
        try await eventually("there is a place again") { try await server.run("f-args").code == 0 ? true : nil }
    }

    @Test func `a burst of a thousand starts is worked off in order within the limit, and leaves nothing behind`()
        async throws
    {
        // contract §5 cases 76 and 77
        let server = try await ScriptServer(environment: ["MARTLET_LIMITS_RUNS": "50"])
        let pid = server.server.child.pid
        let gate = try Gate(server.site)
        for _ in 0..<50 { _ = try await server.run("f-silent") }
        try await eventually("the server rests") { try await server.recorded("&state=running").isEmpty ? true : nil }
        let before = (files: Processes.openFiles(pid), memory: Processes.memory(pid))
        // The first fifty hold every place until all are accepted.
        var ids: [String] = []
        for number in 0..<50 { ids.append(try await server.start("f-gate", [gate.path, "\(number)"])) }
        try await eventually("fifty work") { gate.arrivals.count == 50 ? true : nil }
        for number in 50..<1000 { ids.append(try await server.start("f-gate", [gate.path, "\(number)"])) }
        #expect(Set(ids).count == 1000)
        #expect(gate.arrivals.count == 50)
        gate.open()
        var most = 0
        try await eventually("all have ended", within: 600) {
            let running = try await server.recorded("&state=running").count
            most = max(most, running)
            // Between two that run there may be none for a moment.
            guard running == 0 else { return false }
            return try await server.recorded("&state=pending,running").isEmpty
        }
        #expect(most > 0 && most <= 50)
        #expect(try await server.recorded("&state=succeeded&job=scripts.test.f-gate").count == 1000)
        let order = gate.arrivals.compactMap { Int($0) }
        #expect(order.sorted() == Array(0..<1000))
        // The order of starting is the order of acceptance; the processes themselves may overtake their neighbours.
        for (place, number) in order.enumerated() where abs(place - number) > 200 {
            Issue.record("\(number) was started as number \(place)")
        }
        try await eventually("no zombie is left") { Processes.zombies(below: pid).isEmpty ? true : nil }
        try await eventually("nothing is left") { server.site.processes().isEmpty ? true : nil }
        try await eventually("the files are closed") { Processes.openFiles(pid) <= before.files + 20 ? true : nil }
        #expect(Processes.memory(pid) - before.memory < 64 << 20)
    }

    @Test func `callers that hang up leave no process and no open file`() async throws {
        // contract §5 case 53
        let server = try await ScriptServer(
            Fixtures.task("sleep", "binary", executable: "sleep 600"), environment: ["MARTLET_LIMITS_RUNS": "50"])
        let pid = server.server.child.pid
        _ = try await server.get("/ping")
        let before = Processes.openFiles(pid)
        let rounds = KillTests.soak ? 100 : 10
        for round in 1...rounds {
            let callers = try (0..<50).map { _ in try Caller(server, "/sync/test/sleep", "[]") }
            try await eventually("fifty more are accepted") {
                try await server.recorded("&state=running").count == 50 ? true : nil
            }
            for caller in callers { caller.hangUp() }
            try await eventually("round \(round) is over") {
                try await server.recorded("&state=running,stopping,pending").isEmpty ? true : nil
            }
        }
        #expect(try await server.recorded("&state=cancelled").count == min(1000, 50 * rounds))
        try await eventually("nothing is left") { server.site.processes().isEmpty ? true : nil }
        try await eventually("the files are closed") { Processes.openFiles(pid) <= before + 20 ? true : nil }
        try await eventually("no zombie is left") { Processes.zombies(below: pid).isEmpty ? true : nil }
    }
}
