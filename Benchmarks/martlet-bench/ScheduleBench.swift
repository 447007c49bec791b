import AsyncHTTPClient
import Foundation
import MartletCore
import MartletStore
import NIOCore
import NIOHTTP1

/// 100,000 schedules of which 5,000 are due within one second, beside APScheduler with the same jobs.
enum ScheduleBench {
    private static let due = 5000
    /// Both start as many processes at once.
    private static let workers = 64

    static func measure(_ machine: Machine) async throws -> [Figure] {
        let rate = try await RunsBench.through(machine, due)
        var figures: [Figure] = []
        for (label, all) in [("0.1x (10,000)", 10_000), ("1x (100,000)", 100_000)] {
            let ours = try await run(machine, all)
            let peer = all == 100_000 ? try apscheduler(all) : nil
            func figure(_ name: String, _ ours: Double, _ unit: String, _ key: String, aim: String = "") -> Figure {
                Figure(
                    name: "\(name), \(label)", ours: ours, unit: unit,
                    peer: peer?[key].map { ("APScheduler", $0) }, aim: aim)
            }
            figures += [
                figure("memory with the schedules", ours.memory, "MB", "memory_mb", aim: "<= 150"),
                figure("\(due) due: stored late, p50", ours.lateness.quantile(0.5), "s", "lateness_p50"),
                figure(
                    "\(due) due: stored late, p99", ours.lateness.quantile(0.99), "s", "lateness_p99", aim: "<= 0.25"),
                figure(
                    "\(due) due: all ended after", ours.ended, "s", "all_ended",
                    aim: "<= \(String(format: "%.1f", Double(due) / (0.9 * rate)))"),
                Figure(name: "  ended out of order by at most, \(label)", ours: Double(ours.disorder), unit: "places"),
                Figure(name: "  reads meanwhile, p99, \(label)", ours: ours.reads * 1000, unit: "ms", aim: "<= 50"),
            ]
        }
        return figures
    }

    private struct Result {
        /// MB, before anything is due.
        let memory: Double
        /// Seconds from each due time until somebody outside was told that its run is durable.
        let lateness: [Double]
        let ended: Double
        /// The farthest that a run's end is from its place by due time.
        let disorder: Int
        let reads: Double
    }

    private static func run(_ machine: Machine, _ all: Int) async throws -> Result {
        let data = FileManager.default.temporaryDirectory.appending(path: "martlet-bench-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: data) }
        let first = try await populate(data, all)
        let server = try await BenchServer(machine, data: data.path, environment: ["MARTLET_LIMITS_RUNS": "\(workers)"])
        try await Task.sleep(for: .seconds(3))
        let memory = try server.memory().resident
        let seen = try await watch(server, until: first.addingTimeInterval(600))
        server.stop(removing: false)
        let store = try SQLiteStore(directory: data)
        defer { try? store.close() }
        var runs: [(due: Date, end: Date, id: RunID)] = []
        for index in 0..<due {
            guard let fire = try await store.fires(FireQuery(schedule: "due\(index)")).first, let run = fire.run,
                let end = fire.endedAt
            else { throw MartletError(.internal, "schedule due\(index) did not run") }
            runs.append((fire.due, end, run))
        }
        let lateness = runs.map { max(0, seen.created[$0.id]?.timeIntervalSince($0.due) ?? .infinity) }
        let order = runs.indices.sorted { (runs[$0].end, $0) < (runs[$1].end, $1) }
        let disorder = order.enumerated().map { abs($0.offset - $0.element) }.max() ?? 0
        let last = runs.map(\.end).max() ?? .distantFuture
        return Result(
            memory: memory, lateness: lateness, ended: last.timeIntervalSince(first), disorder: disorder,
            reads: seen.reads)
    }

    /// Far ones first; those that are due come last, so that their time is near. Returns the first of them.
    private static func populate(_ data: URL, _ all: Int) async throws -> Date {
        let store = try SQLiteStore(directory: data)
        let job = Job(tasks: [TaskSpec(name: "main", spec: ["command": ["/bin/true"]])])
        let far = Date().addingTimeInterval(6 * 3600)
        @Sendable func put(_ name: String, _ cadence: Cadence, _ next: Date) async throws {
            let schedule = Schedule(name: name, work: .inline(job), cadence: cadence)
            _ = try await store.put(
                StoredSchedule(
                    schedule: schedule, version: 0, source: "bench", anchor: far, createdAt: far, updatedAt: Date(),
                    nextDue: Date(milliseconds: next.milliseconds)), replacing: nil, skipped: nil)
        }
        func each(_ range: Range<Int>, _ body: @escaping @Sendable (Int) async throws -> Void) async throws {
            for start in stride(from: range.lowerBound, to: range.upperBound, by: 250) {
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for index in start..<min(start + 250, range.upperBound) { group.addTask { try await body(index) } }
                    try await group.waitForAll()
                }
            }
        }
        try await each(0..<(all - due)) { try await put("far\($0)", .every(.seconds(86_400)), far) }
        let first = Date(milliseconds: Date().milliseconds + 30_000)
        try await each(0..<due) { index in
            let at = Date(milliseconds: first.milliseconds + Int64(index * 1000 / due))
            try await put("due\(index)", .at(at), at)
        }
        try store.close()
        return first
    }

