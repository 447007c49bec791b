import Foundation
import MartletCore

enum StartBench {
    /// Ready on an empty directory, and what it holds when nothing happens.
    static func measure(_ machine: Machine) async throws -> [Figure] {
        var starts: [Double] = []
        for _ in 0..<5 {
            let server = try await BenchServer(machine)
            starts.append(server.startSeconds * 1000)
            server.stop()
        }
        let server = try await BenchServer(machine)
        try await Task.sleep(for: .seconds(3))
        let memory = try server.memory()
        server.stop()
        let restarts = [
            try await restart(machine, live: 50, aim: "<= 1000"), try await restart(machine, live: 500, aim: ""),
        ]
        return restarts + [
            Figure(name: "start to ready, empty, median of 5", ours: starts.quantile(0.5), unit: "ms", aim: "<= 100"),
            Figure(name: "idle memory, resident", ours: memory.resident, unit: "MB", aim: "<= 64"),
            Figure(name: "idle memory, anonymous", ours: memory.anonymous, unit: "MB", aim: "<= 30"),
        ]
    }
}

extension StartBench {
    /// Kill -9 with live tasks, start again on the same port: until it listens and the last of them is stopped by it.
    private static func restart(_ machine: Machine, live: Int, aim: String) async throws -> Figure {
        let room = ["MARTLET_LIMITS_RUNS": "1000"]
        let first = try await BenchServer(machine, environment: room)
        let batch = JSONValue.array(Array(repeating: ["command": ["sleep", "600"]], count: live))
        let ids = try await first.call("POST", "/api/runs", batch).object?["ids"]?.array?.compactMap(\.string) ?? []
        for id in ids {
            while try await first.call("GET", "/api/runs/\(id)").object?["state"]?.string != "running" {
                try await Task.sleep(for: .milliseconds(5))
            }
        }
        kill(first.process.processIdentifier, SIGKILL)
        first.process.waitUntilExit()
        var second: BenchServer?
        let time = try await seconds {
            let server = try await BenchServer(
                machine, data: first.data, listen: String(first.url.dropFirst("http://".count)), environment: room)
            second = server
            _ = try await server.call("POST", "/api/runs/\(ids.last ?? "")/stop")
            _ = try await server.ended(ids.last ?? "")
        }
        for id in ids.dropLast() { _ = try await second?.call("POST", "/api/runs/\(id)/stop") }
        for id in ids { _ = try await second?.ended(id) }
        second?.stop()
        return Figure(name: "restart, \(live) live tasks, until one is ended", ours: time * 1000, unit: "ms", aim: aim)
    }
}

enum SubmitBench {
    /// Durable submissions with 64 keep-alive connections; nothing is started, so this is acceptance alone.
    static func measure(_ machine: Machine) async throws -> [Figure] {
        var figures: [Figure] = []
        for (label, span) in [("1x (3 s)", 3), ("10x (30 s)", 30)] {
            let server = try await BenchServer(machine, environment: ["MARTLET_LIMITS_RUNS": "0"])
            let result = try Load.run(
                server, path: "/api/runs", connections: 64, seconds: span, post: #"{"command":["true"]}"#)
            let memory = try server.memory()
            server.stop()
            if !result.errors.isEmpty { print("  submit \(label): \(result.errors)") }
            figures.append(
                Figure(
                    name: "durable submissions, 64 connections, \(label)", ours: result.perSecond, unit: "/s",
                    aim: ">= 5000"))
            figures.append(Figure(name: "  p99 of one submission, \(label)", ours: result.p99, unit: "ms"))
            figures.append(Figure(name: "  memory after it, \(label)", ours: memory.resident, unit: "MB"))
        }
        return figures
    }
}

enum RunsBench {
    /// `/bin/true` to its durable end, beside a bare 8-way posix_spawn and beside the keeper without a server.
    static func measure(_ machine: Machine) async throws -> [Figure] {
        var figures: [Figure] = []
        for (label, count) in [("1x (1,000)", 1000), ("10x (10,000)", 10_000)] {
            let bare = Double(count) / (try Spawn.eightWay(count, ["/bin/true"]))
            let keepers = min(count, 2000)
            let frames = FileManager.default.temporaryDirectory.appending(path: "bench-keeper-\(UUID().uuidString)")
                .path
            let keeper = Double(keepers) / (try await KeeperBench.zygote(machine, keepers, frames))
            let executed = Double(keepers) / (try KeeperBench.executed(machine, keepers, frames))
            let ours = try await through(machine, count)
            figures += [
                Figure(
                    name: "process runs to the durable end, \(label)", ours: ours, unit: "/s",
                    peer: ("bare spawn", bare), aim: ">= 0.20, wanted 0.40"),
                Figure(
                    name: "  keepers from a zygote, no server, \(label)", ours: keeper, unit: "/s",
                    peer: ("executed keepers", executed)),
                Figure(
                    name: "  beside keepers without a server, \(label)", ours: ours, unit: "/s",
                    peer: ("keepers", keeper), aim: ">= 0.70"),
            ]
        }
        return figures
    }

