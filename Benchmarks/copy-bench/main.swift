import Foundation
import MartletCore
import Replication
import Replicator
import SQLClient

/// Copies one schema between two servers and says how long it took: `copy-bench SOURCE-SOCKET TARGET-SOCKET SCHEMA WORKERS [CHUNK]`.
func run(_ arguments: [String]) throws {
    guard arguments.count >= 5, let workers = Int(arguments[4]) else {
        FileHandle.standardError.write(
            Data("usage: copy-bench SOURCE-SOCKET TARGET-SOCKET SCHEMA WORKERS [CHUNK]\n".utf8))
        exit(1)
    }
    let connection: JSONValue = ["Host": "unused", "Port": 1, "User": "root", "Password": ""]
    let settings = try ReplicationSettings(
        config: ["ConnectionConfig": connection, "ReplicateDoDb": [["TableSchema": .string(arguments[3])]]],
        role: .source)
    var plan = CopyPlan(
        job: "bench-\(getpid())", source: SQLSettings(address: .socket(path: arguments[1]), user: "root", password: ""),
        target: SQLSettings(address: .socket(path: arguments[2]), user: "root", password: ""),
        selection: try Selection(settings))
    plan.workers = workers
    plan.chunkSize = arguments.count > 5 ? Int(arguments[5]) ?? plan.chunkSize : plan.chunkSize
    let copy = FullCopy(plan) { print($0) }
    let start = ContinuousClock.now
    _ = try copy.run()
    let time = ContinuousClock.now - start
    let progress = copy.progress.withLock { $0 }
    var usage = rusage()
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    let cpu =
        Double(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec)
        + Double(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6
    print(
        "\(progress.rows) rows, \(progress.bytes >> 20) MiB in \(time / .seconds(1)) s; \(cpu) CPU-s, \(usage.ru_maxrss >> 10) MiB"
    )
}

try run(CommandLine.arguments)