    private struct Seen {
        var created: [RunID: Date] = [:]
        var ended = 0
        /// Number of the last event.
        var last = "0"
        /// Seconds, p99.
        var reads = 0.0
    }

    /// Listens to the events until every due run has ended, and asks for lists meanwhile.
    private static func watch(_ server: BenchServer, until end: Date) async throws -> Seen {
        let (url, token) = (server.url, server.token)
        async let reads = reads(url, token)
        var seen = Seen()
        // Whoever falls far behind is cut, and comes back with the number of the last event.
        while seen.ended < due {
            if Date() > end { throw MartletError(.internal, "only \(seen.ended) of \(due) runs ended") }
            try await listen(server, &seen)
        }
        seen.reads = try await reads
        return seen
    }

    private static func listen(_ server: BenchServer, _ seen: inout Seen) async throws {
        var request = HTTPClientRequest(url: server.url + "/api/events")
        request.headers.add(name: "Authorization", value: "Bearer \(server.token)")
        request.headers.add(name: "Last-Event-ID", value: seen.last)
        let response = try await HTTPClient.shared.execute(request, deadline: .now() + .seconds(700))
        var rest = ""
        for try await part in response.body {
            let now = Date()
            rest += String(buffer: part)
            let lines = rest.split(separator: "\n", omittingEmptySubsequences: false)
            rest = String(lines.last ?? "")
            for line in lines.dropLast() { try note(line, at: now, &seen) }
            if seen.ended >= due { break }
        }
    }

    private static func note(_ line: Substring, at now: Date, _ seen: inout Seen) throws {
        if line.hasPrefix("id:") { seen.last = line.dropFirst(3).trimmingCharacters(in: .whitespaces) }
        guard line.hasPrefix("data:") else { return }
        let event = try JSONParser.parse(Array(line.dropFirst(5).utf8)).object ?? [:]
        guard let id = event["run"]?.string.flatMap({ RunID($0) }) else { return }
        if event["kind"]?.string == "created" { seen.created[id] = now }
        if let state = event["to"]?.string.flatMap(RunState.init(rawValue:)), state.isEnd { seen.ended += 1 }
    }

    /// One list after the other, for a minute.
    private static func reads(_ url: String, _ token: String) async throws -> Double {
        var times: [Double] = []
        let end = ContinuousClock.now + .seconds(40)
        while ContinuousClock.now < end {
            var request = HTTPClientRequest(url: url + "/api/runs?limit=50")
            request.headers.add(name: "Authorization", value: "Bearer \(token)")
            times.append(
                try await seconds {
                    let response = try await HTTPClient.shared.execute(request, timeout: .seconds(60))
                    _ = try await response.body.collect(upTo: 1 << 24)
                })
            try await Task.sleep(for: .milliseconds(20))
        }
        return times.quantile(0.99)
    }

    private static func apscheduler(_ all: Int) throws -> [String: Double] {
        let text = try Spawn.output([
            "/usr/bin/env", "python3", "-B", "Benchmarks/peers/apscheduler_jobs.py", "\(all)", "\(due)", "\(workers)",
        ])
        return try JSONDecoder().decode([String: Double].self, from: Data(text.utf8))
    }
}
