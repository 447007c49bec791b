internal import Binlog
internal import SQLClient

/// Reads the spool from its start on, behind the writer. Belongs to one thread.
package final class SpoolCursor {
    private let spool: Spool
    private let stop: StopFlag
    private var segment: SpoolSegment?
    /// Where each segment that is still there begins.
    private var starts: [(number: Int, executed: ExecutedSet)] = []

    package init(_ spool: Spool, stop: StopFlag) {
        self.spool = spool
        self.stop = stop
    }

    /// The next event, waiting for it at the end; nil when the process is to end, or when nothing came within `limit`.
    /// - Throws: `SpoolDamage`; at the end of an ended spool the error it was ended with.
    package func next(atMost limit: Duration) throws -> [UInt8]? {
        if let event = try segment?.nextEvent() { return event }
        let deadline = ContinuousClock.now + limit
        while !stop.isRaised {
            let (changes, isEnded, end) = spool.state.withLock { ($0.changes, $0.isEnded, $0.end) }
            if let event = try nextWritten() { return event }
            if isEnded {
                if let end { throw end }
                return nil
            }
            guard ContinuousClock.now < deadline else { return nil }
            awaitChange(after: changes)
        }
        return nil
    }

    private func awaitChange(after changes: Int) {
        let time: Duration = spool.isShared ? .milliseconds(50) : .milliseconds(500)
        let isChanged = spool.state.wait(atMost: time) { $0.changes != changes ? true : nil } != nil
        if spool.isShared, !isChanged { spool.refresh() }
    }

    /// Removes the segments whose transactions are all applied.
    package func release(_ applied: ExecutedSet) {
        guard starts.count > 1, let kept = starts.lastIndex(where: { applied.isSuperset(of: $0.executed) }), kept > 0
        else { return }
        spool.remove(before: starts[kept].number)
        starts.removeFirst(kept)
    }

    private func nextWritten() throws -> [UInt8]? {
        while true {
            // Looked at before reading: what was written to this segment before the next one began must not be missed.
            let following = spool.numbers.first { $0 > segment?.number ?? 0 }
            if let event = try segment?.nextEvent() { return event }
            guard let following else { return nil }
            try open(following)
            if segment?.number != following { return nil }
        }
    }

    /// A segment whose first frame is not whole yet is opened later.
    /// - Throws: `SpoolDamage` where the one before is shorter than it was, or is gone.
    private func open(_ number: Int) throws {
        let opened = try SpoolSegment(spool.path(number), number: number)
        guard let start = try opened.start() else { return }
        if let segment, let size = start.previous, segment.number != number - 1 || segment.offset != size {
            throw segment.damage
        }
        starts.append((number, try start.set()))
        segment = opened
    }
}
