import Foundation
import MartletCore
import MartletTesting
import Testing

/// One data directory, one ledger, many rounds of work and murder, one check at the end.
final class Chaos {
    /// A run that was accepted, with what must come of it.
    private struct Expected {
        let id: String
        let code: Int32
        let lines: Int
        /// A second task that always runs.
        let cleansUp: Bool
    }

    private let scratch: Scratch
    private let ledger: String
    private var random: SeededRandom
    private var server: Server?
    private var expected: [Expected] = []
    /// Runs whose keeper we killed: only these may be lost.
    private var victims: Set<String> = []
    /// Runs that were asked to stop: they end with their own code or as cancelled.
    private var stopped: Set<String> = []
    private let serverFailpoint: String?
    private let keeperFailpoint: String?
    private var submitted = 0
    private var starts = 0
    /// Why the present submission was not accepted so far; told when it never is.
    private var refusals: [String] = []
    private var serverKills = 0
    private var keeperKills = 0

    init(seed: UInt64, serverFailpoint: String? = nil, keeperFailpoint: String? = nil) async throws {
        scratch = try Scratch()
        ledger = scratch.path("ledger")
        random = SeededRandom(seed: seed)
        self.serverFailpoint = serverFailpoint
        self.keeperFailpoint = keeperFailpoint
        try Data().write(to: URL(filePath: ledger))
    }

    // MARK: Rounds

    func rounds(_ count: Int, killing: Bool = true) async throws {
        for _ in 0..<count {
            for _ in 0..<3 { try await submitOne() }
            if Int.random(in: 0..<4, using: &random) == 0 { await stopOne() }
            if killing {
                try await pauseRandomly(upTo: 60)
                try await killSomething()
            } else if starts % 3 == 0 {
                try await killServer()
            }
        }
    }

    /// Submits one run until it is accepted, with one idempotency key, through however many restarts.
    private func submitOne() async throws {
        submitted += 1
        let code = Int32.random(in: 0...3, using: &random)
        let lines = Int.random(in: 0...30, using: &random)
        let nap = Double(Int.random(in: 0...200, using: &random)) / 1000
        let cleansUp = Int.random(in: 0..<4, using: &random) == 0
        let script = """
            echo "start $MARTLET_RUN_ID main $PPID" >> "$LEDGER"
            i=0; while [ $i -lt \(lines) ]; do echo "line $i of run"; i=$((i+1)); done
            sleep \(nap)
            echo "end $MARTLET_RUN_ID main" >> "$LEDGER"
            exit \(code)
            """
        let variables: JSONValue = ["LEDGER": .string(ledger)]
        var tasks: [JSONValue] = [
            ["name": "main", "command": ["sh", "-c", .string(script)], "environment": variables]
        ]
        if cleansUp {
            let clean =
                "echo \"start $MARTLET_RUN_ID clean $PPID\" >> \"$LEDGER\"; echo cleaned; echo \"end $MARTLET_RUN_ID clean\" >> \"$LEDGER\""
            tasks.append([
                "name": "clean", "when": "always", "command": ["sh", "-c", .string(clean)], "environment": variables,
            ])
        }
        let body: JSONValue = ["tasks": .array(tasks)]
        let key = "chaos-\(submitted)"
        let id: String = try await eventually("run \(submitted) is accepted; so far \(refusals)") {
            guard let server = try await self.alive() else { return nil }
            do {
                return try await server.submit(body, key: key)
            } catch {
                self.refusals.append("\(server.url): \(error)")
                return nil
            }
        }
        refusals = []
        expected.append(Expected(id: id, code: code, lines: lines, cleansUp: cleansUp))
    }

    /// Asks a recent run to stop. The request may fail with the server, or come too late: both are fine.
    private func stopOne() async {
        guard let run = expected.suffix(3).randomElement(using: &random) else { return }
        stopped.insert(run.id)
        _ = try? await server?.call(.POST, "/api/runs/\(run.id)/stop")
    }

    private func killSomething() async throws {
        switch Int.random(in: 0..<4, using: &random) {
        case 0: try await killServer()
        case 1: try killKeeper()
        case 2:
            try killKeeper()
            try await killServer()
        default:
            try await killServer()
            try killKeeper()
        }
    }

    private func killServer() async throws {
        guard let dead = server else { return }
        serverKills += 1
        dead.child.signal(SIGKILL)
        _ = try? await dead.child.ended()
        server = nil
    }

    /// Kills the keeper of a random task that has started and not ended, as the ledger tells.
    private func killKeeper() throws {
        let entries = try readLedger()
        let ended = Set(entries.filter { $0.word == "end" }.map { "\($0.run) \($0.task)" })
        guard
            let victim = entries.filter({ $0.word == "start" && !ended.contains("\($0.run) \($0.task)") })
                .randomElement(using: &random),
            let pid = victim.keeper, Self.isKeeper(pid, of: victim.run)
        else { return }
        keeperKills += 1
        victims.insert(victim.run)
        kill(pid, SIGKILL)
    }

