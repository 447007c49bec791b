import Foundation
import MartletCore
import MartletStore

/// Listings and start with 100,000 and 1,000,000 stored runs.
enum MillionBench {
    static func measure(_ machine: Machine) async throws -> [Figure] {
        var figures: [Figure] = []
        let data = FileManager.default.temporaryDirectory.appending(path: "martlet-bench-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: data) }
        for (label, from, to) in [("0.1x (100,000 runs)", 0, 100_000), ("1x (1,000,000 runs)", 100_000, 1_000_000)] {
            try await populate(data, from..<to)
            let server = try await BenchServer(machine, data: data.path, environment: ["MARTLET_LIMITS_RUNS": "0"])
            figures.append(Figure(name: "start to ready, \(label)", ours: server.startSeconds * 1000, unit: "ms"))
            for (name, path) in listings {
                let result = try Load.run(server, path: path, connections: 1, seconds: 3)
                if !result.errors.isEmpty { print("  list \(name): \(result.errors)") }
                figures.append(Figure(name: "list \(name), p50, \(label)", ours: result.p50, unit: "ms"))
                figures.append(Figure(name: "list \(name), p99, \(label)", ours: result.p99, unit: "ms", aim: "<= 20"))
            }
            figures.append(
                Figure(name: "memory after listings, \(label)", ours: try server.memory().resident, unit: "MB"))
            server.stop(removing: false)
        }
        return figures
    }

    private static let listings = [
        ("newest 50", "/api/runs?limit=50"), ("50 failed", "/api/runs?state=failed&limit=50"),
        ("50 of a label", "/api/runs?label=team%3Dt7&limit=50"), ("50 of a group", "/api/runs?group=g7&limit=50"),
    ]

    /// Stores ended runs of a hundred jobs, ten labels and a thousand groups.
    private static func populate(_ directory: URL, _ range: Range<Int>) async throws {
        let store = try SQLiteStore(directory: directory)
        var ids = RunIDSequence()
        let start = Date(milliseconds: 1_760_000_000_000)
        var batch: [NewRun] = []
        for index in range {
            let at = Date(milliseconds: start.milliseconds + Int64(index) * 10)
            var run = Run(
                id: ids.next(at: at, random: UInt64(index) &* 0x9E37_79B9_7F4A_7C15),
                job: Job(name: "job\(index % 100)", tasks: [TaskSpec(name: "main", spec: ["command": ["true"]])]),
                params: [:], key: nil, labels: ["team": "t\(index % 10)"], trigger: Trigger(source: "bench"),
                createdAt: at)
            _ = try run.apply(.claim, at: at)
            let code: Int32 = index % 20 == 0 ? 1 : 0
            let exit = TaskExit(ending: .exited(code: code), endedAt: at)
            _ = try run.apply(.taskFinished(exit, Verdict(code == 0 ? .ok : .exit)), at: at)
            batch.append(NewRun(run: run, groups: [GroupMembership(group: "g\(index % 1000)", batch: "b")]))
            if batch.count == 1000 || index == range.upperBound - 1 {
                _ = try await store.insert(batch, idempotency: nil)
                batch.removeAll(keepingCapacity: true)
            }
        }
        try store.close()
    }
}
