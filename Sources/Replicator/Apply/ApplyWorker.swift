import Binlog
import SQLClient

/// One session's work: takes bundles from its lane and commits each as one transaction of the target.
struct ApplyWorker {
    private let number: Int
    private let options: ApplyOptions
    private let shared: ApplyState
    private let target: TargetSession

    init(_ number: Int, _ options: ApplyOptions, _ shared: ApplyState) {
        self.number = number
        self.options = options
        self.shared = shared
        target = TargetSession(options.target, job: options.job, number: number, shared)
    }

    private enum Work {
        case bundle(ApplyState.Bundle)
        case giant(GiantTransaction)
    }

    /// Until there is nothing more to do and the end was asked for, or something failed.
    func run() {
        defer { target.close() }
        while let work = take() {
            do {
                switch work {
                case .bundle(let bundle): try apply(bundle)
                case .giant(let giant): try apply(giant)
                }
            } catch is ApplyState.Stopped {
                return end(work)
            } catch {
                shared.fail(error)
                return end(work)
            }
        }
    }

    private func end(_ work: Work) {
        if case .giant(let giant) = work { giant.parts.clear() }
    }

    private func take() -> Work? {
        let work = shared.monitor.wait { content -> Work?? in
            if content.failure != nil || content.isCut { return .some(nil) }
            if let bundle = content.lanes[number].open {
                content.lanes[number].open = nil
                content.lanes[number].isBusy = true
                return .bundle(bundle)
            }
            if let giant = content.lanes[number].stream {
                content.lanes[number].stream = nil
                content.lanes[number].isBusy = true
                return .giant(giant)
            }
            return content.isStopping ? .some(nil) : nil
        }
        return work ?? nil
    }

    // MARK: Bundles

    private func apply(_ bundle: ApplyState.Bundle) throws {
        let checkpoint = CheckpointRow.rows(for: bundle.transactions.compactMap { GTID($0.identity) })
        var result = Written()
        var isInDoubt = false
        try target.perform { session in
            if isInDoubt, try isThere(checkpoint, session) { return }
            isInDoubt = true
            result = try write(bundle, checkpoint, session)
            try session.run("COMMIT")
        }
        let written = result
        shared.monitor.withLock { content in
            content.lanes[number].committed = bundle.number
            content.lanes[number].isBusy = false
            content.tracker.add(checkpoint)
            content.tracker.add(written)
            for transaction in bundle.transactions { content.tracker.finish(transaction.ordinal) }
        }
        for divergence in written.divergences.prefix(10) { shared.report(.diverged(divergence)) }
    }

    private func write(
        _ bundle: ApplyState.Bundle, _ checkpoint: [CheckpointRow], _ session: SQLSession
    ) throws -> Written {
        do {
            var writer = RowWriter(session, target)
            try begin(checkpoint, &writer)
            for transaction in bundle.transactions { for change in transaction.changes { try writer.write(change) } }
            try writer.finish()
            return Written(rows: writer.rows, divergences: [])
        } catch is RowWriter.Unexpected {
            try session.run("ROLLBACK")
            return try writeCarefully(bundle, checkpoint, session)
        }
    }

    private func writeCarefully(
        _ bundle: ApplyState.Bundle, _ checkpoint: [CheckpointRow], _ session: SQLSession
    ) throws -> Written {
        defer { target.checksForeignKeys = true }
        var opening = RowWriter(session, target)
        try begin(checkpoint, &opening)
        try opening.finish()
        var writer = CarefulWriter(session, options.policy)
        for transaction in bundle.transactions { for change in transaction.changes { try writer.write(change) } }
        try session.run("SET SESSION foreign_key_checks=1")
        return Written(rows: writer.rows, divergences: writer.divergences)
    }

    /// The checkpoint comes first: a job in the other direction knows the transaction by it before any row.
    private func begin(_ checkpoint: [CheckpointRow], _ writer: inout RowWriter) throws {
        try writer.append("BEGIN")
        guard !checkpoint.isEmpty else { return }
        let values = checkpoint.map { $0.values(job: options.job) }.joined(separator: ",")
        try writer.append("INSERT INTO \(Checkpoint.table) VALUES \(values)")
    }

    /// Whether a commit whose answer was lost took place.
    private func isThere(_ checkpoint: [CheckpointRow], _ session: SQLSession) throws -> Bool {
        guard let first = checkpoint.first else { return false }
        return try session.value("SELECT COUNT(*) FROM \(Checkpoint.table) WHERE \(first.place(job: options.job))")
            == "1"
    }

    // MARK: Giant transactions

    /// What was read of it is gone, so that it cannot be tried again from here.
    private func apply(_ giant: GiantTransaction) throws {
        let checkpoint = CheckpointRow.rows(for: [giant.identity].compactMap { GTID($0) })
        do {
            let session = try target.session()
            var writer = RowWriter(session, target)
            try begin(checkpoint, &writer)
            while let part = giant.parts.take() {
                switch part {
                case .change(let change): try writer.write(change)
                case .end(let isKept, let ordinal):
                    try writer.finish()
                    try session.run(isKept ? "COMMIT" : "ROLLBACK")
                    return finish(ordinal, isKept ? checkpoint : [], rows: isKept ? writer.rows : 0)
                }
            }
            throw ApplyState.Stopped()
        } catch let error as SQLError where error.isTransient {
            target.close()
            throw ApplyError("a large transaction was cut off: \(error)", kind: .replay)
        } catch let error as RowWriter.Unexpected {
            target.close()
            throw ApplyError("in a large transaction, the target has \(error.reason)")
        } catch {
            target.close()
            throw error
        }
    }

    private func finish(_ ordinal: Int, _ checkpoint: [CheckpointRow], rows: Int) {
        shared.monitor.withLock { content in
            content.lanes[number].isBusy = false
            content.tracker.add(checkpoint)
            content.tracker.add(Written(rows: rows))
            content.tracker.finish(ordinal)
        }
    }
}

/// What a transaction of the target held.
struct Written: Sendable {
    var rows = 0
    var divergences: [String] = []
}

extension ProgressTracker {
    mutating func add(_ written: Written) {
        progress.rows += UInt64(written.rows)
        progress.targetTransactions += 1
        progress.divergedRows += UInt64(written.divergences.count)
    }
}
