import Foundation
import GoWire
import MartletCore
import MartletHTTP

/// What one process of a replication last told of itself: its status file, see docs/replication-protocol.md.
struct ReplicationSide: Sendable {
    let members: [String: JSONValue]
    let job: String
    let pid: Int32

    /// Nil: these are not the members of a status.
    init?(_ members: [String: JSONValue]) {
        guard members["v"] == 1, let job = members["job"]?.string, case .int(let pid)? = members["pid"] else {
            return nil
        }
        (self.members, self.job, self.pid) = (members, job, Int32(clamping: pid))
    }

    var isAlive: Bool { ReplicationStatus.isAlive(pid) }
    var state: String { members["state"]?.string ?? "" }
    /// The last that it came to; nil: none.
    var stage: String? { members["stages"]?.array?.last?.object?["stage"]?.string }
    /// Of the full copy; empty: there was none.
    var copy: [String: JSONValue] { members["full"]?.object ?? [:] }
    var stall: [String: JSONValue]? { members["stall"]?.object }
    var updated: Date? { members["updated"]?.string.flatMap(Timestamp.date) }

    func amount(_ name: String) -> Double? { members[name]?.amount }
    func amount(_ part: String, _ name: String) -> Double? { members[part]?.object?[name]?.amount }

    /// Of the copy, 0…1; nil: there is none, or nobody knows how much it is.
    var progress: Double? {
        if copy["done"] == true { return 1 }
        guard let rows = copy["rows"]?.amount, let total = copy["rowsTotal"]?.amount, total > 0 else { return nil }
        // The total is an estimate.
        return min(0.99, rows / total)
    }
}

extension JSONWriter {
    /// A side as the API shows it; null: it was never there.
    mutating func side(_ name: String, _ side: ReplicationSide?) {
        key(name)
        guard let side else { return null() }
        object { json in
            json.field("alive", side.isAlive)
            for name in ["state", "started", "updated", "error"] {
                json.field(name, side.members[name] ?? .null)
            }
            json.field("stages", side.members["stages"] ?? [])
            for name in ["gtid", "file"] {
                json.field(name, side.members[name]?.string.flatMap { $0.isEmpty ? nil : $0 })
            }
            json.field("position", side.members["file"] == "" ? .null : side.members["position"] ?? .null)
            for name in ["lag", "rowsPerSecond", "transactionsPerSecond"] {
                json.field(name, side.members[name] ?? .null)
            }
            json.field("progress", side.progress.map(JSONValue.double) ?? .null)
            json.field("copy", side.copy.isEmpty ? .null : .object(side.copy))
            for (name, part) in [("applied", "incremental"), ("spool", "spool")] {
                json.field(name, side.members[part] ?? .null)
            }
            json.field("retries", side.members["retries"] ?? 0)
            json.field("lastError", side.members["lastError"] ?? .null)
            json.field("stall", side.members["stall"] ?? .null)
            json.field("events", side.members["events"] ?? [])
        }
    }
}
