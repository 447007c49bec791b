package import Foundation
package import GoWire

/// How a node fares: `{startTime, updateTime, crond_status, goroutines, running_tasks, mem_stats}`.
package struct NodeState: Sendable, Hashable {
    package var startedAt: Date?
    /// When it was told its jobs last; nil: never.
    package var updatedAt: Date?
    package var isStopped: Bool
    /// Unfinished runs about volumes.
    package var running: Int
    package var threads: Int64
    /// Bytes in memory, and bytes of address space.
    package var resident: Int64
    package var reserved: Int64

    package init(
        startedAt: Date?, updatedAt: Date?, isStopped: Bool, running: Int, threads: Int64, resident: Int64,
        reserved: Int64
    ) {
        self.startedAt = startedAt
        self.updatedAt = updatedAt
        self.isStopped = isStopped
        self.running = running
        self.threads = threads
        self.resident = resident
        self.reserved = reserved
    }

    package var wire: WireValue {
        .object([
            ("startTime", .string(GoTime(startedAt).text())), ("updateTime", .string(GoTime(updatedAt).text())),
            ("crond_status", .string(isStopped ? "stopped" : "started")), ("goroutines", .int(threads)),
            ("running_tasks", .int(Int64(running))),
            ("mem_stats", .object([("Alloc", .int(resident)), ("Sys", .int(reserved))])),
        ])
    }
}
