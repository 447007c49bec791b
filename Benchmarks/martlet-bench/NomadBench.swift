import Foundation
import MartletCore

/// Batch jobs of one `/bin/true` through the Nomad API, beside what was recorded of Nomad 0.11.2 on a like machine: 1,000
/// jobs, one connection, 2 shared cores.
enum NomadBench {
    private static let jobs = 1000

    static func measure(_ machine: Machine) async throws -> [Figure] {
        // Removed at the end: ext4 looks long for a free inode where many were given back a moment ago.
        let folder = FileManager.default.temporaryDirectory.appending(path: "martlet-bench-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        var figures: [Figure] = []
        for connections in [1, 64] {
            figures += try await run(machine, folder.appending(path: "\(connections)").path, connections: connections)
        }
        return figures
    }

    private static func run(_ machine: Machine, _ data: String, connections: Int) async throws -> [Figure] {
        let server = try await BenchServer(machine, data: data)
        defer { server.stop(removing: false) }
        let start = ContinuousClock.now
        let times = try await BenchCaller.with(connections, to: server) { caller in
            try await withThrowingTaskGroup(of: [Double].self) { group in
                for connection in 0..<connections {
                    group.addTask { try await submit(stride(from: connection, to: jobs, by: connections), by: caller) }
                }
                return try await group.reduce(into: []) { $0 += $1 }
            }
        }
        let submitted = (ContinuousClock.now - start) / .seconds(1)
        while try await !isOver(server) { try await Task.sleep(for: .milliseconds(100)) }
        let over = (ContinuousClock.now - start) / .seconds(1)
        let label = "\(connections) connection\(connections == 1 ? "" : "s")"
        return [
            Figure(
                name: "Nomad jobs submitted, \(label)", ours: Double(jobs) / submitted, unit: "/s",
                peer: ("Nomad, recorded", 39), aim: ">= 1000"),
            Figure(name: "  p50 of one", ours: times.quantile(0.5), unit: "ms", peer: ("Nomad, recorded", 18)),
            Figure(name: "  p99 of one", ours: times.quantile(0.99), unit: "ms", peer: ("Nomad, recorded", 126)),
            Figure(
                name: "  jobs of /bin/true to their end", ours: Double(jobs) / over, unit: "/s",
                peer: ("Nomad, recorded", 17.2), aim: ">= 300"),
            Figure(
                name: "  memory at most, resident", ours: try server.greatestMemory(), unit: "MB",
                peer: ("Nomad, recorded", 401), aim: "<= 100"),
        ]
    }

    /// Milliseconds of each.
    private static func submit(_ numbers: StrideTo<Int>, by caller: BenchCaller) async throws -> [Double] {
        var times: [Double] = []
        for number in numbers {
            times.append(
                try await seconds { _ = try await caller.call("PUT", "/v1/jobs", job("bench-\(number)")) } * 1000)
        }
        return times
    }

    static func job(_ id: String) -> JSONValue {
        [
            "Job": [
                "ID": .string(id), "Name": .string(id), "Type": "batch",
                "Datacenters": ["dc1"],
                "TaskGroups": [
                    [
                        "Name": "g", "Count": 1,
                        "Tasks": [["Name": "t", "Driver": "raw_exec", "Config": ["command": "/bin/true"]]],
                    ]
                ],
            ]
        ]
    }

    /// Whether each job is dead with its one allocation complete. The list is read seldom: it is large.
    private static func isOver(_ server: BenchServer) async throws -> Bool {
        let runs = try await server.call("GET", "/api/runs?limit=1&state=pending,running,stopping")
        guard runs.object?["items"]?.array?.isEmpty == true else { return false }
        let list = try await server.call("GET", "/v1/jobs").array ?? []
        return list.count == jobs
            && list.allSatisfy { job in
                let summary = job.object?["JobSummary"]?.object?["Summary"]?.object?["g"]?.object
                return job.object?["Status"]?.string == "dead" && summary?["Complete"] == .int(1)
            }
    }
}
