import Synchronization

/// What the processes of replications last told, by the folders of their jobs: ``ReplicationCare`` keeps it, routes and figures
/// read it. In memory only: the next server begins anew.
package final class ReplicationDesk: Sendable {
    struct Known: Sendable {
        var source: ReplicationSide?
        var target: ReplicationSide?
        var history = ReplicationHistory()

        var job: String? { target?.job ?? source?.job }
        /// One of its processes is there.
        var isLive: Bool { target?.isAlive == true || source?.isAlive == true }
        /// Nil: nobody writes to the target now, whatever its last process has told.
        var writing: ReplicationSide? { target.flatMap { $0.isAlive ? $0 : nil } }
    }

    private let known = Mutex<[String: Known]>([:])

    /// Nil: no process of it has told anything.
    func known(of job: String) -> Known? {
        let found = known.withLock { $0[ReplicationFolder.name(of: job)] }
        return found?.job == job ? found : nil
    }

    /// Those with a process, by their jobs.
    var live: [(job: String, known: Known)] {
        known.withLock { Array($0.values) }.filter(\.isLive).compactMap { known in known.job.map { ($0, known) } }
            .sorted { $0.job < $1.job }
    }

    func tell(_ source: ReplicationSide?, _ target: ReplicationSide?, in folder: String) {
        known.withLock { all in
            all[folder, default: Known()].source = source
            all[folder, default: Known()].target = target
            guard let target, let at = target.updated, target.isAlive else { return }
            all[folder]?.history.add(
                ReplicationHistory.Point(
                    at: at, lag: target.amount("lag"), rowsPerSecond: target.amount("rowsPerSecond") ?? 0))
        }
    }

    func keep(_ folders: Set<String>) {
        known.withLock { all in all = all.filter { folders.contains($0.key) } }
    }
}
