import Foundation
import MartletCore
import MartletTesting
import Testing

/// The server is killed with -9 at random moments while schedules are due every second. Then every second is looked for,
/// in the ledgers of the schedules and in what the runs themselves wrote.
@Suite(.serialized) struct ScheduleKillTests {
    private static let soak = KillTests.soak
    private static let names = ["allow", "queue", "skip"]

    @Test(arguments: ["", "scheduler.beforeFire:15", "scheduler.afterFire:15"])
    func `no second is lost or doubled under kill -9`(failpoint: String) async throws {
        print("schedule kill test seed \(KillTests.seed) (MARTLET_SEED repeats it)")
        var random = SeededRandom(seed: KillTests.seed)
        let scratch = try Scratch()
        let file = scratch.path("ledger")
        try Data().write(to: URL(filePath: file))
        try await schedule(scratch, file)
        for round in 0..<(Self.soak ? 200 : 6) {
            // Each third server lives, so that work is done between the deaths.
            let environment = failpoint.isEmpty || round % 3 == 2 ? [:] : ["MARTLET_FAILPOINT": failpoint]
            guard let server = try? await Server(scratch, environment: environment) else { continue }
            try await Task.sleep(for: .milliseconds(Int.random(in: 200...1800, using: &random)))
            server.child.signal(SIGKILL)
            _ = try? await server.child.ended()
        }
        let server = try await Server(scratch)
        let ledgers = try await settled(server)
        var written: [String: [String]] = [:]
        for line in try String(contentsOfFile: file, encoding: .utf8).split(separator: "\n") {
            let words = line.split(separator: " ").map(String.init)
            written["\(words[0]) \(words[1])", default: []].append(words[2])
        }
        for name in Self.names { try check(name, ledgers[name] ?? [], written) }
    }

    private func schedule(_ scratch: Scratch, _ file: String) async throws {
        let server = try await Server(scratch)
        let script = "echo \"$MARTLET_SCHEDULE $MARTLET_DUE $MARTLET_RUN_ID\" >> \"$LEDGER\"; sleep 0.2"
        for name in Self.names {
            let reply = try await server.call(
                .PUT, "/api/schedules/\(name)",
                body: [
                    "cron": "* * * * * *", "missed": "all", "overlap": .string(name),
                    "command": ["sh", "-c", .string(script)], "environment": ["LEDGER": .string(file)],
                ])
            #expect(reply.status == 201, "\(reply.text)")
        }
        server.child.signal(SIGKILL)
        _ = try? await server.child.ended()
    }

    /// Pauses the schedules and waits until nothing of them is under way. Oldest first.
    private func settled(_ server: Server) async throws -> [String: [JSONValue]] {
        var ledgers: [String: [JSONValue]] = [:]
        for name in Self.names {
            // The servers before may have died before they did anything.
            try await eventually("something of \(name) ran") {
                try await Self.fires(server, name, "outcome=succeeded")?.isEmpty == false ? true : nil
            }
        }
        for name in Self.names {
            let reply = try await server.call(.POST, "/api/schedules/\(name)/pause")
            #expect(reply.status == 200, "\(reply.text)")
        }
        for name in Self.names {
            // What waits for its turn waits while its schedule is paused.
            let ledger: [JSONValue] = try await eventually("nothing of \(name) runs") {
                guard let items = try await Self.fires(server, name, "limit=1000") else { return nil }
                let isOver = !items.isEmpty && !items.contains { $0["outcome"].string == "running" }
                return isOver ? items.reversed() : nil
            }
            ledgers[name] = ledger
        }
        return ledgers
    }

    /// Nil: it was not answered; the next look may be.
    private static func fires(_ server: Server, _ name: String, _ query: String) async throws -> [JSONValue]? {
        let reply = try await server.call(.GET, "/api/schedules/\(name)/fires?\(query)")
        if reply.status == 200, let items = reply.json["items"].array { return items }
        print("schedule kill test: \(reply.status) \(reply.text.prefix(2000))")
        return nil
    }

    private func check(_ name: String, _ ledger: [JSONValue], _ written: [String: [String]]) throws {
        let dues = ledger.filter { $0["kind"].string == "due" }.compactMap { $0["due"].string }
        #expect(Set(dues).count == dues.count, "\(name): a time has two entries")
        let seconds = try dues.map { try #require(Self.seconds($0)) }.sorted()
        let (first, last) = (try #require(seconds.first), try #require(seconds.last))
        #expect(seconds == Array(first...last), "\(name): a second is missing in the ledger")
        #expect(ledger.contains { $0["outcome"].string == "succeeded" }, "\(name): nothing ran")
        for entry in ledger {
            let due = try #require(entry["due"].string)
            let runs = written["\(name) \(due.replacing(".000Z", with: "Z"))"] ?? []
            switch entry["outcome"].string {
            case "succeeded": #expect(runs == [entry["run"].string], "\(name) \(due): \(runs)")
            case "skipped", "queued": #expect(runs.isEmpty, "\(name) \(due): \(runs)")
            default: Issue.record("\(name) \(due): \(entry)")
            }
        }
        let named = Set(ledger.compactMap { $0["run"].string })
        let told = Set(written.filter { $0.key.hasPrefix(name + " ") }.values.joined())
        #expect(told.isSubset(of: named), "\(name): a run that no entry names")
    }

    private static func seconds(_ text: String) -> Int? {
        (try? Date(text, strategy: Date.ISO8601FormatStyle(includingFractionalSeconds: true))).map {
            Int($0.timeIntervalSince1970)
        }
    }
}
