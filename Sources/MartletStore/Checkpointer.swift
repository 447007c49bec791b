import Foundation
import GRDB
import Synchronization

/// Empties the write-ahead log when nothing has been written for a while, and when it has grown large.
final class Checkpointer: Sendable {
    static let largest: Int64 = 64 << 20
    static let idle = DispatchTimeInterval.seconds(2)

    private struct State {
        /// Counts batches, so that a timer can see whether anything was written since it was set.
        var batches = 0
        var isTimerSet = false
        /// Where the next truncation is tried, above ``largest`` after one that readers prevented.
        var threshold = Checkpointer.largest
    }

    private let walFile: String
    private let state = Mutex(State())

    init(walFile: String) { self.walFile = walFile }

    /// Called on the writer after each transaction.
    func afterBatch(_ db: Database, isIdle: Bool, _ pool: DatabasePool) {
        let (threshold, batch, needsTimer) = state.withLock { state in
            state.batches += 1
            let needsTimer = isIdle && !state.isTimerSet
            if needsTimer { state.isTimerSet = true }
            return (state.threshold, state.batches, needsTimer)
        }
        if OwnerOnly.size(walFile) >= threshold {
            let isEmpty = truncate(db)
            state.withLock { $0.threshold = isEmpty ? Self.largest : $0.threshold * 5 / 4 }
        }
        if needsTimer { setTimer(after: batch, pool) }
    }

    private func setTimer(after batch: Int, _ pool: DatabasePool) {
        DispatchQueue.global().asyncAfter(deadline: .now() + Self.idle) { [weak self, weak pool] in
            guard let self, let pool else { return }
            let latest = self.state.withLock { $0.batches }
            guard latest == batch else { return self.setTimer(after: latest, pool) }
            self.state.withLock { $0.isTimerSet = false }
            pool.asyncWriteWithoutTransaction { _ = self.truncate($0) }
        }
    }

    /// False when a reader prevented it. Waits for readers a moment only: the writer is held meanwhile.
    private func truncate(_ db: Database) -> Bool {
        do {
            try db.execute(sql: "PRAGMA busy_timeout = 100")
            defer { try? db.execute(sql: "PRAGMA busy_timeout = 5000") }
            _ = try db.checkpoint(.truncate)
            return true
        } catch {
            return false
        }
    }
}
