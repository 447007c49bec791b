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
        let isThere = shared.monitor.wait { content -> Bool? in
            if content.failure != nil || content.isCut { return false }
            if content.lanes[number].open != nil || content.lanes[number].stream != nil { return true }
            return content.isStopping ? false : nil
        }
        guard isThere == true else { return nil }
        gather()
        return shared.monitor.withLock { content in
            let lane = content.lanes[number]
            content.lanes[number].open = nil
            if lane.open == nil { content.lanes[number].stream = nil }
            content.lanes[number].isBusy = true
            return lane.open.map { .bundle($0) } ?? lane.stream.map { .giant($0) }
        }
    }

    /// Waits for what comes at once after the first, unless somebody waits for this.
    private func gather() {
        let grouping = shared.grouping
        let isEnough = shared.monitor.wait(atMost: grouping.patience) { content -> Bool? in
            guard let bundle = content.lanes[number].open else { return false }
            if grouping.isEnough(bundle) { return true }
            return content.isAwaited || content.isStopping || content.isCut || content.failure != nil ? false : nil
        }
        shared.monitor.quietly { content in
            switch isEnough {
            case true?: content.tracker.progress.fullGroups += 1
            case nil: content.tracker.progress.lateGroups += 1
            case false?: break
            }
        }
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
        tell(written.divergences)
    }

    private func tell(_ divergences: Divergences) {
        for text in divergences.texts { shared.report(.diverged(text)) }
    }

    private func write(
        _ bundle: ApplyState.Bundle, _ checkpoint: [CheckpointRow], _ session: SQLSession
    ) throws -> Written {
        do {
            var writer = RowWriter(session, target)
            try begin(checkpoint, &writer)
            for transaction in bundle.transactions { for change in transaction.changes { try writer.write(change) } }
            try writer.finish()
            return Written(rows: writer.rows)
        } catch is RowWriter.Unexpected {
            try session.run("ROLLBACK")
            try begin(checkpoint, session)
            return try writeCarefully(bundle.transactions.lazy.flatMap(\.changes), session)
        }
    }

    /// Inside of an open transaction.
    private func writeCarefully(_ changes: some Sequence<RowChange>, _ session: SQLSession) throws -> Written {
        target.checksForeignKeys = nil
        var writer = CarefulWriter(session, options.policy, mostBytes: target.mostBytes)
        for change in changes { try writer.write(change) }
        try session.run("SET SESSION foreign_key_checks=1")
        target.checksForeignKeys = true
        return Written(rows: writer.rows, divergences: writer.divergences)
    }

    private func begin(_ checkpoint: [CheckpointRow], _ session: SQLSession) throws {
        var writer = RowWriter(session, target)
        try begin(checkpoint, &writer)
        try writer.finish()
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

    /// Bytes of the changes that are kept until the target has them as they have to be.
    private static let pieceBytes = 1 << 20

    /// What was read of it is gone, so that it cannot be tried again from here.
    private func apply(_ giant: GiantTransaction) throws {
        do {
            try write(giant, try target.session())
        } catch let error as SQLError where error.isTransient {
            target.close()
            throw ApplyError("a large transaction was cut off: \(error)", kind: .replay)
        } catch {
            target.close()
            throw error
        }
    }

    private func write(_ giant: GiantTransaction, _ session: SQLSession) throws {
        let checkpoint = CheckpointRow.rows(for: [giant.identity].compactMap { GTID($0) })
        try begin(checkpoint, session)
        var written = Written()
        var (piece, bytes): ([RowChange], Int) = ([], 0)
        while let part = giant.parts.take() {
            switch part {
            case .change(let change):
                piece.append(change)
                bytes += change.event.size
                guard bytes >= Self.pieceBytes else { continue }
                written.add(try write(piece, session))
                (piece, bytes) = ([], 0)
            case .end(let isKept, let ordinal):
                written.add(try write(piece, session))
                try session.run(isKept ? "COMMIT" : "ROLLBACK")
                return isKept ? finish(ordinal, checkpoint, written) : finish(ordinal, [], Written())
            }
        }
        throw ApplyState.Stopped()
    }

    /// Where the target's rows are not as expected, only this piece is undone and written row by row.
    private func write(_ piece: [RowChange], _ session: SQLSession) throws -> Written {
        do {
            var writer = RowWriter(session, target)
            try writer.append("SAVEPOINT martlet")
            for change in piece { try writer.write(change) }
            try writer.finish()
            return Written(rows: writer.rows)
        } catch is RowWriter.Unexpected {
            try session.run("ROLLBACK TO SAVEPOINT martlet")
            return try writeCarefully(piece, session)
        }
    }

    private func finish(_ ordinal: Int, _ checkpoint: [CheckpointRow], _ written: Written) {
        shared.monitor.withLock { content in
            content.lanes[number].isBusy = false
            content.tracker.add(checkpoint)
            content.tracker.add(written)
            content.tracker.finish(ordinal)
        }
        tell(written.divergences)
    }
}

/// What a transaction of the target held.
struct Written: Sendable {
    var rows = 0
    var divergences = Divergences()

    mutating func add(_ other: Written) {
        rows += other.rows
        divergences.add(other.divergences)
    }
}

extension ProgressTracker {
    mutating func add(_ written: Written) {
        progress.rows += UInt64(written.rows)
        progress.targetTransactions += 1
        progress.divergedRows += UInt64(written.divergences.count)
    }
}
