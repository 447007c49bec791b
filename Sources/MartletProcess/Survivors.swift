import CMartlet
import Foundation
import MartletCore

/// Finds and ends what a dead keeper left behind: processes of its session, those that carry its mark in
/// their environment, and all descendants of both.
struct Survivors {
    let keeper: ControlFile.KeeperLine
    /// `MARTLET_RUN=<run>.<mark>`.
    private let mark: [UInt8]
    private static let anyMark = Array("MARTLET_RUN=".utf8)

    init(of keeper: ControlFile.KeeperLine, run: RunID) {
        self.keeper = keeper
        mark = Array("MARTLET_RUN=\(run).\(keeper.mark)".utf8)
    }

    /// Returns when none is left, with every pid that was killed. A process that cannot be killed keeps this
    /// waiting: nobody may believe the task gone before it is.
    func sweep() async throws -> [pid_t] {
        var killed: Set<pid_t> = []
        var stopped: Set<pid_t> = []
        var quiet = 0
        while true {
            let found = find()
            if found.isEmpty { return killed.sorted() }
            let new = found.subtracting(stopped)
            if new.isEmpty { quiet += 1 } else { quiet = 0 }
            for pid in new where kill(pid, SIGSTOP) == 0 { stopped.insert(pid) }
            if quiet >= 2 {
                for pid in found where kill(pid, SIGKILL) == 0 { killed.insert(pid) }
                try await Task.sleep(for: .milliseconds(10))
            }
        }
    }

    /// Live processes only: a zombie does nothing, and its parent may never reap it.
    private func find() -> Set<pid_t> {
        let stats = Self.processes()
        // A process with the keeper's pid that is not the keeper: the number was given out again, which the
        // kernel does only when the old session is empty.
        let sessionIsOurs = stats[keeper.pid].map { $0.start == keeper.start } ?? true
        var found: Set<pid_t> = []
        for (pid, stat) in stats where pid != keeper.pid && pid != getpid() && stat.start >= keeper.start {
            if isMarked(pid, inSession: sessionIsOurs && stat.session == keeper.pid) { found.insert(pid) }
        }
        addDescendants(to: &found, stats)
        return found.filter { stats[$0]?.isZombie == false }
    }

    /// A mark of another run weighs more than a session number.
    private func isMarked(_ pid: pid_t, inSession: Bool) -> Bool {
        guard let file = Descriptor(opening: "/proc/\(pid)/environ", O_RDONLY) else { return inSession }
        let entries = file.read(from: 0, count: 1 << 20).split(separator: 0)
        let marks = entries.filter { $0.starts(with: Self.anyMark) }
        if marks.contains(where: { $0.elementsEqual(mark) }) { return true }
        return inSession && marks.isEmpty
    }

    private func addDescendants(to found: inout Set<pid_t>, _ stats: [pid_t: ProcessStat]) {
        let children = Dictionary(grouping: stats.keys) { stats[$0]?.parent ?? 0 }
        var queue = Array(found)
        while let parent = queue.popLast() {
            for child in children[parent] ?? [] where found.insert(child).inserted { queue.append(child) }
        }
    }

    private static func processes() -> [pid_t: ProcessStat] {
        let capacity = 1 << 17
        let pids = [pid_t](unsafeUninitializedCapacity: capacity) { buffer, count in
            count = mt_processes(buffer.baseAddress, capacity)
        }
        return pids.reduce(into: [:]) { $0[$1] = ProcessStat($1) }
    }
}
