import MartletCore
import Synchronization

/// The runs that were written last, decoded: what the next change of a run starts from. Filled and asked
/// by the writer alone; an entry counts only if its version is the row's, so a rollback cannot mislead it.
final class HotRuns: Sendable {
    private static let capacity = 2048
    private let runs = Mutex<[RunID: Run]>([:])

    func run(_ id: RunID, version: Int) -> Run? {
        runs.withLock { runs in
            guard let run = runs[id], run.version == version else { return nil }
            return run
        }
    }

    /// An ended run is not expected to change again.
    func keep(_ run: Run) {
        runs.withLock { runs in
            if run.state.isEnd {
                runs[run.id] = nil
            } else {
                if runs.count >= Self.capacity { runs.removeAll(keepingCapacity: true) }
                runs[run.id] = run
            }
        }
    }

    func removeAll() { runs.withLock { $0.removeAll() } }
}
