import Foundation
import MartletCore
import NIOCore
import NIOHTTP1

/// Blocking queries of the Nomad API: what 500 clients that wait cost one that writes, and how late they hear of it.
/// Jobs-replication contract §F case 8.
enum WaiterBench {
    private static let waiters = 500
    private static let writes = 50

    static func measure(_ machine: Machine) async throws -> [Figure] {
        let server = try await BenchServer(
            machine, environment: ["MARTLET_LIMITS_CONNECTIONS": String(waiters + 100)])
        defer { server.stop() }
        let alone = try await write(0..<writes, to: server)
        let nodes = try await server.caller.answer("GET", "/v1/nodes")
        let index = nodes.headers.first(name: "X-Nomad-Index") ?? ""
        let node = try JSONParser.parse(nodes.body.readableBytesView).array?.first?.object?["ID"]?.string ?? ""
        return try await BenchCaller.with(waiters, to: server) { callers in
            try await withThrowingTaskGroup(of: ContinuousClock.Instant.self) { group in
                for _ in 0..<waiters {
                    // The node changes by the last write alone.
                    group.addTask {
                        _ = try await callers.call("GET", "/v1/nodes?index=\(index)&wait=120s")
                        return .now
                    }
                }
                let deadline = ContinuousClock.now + .seconds(60)
                while try await waiting(server) < waiters {
                    // One that was refused or answered at once would be waited for in vain.
                    guard ContinuousClock.now < deadline else {
                        throw MartletError(.internal, "not all of \(waiters) clients wait")
                    }
                    try await Task.sleep(for: .milliseconds(20))
                }
                let beside = try await write(writes..<(2 * writes), to: server)
                let start = ContinuousClock.now
                let last = try await seconds {
                    _ = try await server.call("PUT", "/v1/node/\(node)/eligibility", ["Eligibility": "ineligible"])
                }
                var woken: [Double] = []
                for try await instant in group { woken.append((instant - start) / .seconds(1) * 1000) }
                return figures(alone: alone, beside: beside, last: last * 1000, woken: woken)
            }
        }
    }

    /// All in milliseconds; `woken` counts from the beginning of the last write.
    private static func figures(alone: [Double], beside: [Double], last: Double, woken: [Double]) -> [Figure] {
        let usual = alone.quantile(0.5)
        return [
            Figure(name: "Nomad job written while nobody waits, p50", ours: usual, unit: "ms"),
            Figure(
                name: "  while \(waiters) wait, p50", ours: beside.quantile(0.5), unit: "ms", peer: ("nobody", usual)),
            Figure(name: "  the slowest of \(writes)", ours: beside.max() ?? .nan, unit: "ms", aim: "<= 50"),
            Figure(name: "  the one that all \(waiters) wait for", ours: last, unit: "ms", aim: "<= 50"),
            Figure(name: "  the first of them has its answer after", ours: woken.min() ?? .nan, unit: "ms"),
            Figure(name: "  the last of them", ours: woken.max() ?? .nan, unit: "ms", aim: "<= 100"),
        ]
    }

    private static func waiting(_ server: BenchServer) async throws -> Int {
        let text = String(buffer: try await server.caller.answer("GET", "/metrics").body)
        let line = text.split(separator: "\n").first { $0.hasPrefix("martlet_waiters ") }
        return line.flatMap { Double($0.split(separator: " ")[1]) }.map { Int($0) } ?? 0
    }

    private static func write(_ numbers: Range<Int>, to server: BenchServer) async throws -> [Double] {
        var times: [Double] = []
        for number in numbers { times.append(try await write("other-\(number)", to: server)) }
        return times
    }

    /// Milliseconds until it is taken.
    private static func write(_ id: String, to server: BenchServer) async throws -> Double {
        let caller = server.caller
        return try await seconds { _ = try await caller.call("PUT", "/v1/jobs", NomadBench.job(id)) } * 1000
    }
}