    /// The server, started anew when it is gone.
    private func alive() async throws -> Server? {
        if let server {
            guard server.child.reaped() != nil else { return server }
            serverKills += 1
            self.server = nil
        }
        var environment: [String: String] = [:]
        starts += 1
        // Each third server lives: many ends that are due at once would kill every other one at its start.
        if let serverFailpoint, starts % 3 != 0 { environment["MARTLET_FAILPOINT"] = serverFailpoint }
        if let keeperFailpoint { environment["MARTLET_KEEPER_FAILPOINT"] = keeperFailpoint }
        // A failpoint may hit before the server listens: the next call tries again.
        do {
            server = try await Server(scratch, environment: environment)
        } catch {
            refusals.append("\(environment): \(error)")
        }
        return server
    }

    private func pauseRandomly(upTo milliseconds: Int) async throws {
        try await Task.sleep(for: .milliseconds(Int.random(in: 0...milliseconds, using: &random)))
    }

    // MARK: Check

    /// Lets everything end under a server without failpoints, then looks from outside.
    func settleAndCheck() async throws {
        try await killServer()
        let server = try await Server(scratch)
        var runs: [String: JSONValue] = [:]
        for run in expected { runs[run.id] = try await server.ended(run.id, within: 300) }
        let starts = Dictionary(
            grouping: try readLedger().filter { $0.word == "start" }, by: { "\($0.run) \($0.task)" })

        #expect(Set(expected.map(\.id)).count == expected.count, "one id per accepted submission")
        for (task, entries) in starts {
            #expect(entries.count == 1, "\(task) was started \(entries.count) times")
            #expect(runs[entries[0].run] != nil, "the ledger names a run nobody was told of: \(task)")
        }
        var lost = 0
        var cancelled = 0
        for run in expected {
            let record = try #require(runs[run.id])
            if record["state"].string == RunState.lost.rawValue {
                lost += 1
                #expect(
                    victims.contains(run.id) || keeperFailpoint != nil,
                    "run \(run.id) was lost though its keeper was not killed")
                continue
            }
            if record["state"].string == RunState.cancelled.rawValue {
                cancelled += 1
                #expect(stopped.contains(run.id), "run \(run.id) was cancelled and nobody asked for it")
                continue
            }
            try await check(run, record, starts["\(run.id) main"] != nil, server)
        }
        try await checkNoProcessIsLeft()
        print(
            "chaos: \(expected.count) runs, \(stopped.count) asked to stop, \(serverKills) server kills,",
            "\(keeperKills) keeper kills; \(lost) lost with their keepers, \(cancelled) cancelled")
    }

    private func check(_ run: Expected, _ record: JSONValue, _ started: Bool, _ server: Server) async throws {
        let good = run.code == 0
        #expect(record["state"].string == (good ? RunState.succeeded : .failed).rawValue, "\(record)")
        let main = record["attempts"].array?.last { $0["name"].string == "main" }
        #expect(main?["exitCode"] == .int(Int64(run.code)), "true exit code of \(run.id): \(record)")
        #expect(started, "run \(run.id) has an exit code and never started")
        let log = try await server.log(run.id)
        let want = (0..<run.lines).map { "line \($0) of run\n" }.joined() + (run.cleansUp ? "cleaned\n" : "")
        #expect(log == want, "log bytes of \(run.id)")
    }

    private func checkNoProcessIsLeft() async throws {
        let mark = "LEDGER=\(ledger)"
        try await eventually("no process of a run is left") {
            Self.processes().allSatisfy { !Self.environment(of: $0).contains(mark) } ? true : nil
        }
    }

    private struct Entry {
        let word: Substring
        let run: String
        let task: Substring
        let keeper: pid_t?
    }

    private func readLedger() throws -> [Entry] {
        try String(contentsOfFile: ledger, encoding: .utf8).split(separator: "\n").compactMap { line in
            let words = line.split(separator: " ")
            guard words.count >= 3 else { return nil }
            return Entry(
                word: words[0], run: String(words[1]), task: words[2], keeper: words.count > 3 ? pid_t(words[3]) : nil)
        }
    }

    private static func processes() -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []).filter { Int($0) != nil }
    }

    private static func environment(of pid: String) -> String {
        String(decoding: FileManager.default.contents(atPath: "/proc/\(pid)/environ") ?? Data(), as: UTF8.self)
    }

    /// Whether it keeps this run, by the files that it holds: the number of one that is gone may be another's by now.
    private static func isKeeper(_ pid: pid_t, of run: String) -> Bool {
        let name = FileManager.default.contents(atPath: "/proc/\(pid)/comm") ?? Data()
        guard String(decoding: name, as: UTF8.self).hasPrefix("martlet-keeper") else { return false }
        let directory = "/proc/\(pid)/fd"
        let files = (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
        return files.contains { file in
            let path = try? FileManager.default.destinationOfSymbolicLink(atPath: "\(directory)/\(file)")
            return path?.contains("/\(run)/") == true
        }
    }
}
