package import Foundation
import Synchronization

/// One mutating call: who asked for what, from where, and what became of it.
package struct AuditEntry: Sendable, Hashable {
    package var caller: String
    package var token: String?
    /// Address of the peer, without its port.
    package var address: String?
    /// Method and route: `POST /api/runs/{id}/stop`.
    package var action: String
    /// What it was about: `run 019a…`, `job nightly`; empty when nothing was touched.
    package var target: String
    /// `done`; `unchanged` when a facade answered and nothing was changed; else the code of the problem or the status of the
    /// answer.
    package var outcome: String
    /// Id of the request, as it stands in the answer and in the server's log.
    package var request: String
    /// SHA-256 of what was stored before and after; nil: nothing.
    package var before: [UInt8]?
    package var after: [UInt8]?

    package static let done = "done"
    package static let unchanged = "unchanged"

    package init(
        caller: String, token: String? = nil, address: String? = nil, action: String, target: String = "",
        outcome: String = AuditEntry.done, request: String, before: [UInt8]? = nil, after: [UInt8]? = nil
    ) {
        self.caller = caller
        self.token = token
        self.address = address
        self.action = action
        self.target = target
        self.outcome = outcome
        self.request = request
        self.before = before
        self.after = after
    }
}

/// A stored entry. `hash` covers it and, through the hash of the record before, everything older.
package struct AuditRecord: Sendable, Hashable {
    /// From 1, without gaps.
    package let number: Int64
    package let at: Date
    package let entry: AuditEntry
    package let hash: [UInt8]

    package init(number: Int64, at: Date, entry: AuditEntry, hash: [UInt8]) {
        self.number = number
        self.at = at
        self.entry = entry
        self.hash = hash
    }
}

/// What a walk over the whole chain found.
package struct AuditVerdict: Sendable, Hashable {
    /// A record by number and hash: what to write down elsewhere, and to look for later.
    package struct Mark: Sendable, Hashable {
        package let number: Int64
        package let hash: [UInt8]
        package init(number: Int64, hash: [UInt8]) {
            self.number = number
            self.hash = hash
        }
    }

    /// Records that fit.
    package var records = 0
    /// The newest of them.
    package var head: Mark?
    /// What is wrong with the first record that does not fit; nil: all do.
    package var problem: String?
    package init() {}
}

/// The trail of mutating calls: append-only, each record chained to the one before.
package protocol AuditStore: Sendable {
    /// Durable when it returns.
    func append(_ entry: AuditEntry) async throws
    /// Newest first, older than `before`; about one target when it is given.
    func auditRecords(before number: Int64?, target: String?, limit: Int) async throws -> [AuditRecord]
    /// Looks at every record, a part at a time.
    func verifyAudit() async throws -> AuditVerdict
    /// Forgets at most `limit` of the oldest records from before; the chain is then checked from there on. Returns how
    /// many.
    func deleteAudit(before date: Date, limit: Int) async throws -> Int
}

/// The audited call that a task works on. The first change it makes carries the record, so that there is no
/// change without its record and no record of a change that was not made.
package final class AuditScope: Sendable {
    @TaskLocal package static var current: AuditScope?

    private struct State {
        var isWritten = false
        var note: Note?
    }

    /// What the record says beside what the transactions of the call say.
    package struct Note: Sendable, Hashable {
        package let target: String
        package let outcome: String
    }

    private let entry: AuditEntry
    private let state = Mutex(State())
    package init(_ entry: AuditEntry) { self.entry = entry }

    /// Nil: what becomes of the call is seen from its answer.
    package var note: Note? { state.withLock { $0.note } }

    /// What the call did, or was refused, that neither a transaction nor the status of the answer tells. Its record is
    /// written before the answer.
    package func note(_ target: String, outcome: String = AuditEntry.done) {
        state.withLock { $0.note = Note(target: target, outcome: outcome) }
    }

    /// The entry, to the first who asks.
    package func take() -> AuditEntry? {
        state.withLock { state in
            defer { state.isWritten = true }
            guard !state.isWritten else { return nil }
            var entry = entry
            if let note = state.note { entry.target = note.target }
            return entry
        }
    }

    /// For one more change of the same call.
    package func another() -> AuditScope { AuditScope(entry) }

    /// The transaction that was to carry it is lost.
    package func giveBack() { state.withLock { $0.isWritten = false } }
}
