import Foundation
import MartletCore
import Synchronization
import Testing

/// Everything a session prints, while it prints it.
@Suite(.few) struct ScriptLineTests {
    @Test func `a live session's lines arrive as events with their stream, and end with the exit code`() async throws {
        // contract §5 case 62
        let site = try Site("[]")
        let gate = try Gate(site)
        try site.write(
            Fixtures.task(
                "talk",
                executable: "echo first; echo second >&2; exec 3<\(gate.path); read -r _ <&3; echo third; exit 7"))
        let server = try await ScriptServer(site)
        let id = try await server.start("talk")
        let path = "/api/runs/\(try await server.session(id)["run"].string ?? "")/lines"
        let live = try Events(server, path)
        // Never read: it must not slow the task.
        let lazy = try Caller(server, "GET", path, [Events.token(server)])
        let early = try await eventually("both lines of a task that works") {
            live.received().count >= 2 ? live.received() : nil
        }
        // The order between the two streams is the keeper's.
        let texts = early.map { "\($0.data["stream"].string ?? "") \($0.data["text"].string ?? "")" }
        #expect(texts.sorted() == ["stderr second", "stdout first"])
        #expect(try await server.session(id)["done"] == false)
        gate.open()
        let all = try await eventually("the end") { live.received().last?.name == "end" ? live.received() : nil }
        #expect(all.count == 4)
        #expect(all[2].data["text"] == "third")
        #expect(all.last?.data["exitCode"] == 7)
        let resumed = try Events(server, path, after: early[0].id)
        let rest = try await eventually("the end") { resumed.received().last?.name == "end" ? resumed.received() : nil }
        #expect(rest.map(\.id) == all.dropFirst().map(\.id))
        #expect(try await server.done(id)["exit_code"] == 7)
        withExtendedLifetime(lazy) {}
    }

    @Test func `a reader that reads nothing does not slow a task that prints much`() async throws {
        // contract §5 case 62
        let site = try Site("[]")
        let gate = try Gate(site)
        try site.write(
            Fixtures.task(
                "flood", executable: "exec 3<\(gate.path); read -r _ <&3; seq -f 'line %0100.0f' 1 100000; echo done"))
        let server = try await ScriptServer(site)
        let id = try await server.start("flood")
        let path = "/api/runs/\(try await server.session(id)["run"].string ?? "")/lines"
        let lazy = try (0..<3).map { _ in try Caller(server, "GET", path, [Events.token(server)]) }
        for caller in lazy { try await eventually("it is connected") { caller.received() } }
        gate.open()
        #expect(try await server.done(id)["message"] == "done")
        withExtendedLifetime(lazy) {}
    }
}

/// Reads server-sent events as they come.
final class Events: Sendable {
    struct Event: Sendable, Equatable {
        var id = ""
        var name = ""
        var data = JSONValue.null
    }

    private let caller: Caller
    private let text = Mutex("")

    init(_ server: ScriptServer, _ path: String, after id: String? = nil) throws {
        caller = try Caller(server, "GET", path, [Self.token(server)] + (id.map { ["Last-Event-ID: \($0)"] } ?? []))
    }

    static func token(_ server: ScriptServer) -> String { "Authorization: Bearer \(server.server.token)" }

    /// Every whole event so far. What frames the chunks begins with no word of an event.
    func received() -> [Event] {
        let all = text.withLock { text in
            while let more = caller.received() { text += more }
            return text
        }
        var events: [Event] = []
        var event = Event()
        for line in all.replacing("\r\n", with: "\n").split(separator: "\n", omittingEmptySubsequences: false) {
            let value = line.drop { $0 != ":" }.dropFirst(2)
            if line.hasPrefix("id: ") { event.id = String(value) }
            if line.hasPrefix("event: ") { event.name = String(value) }
            if line.hasPrefix("data: ") { event.data = JSONValue.string(String(value)).parsed }
            if line.isEmpty, event.data != .null {
                events.append(event)
                event = Event()
            }
        }
        return events
    }
}
