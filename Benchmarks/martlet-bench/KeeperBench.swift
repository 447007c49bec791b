import Foundation
import KeeperProtocol
import MartletCore
import MartletProcess

/// The executor and its keepers alone: no HTTP, no store.
enum KeeperBench {
    /// Seconds for `count` runs of `/bin/true`, eight at a time, below `directory`.
    static func zygote(_ machine: Machine, _ count: Int, _ directory: String) async throws -> Double {
        defer { try? FileManager.default.removeItem(atPath: directory) }
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        let executor = try LocalExecutor(
            dataDirectory: directory, keeper: machine.binaries + "/martlet-keeper",
            baseEnvironment: ["PATH": "/usr/bin:/bin"], seal: { _ in ("mark", "seal") })
        return try await seconds {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for lane in 0..<8 {
                    group.addTask {
                        for index in stride(from: lane, to: count, by: 8) {
                            let address = TaskAddress(run: RunID(high: 1, low: UInt64(index)), attempt: 1, task: 0)
                            _ = try await executor.run(Command(argv: ["/bin/true"]), at: address) { _ in }
                        }
                    }
                }
                try await group.waitForAll()
            }
        }
    }

    /// Seconds for the same by a keeper that is executed anew for each run: what the zygote saves.
    static func executed(_ machine: Machine, _ count: Int, _ directory: String) throws -> Double {
        defer { try? FileManager.default.removeItem(atPath: directory) }
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        return try Spawn.eightWay(count, [machine.binaries + "/martlet-keeper", "run"]) { index in
            try LaunchFrame(
                runDirectory: "\(directory)/\(index)", baseName: "1.0", mark: "mark", seal: "seal", bootID: "bench",
                argv: ["/bin/true"], environment: ["PATH=/usr/bin:/bin"], grace: 1000, logCap: 1 << 20
            ).encoded()
        }
    }
}
