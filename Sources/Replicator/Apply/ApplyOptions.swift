package import Replication
package import SQLClient

/// What applying needs to know.
package struct ApplyOptions: Sendable {
    package var job: String
    package var target: SQLSettings
    package var settings: ReplicationSettings
    package var policy: ApplyPolicy
    /// Applied already, by what the job or its keys say; the target's own account is added.
    package var executed = ExecutedSet()
    /// The target's account does not count and is removed.
    package var isReset = false
    package var sourceFlavor: Flavor
    /// What a full copy that went on where another had ended left behind; nil: it was read at one place.
    package var window: CopyWindow?
    /// Of the source's collations; those of the target are known.
    package var characterSets = CharacterSets()
    /// The source's `lower_case_table_names` is 1 or 2.
    package var ignoresCase = false
    /// Called from any of the threads, in between its work.
    package var report: @Sendable (ApplyNotice) -> Void = { _ in }

    package init(job: String, target: SQLSettings, settings: ReplicationSettings, sourceFlavor: Flavor) {
        self.job = job
        self.target = target
        self.settings = settings
        policy = settings.policy
        self.sourceFlavor = sourceFlavor
    }
}

/// What somebody may want to know of while changes are applied.
package enum ApplyNotice: Sendable, Equatable {
    /// The target cannot take changes at present; it is tried again.
    case waiting(SQLError.Kind, String)
    /// It takes them again.
    case resumed
    /// A statement was not followed, and why.
    case skipped(statement: String, reason: String)
    case ran(statement: String)
    /// A row was not what it was at the source, and was made so.
    case diverged(String)
}

/// Where applying stands.
package struct ApplyProgress: Sendable, Equatable {
    package var executed = ExecutedSet()
    /// Of the source: all before it is applied.
    package var file = ""
    package var position: UInt64 = 0
    /// When the last applied transaction was committed at the source, seconds since 1970; where none was, the
    /// first that waits; 0: there is none.
    package var timestamp: UInt32 = 0
    package var rows: UInt64 = 0
    package var transactions: UInt64 = 0
    /// Of the target: each holds one or more of the source's.
    package var targetTransactions: UInt64 = 0
    /// Of those, begun because enough was joined.
    package var fullGroups: UInt64 = 0
    /// Of those, begun because nothing more came in time.
    package var lateGroups: UInt64 = 0
    package var retries: UInt64 = 0
    package var divergedRows: UInt64 = 0
    package var lastError = ""
}
