package import SQLClient

/// What a full copy is told to do.
package struct CopyPlan: Sendable {
    package var job: String
    package var source: SQLSettings
    package var target: SQLSettings
    package var selection: Selection
    /// Rows of one read, which is one transaction of the target.
    package var chunkSize = 2000
    /// Threads that copy, each with a session at both sides.
    package var workers = 4
    /// Tables of the target that have a copied table's name are dropped first.
    package var dropsTables = false
    /// Schemas and tables are there already.
    package var skipsCreation = false
    /// Views, triggers, routines and events, too.
    package var copiesObjects = false

    package init(job: String, source: SQLSettings, target: SQLSettings, selection: Selection) {
        self.job = job
        self.source = source
        self.target = target
        self.selection = selection
    }
}

/// How far a full copy is.
package struct CopyProgress: Sendable, Hashable {
    package var tables = 0
    package var tablesDone = 0
    /// In the target, of this copy and those that it goes on with.
    package var rows = 0
    /// An estimate of the source.
    package var rowsTotal = 0
    /// As they were sent.
    package var bytes = 0
    /// Of this run alone.
    package var rowsNow = 0
    package var started: ContinuousClock.Instant?

    /// Time that is left at the pace so far; nil: nobody knows yet.
    package func remaining(at now: ContinuousClock.Instant) -> Duration? {
        guard let started, rowsNow > 0, rowsTotal >= rows else { return nil }
        return (now - started) * (Double(rowsTotal - rows) / Double(rowsNow))
    }
}

/// What a full copy leaves behind for what follows it.
package struct CopyResult: Sendable, Hashable {
    package struct Table: Sendable, Hashable {
        package let target: TableName
        /// What happened up to here is in the target: it must not be applied again.
        package let since: SnapshotPosition
        /// Of what happened up to here, some rows show it and some do not: rows must be put and taken away whether they are there
        /// or not. The same as `since` where the table was read at one moment.
        package let settled: SnapshotPosition
    }

    /// Where what follows begins: the earliest `since`.
    package let start: SnapshotPosition
    /// By the source's name.
    package let tables: [TableName: Table]
}

/// A full copy that ended and goes on where it was when it is run again.
package struct CopyInterrupted: Error, Sendable, Hashable, CustomStringConvertible {
    package let reason: String
    package var description: String { reason }
}
