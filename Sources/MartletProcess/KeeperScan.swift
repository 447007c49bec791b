import CMartlet
import Foundation
package import MartletCore

/// A keeper that lives on this machine.
package struct LiveKeeper: Sendable, Hashable {
    package let pid: Int32
    package let task: TaskAddress
    /// Where its control file is now, without links; it moves with the directory.
    package let dataDirectory: String
}

/// Finds keepers by the control files that they hold open as long as they live. Sees those of this user; as root, all.
package enum KeeperScan {
    package static func all() -> [LiveKeeper] {
        let capacity = 1 << 17
        let pids = [pid_t](unsafeUninitializedCapacity: capacity) { buffer, count in
            count = mt_processes(buffer.baseAddress, capacity)
        }
        return pids.flatMap(keepers)
    }

    private static func keepers(_ pid: pid_t) -> [LiveKeeper] {
        // After an upgrade the program of an older keeper is deleted.
        guard let program = link("/proc/\(pid)/exe"), withoutDeletion(program).hasSuffix("/martlet-keeper") else {
            return []
        }
        let directory = "/proc/\(pid)/fd"
        let names = (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
        return names.compactMap { link("\(directory)/\($0)").flatMap { keeper(pid, holding: withoutDeletion($0)) } }
    }

    /// `<data-dir>/runs/<xx>/<run>/<attempt>.<task>.run`.
    private static func keeper(_ pid: pid_t, holding path: String) -> LiveKeeper? {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count > 4, parts[parts.count - 4] == "runs", let run = RunID(String(parts[parts.count - 2])) else {
            return nil
        }
        let name = parts[parts.count - 1].split(separator: ".")
        guard name.count == 3, name[2] == "run", let attempt = Int(name[0]), let task = Int(name[1]) else { return nil }
        return LiveKeeper(
            pid: pid, task: TaskAddress(run: run, attempt: attempt, task: task),
            dataDirectory: parts.dropLast(4).joined(separator: "/"))
    }

    private static func withoutDeletion(_ path: String) -> String {
        path.hasSuffix(" (deleted)") ? String(path.dropLast(" (deleted)".count)) : path
    }

    private static func link(_ path: String) -> String? {
        try? FileManager.default.destinationOfSymbolicLink(atPath: path)
    }
}