    static func through(_ machine: Machine, _ count: Int) async throws -> Double {
        let server = try await BenchServer(machine)
        defer { server.stop() }
        let batch = JSONValue.array(Array(repeating: ["command": ["/bin/true"]], count: 500))
        let time = try await seconds {
            var last = ""
            for _ in 0..<(count / 500) {
                last = try await server.call("POST", "/api/runs", batch).object?["ids"]?.array?.last?.string ?? ""
            }
            _ = try await server.ended(last)
            while try await unfinished(server) { try await Task.sleep(for: .milliseconds(5)) }
        }
        return Double(count) / time
    }

    private static func unfinished(_ server: BenchServer) async throws -> Bool {
        let page = try await server.call("GET", "/api/runs?state=pending,running,stopping&limit=1")
        return page.object?["items"]?.array?.isEmpty == false
    }
}

enum LatencyBench {
    /// From sending the request to the first instruction of the program (`date`, its own start included).
    static func measure(_ machine: Machine) async throws -> [Figure] {
        let server = try await BenchServer(machine)
        defer { server.stop() }
        var ours: [Double] = []
        for _ in 0..<300 {
            let sent = Date().timeIntervalSince1970
            let id =
                try await server.call("POST", "/api/runs", ["command": ["date", "+%s.%N"]]).object?["id"]?.string ?? ""
            _ = try await server.ended(id)
            let log = try String(contentsOfFile: logPath(server.data, id), encoding: .utf8)
            ours.append(((Double(log.dropLast()) ?? .nan) - sent) * 1000)
        }
        var bare: [Double] = []
        for _ in 0..<300 {
            let sent = Date().timeIntervalSince1970
            let text = try Spawn.output(["/bin/date", "+%s.%N"])
            bare.append(((Double(text.dropLast()) ?? .nan) - sent) * 1000)
        }
        return [
            Figure(
                name: "request to first instruction, p50 of 300", ours: ours.quantile(0.5), unit: "ms",
                peer: ("bare spawn", bare.quantile(0.5)), aim: "<= 15 ms"),
            Figure(
                name: "request to first instruction, p99", ours: ours.quantile(0.99), unit: "ms",
                peer: ("bare spawn", bare.quantile(0.99))),
        ]
    }

    private static func logPath(_ data: String, _ id: String) -> String { "\(data)/runs/\(id.suffix(2))/\(id)/1.0.log" }
}

enum LogBench {
    /// A producer through a run, beside the same producer through `cat` into a file.
    static func measure(_ machine: Machine) async throws -> [Figure] {
        var figures: [Figure] = []
        for (label, megabytes) in [("1x (100 MB)", 100), ("10x (1,000 MB)", 1000)] {
            let line = "2026-11-21T10:00:00Z INFO copied table orders, 12345 rows, 0 errors, 17 ms"
            let producer = "yes '\(line)' | head -c \(megabytes)000000"
            let file = FileManager.default.temporaryDirectory.appending(path: "bench-\(UUID().uuidString)").path
            var cat: [Double] = []
            var ours: [Double] = []
            var masked: [Double] = []
            let server = try await BenchServer(machine, environment: ["MARTLET_LOG_CAP": "4GiB"])
            for _ in 0..<(megabytes > 500 ? 2 : 4) {
                cat.append(
                    Double(megabytes)
                        / (try await seconds { _ = try Spawn.output(["/bin/sh", "-c", "\(producer) | cat > \(file)"]) })
                )
                ours.append(try await intake(server, producer, megabytes, secrets: nil))
                masked.append(
                    try await intake(server, producer, megabytes, secrets: ["TOKEN": "correct-horse-battery-staple"]))
            }
            server.stop()
            try? FileManager.default.removeItem(atPath: file)
            let peer = (name: "| cat > file", value: cat.max() ?? .nan)
            figures.append(
                Figure(name: "log intake, \(label)", ours: ours.max() ?? .nan, unit: "MB/s", peer: peer, aim: ">= 0.80")
            )
            figures.append(
                Figure(name: "  with one secret masked, \(label)", ours: masked.max() ?? .nan, unit: "MB/s", peer: peer)
            )
        }
        return figures
    }

    /// MB/s from the submission until the end is known: both are part of what a user waits for.
    private static func intake(_ server: BenchServer, _ producer: String, _ megabytes: Int, secrets: JSONValue?)
        async throws -> Double
    {
        var body: [String: JSONValue] = ["command": ["/bin/sh", "-c", .string(producer)]]
        body["secrets"] = secrets
        var id = ""
        let time = try await seconds {
            id = try await server.call("POST", "/api/runs", .object(body)).object?["id"]?.string ?? ""
            _ = try await server.ended(id)
        }
        return Double(megabytes) / time
    }
}
