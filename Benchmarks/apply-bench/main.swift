import Binlog
import Foundation
import MartletCore
import Replication
import Replicator
import SQLClient

// Applies what a source's binlog files hold after a position to a target, and says how fast:
//   apply-bench SOURCE-SOCKET TARGET-SOCKET SCHEMA WORKERS POSITION FILE…
let arguments = CommandLine.arguments
guard arguments.count > 6, let workers = Int64(arguments[4]) else {
    print("usage: apply-bench SOURCE-SOCKET TARGET-SOCKET SCHEMA WORKERS POSITION FILE…")
    exit(2)
}
let settings = try ReplicationSettings(
    config: [
        "ConnectionConfig": ["Host": "h", "Port": 1, "User": "u", "Password": "p"],
        "ParallelWorkers": .int(workers), "ReplicateDoDb": [["TableSchema": .string(arguments[3])]],
    ], role: .source)
let source = try SQLSession(SQLSettings(address: .socket(path: arguments[1]), user: "root", password: ""))
var options = ApplyOptions(
    job: "bench-\(UUID().uuidString.prefix(8))",
    target: SQLSettings(address: .socket(path: arguments[2]), user: "root", password: ""), settings: settings,
    sourceFlavor: source.flavor)
options.policy = .strict
if source.flavor.isMaria {
    options.executed.maria = try MariaGTIDPosition(arguments[5])
} else {
    options.executed.set = try GTIDSet(arguments[5])
}
let applier = try Applier(options)
let began = ContinuousClock.now
var framer = TransactionFramer(decoder: EventDecoder())
for name in arguments[6...] {
    let file = try FileHandle(forReadingFrom: URL(fileURLWithPath: name))
    _ = try file.read(upToCount: 4)
    var (bytes, place): ([UInt8], Int) = ([], 0)
    while let more = try file.read(upToCount: 1 << 20), !more.isEmpty {
        bytes = Array(bytes[place...]) + Array(more)
        place = 0
        while place + EventHeader.size <= bytes.count {
            let size = bytes[place + 9..<place + 13].reversed().reduce(0) { $0 << 8 | Int($1) }
            guard place + size <= bytes.count else { break }
            try framer.accept(Array(bytes[place..<place + size])) { try applier.accept($0) }
            place += size
        }
    }
}
try applier.flush()
let seconds = Double((ContinuousClock.now - began) / .milliseconds(1)) / 1000
let progress = applier.progress
applier.stop()
let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
let memory = status.split(separator: "\n").first { $0.hasPrefix("VmHWM") } ?? ""
print(
    "\(progress.transactions) transactions as \(progress.targetTransactions), \(progress.rows) rows in \(seconds) s: "
        + "\(Int(Double(progress.rows) / seconds)) rows/s, \(memory)")
