/// A committed answer that is given again to the same idempotency key.
package struct IdempotencyRecord: Sendable, Hashable {
    package let key: String
    /// The request's body; a store keeps only its hash.
    package let body: [UInt8]
    package init(key: String, body: [UInt8]) {
        self.key = key
        self.body = body
    }
}

/// Membership of a run in a named set; a batch is one submission of it.
package struct GroupMembership: Sendable, Hashable, Codable {
    package let group: String
    package let batch: String
    package init(group: String, batch: String) {
        self.group = group
        self.batch = batch
    }
}

/// Another name of a run, unique within its facade.
package struct RunAlias: Sendable, Hashable, Codable {
    package let facade: String
    package let alias: String
    package init(facade: String, alias: String) {
        self.facade = facade
        self.alias = alias
    }
}

/// How many runs of one job may be not over, and what becomes of the next. Decided in the inserting transaction,
/// so that two submissions at once cannot both be the last one.
package struct Admission: Sendable, Hashable {
    package enum Otherwise: String, Sendable, Codable, CaseIterable {
        /// It is recorded as ended without having run (`cancelled`, outcome `skipped`).
        case refuse
        /// Nothing is inserted; the answer is the newest run that is not over.
        case join
        /// It is accepted, and of the runs before it the oldest are ended until it has a place.
        case replace
    }

    package let mostUnfinished: Int
    package let otherwise: Otherwise

    package init(mostUnfinished: Int, otherwise: Otherwise) {
        self.mostUnfinished = mostUnfinished
        self.otherwise = otherwise
    }
}

/// A run to insert with what belongs to it.
package struct NewRun: Sendable {
    package var run: Run
    package var secrets: [String: Secret]
    package var groups: [GroupMembership]
    /// Runs that are there already and become members of the same groups.
    package var members: [RunID]
    package var aliases: [RunAlias]
    /// Nil: always accepted.
    package var admission: Admission?
    /// Nil: it joins no other run.
    package var claim: Claim?
    /// Which runs it may join.
    package var joinable: Rights
    /// Nil: it may be stored whatever else is so.
    package var condition: ClusterCondition?
    package init(
        run: Run, secrets: [String: Secret] = [:], groups: [GroupMembership] = [], members: [RunID] = [],
        aliases: [RunAlias] = [],
        admission: Admission? = nil, claim: Claim? = nil, joinable: Rights = .all, condition: ClusterCondition? = nil
    ) {
        self.condition = condition
        self.run = run
        self.secrets = secrets
        self.groups = groups
        self.members = members
        self.aliases = aliases
        self.admission = admission
        self.claim = claim
        self.joinable = joinable
    }
}

/// Answer of an insert: the runs' ids in order, new or from the idempotency record.
package struct Inserted: Sendable, Hashable {
    package let ids: [RunID]
    package let replayed: Bool
    /// Those of them that were there before and were joined.
    package let joined: Set<RunID>
    package init(ids: [RunID], replayed: Bool, joined: Set<RunID> = []) {
        self.ids = ids
        self.replayed = replayed
        self.joined = joined
    }
}
