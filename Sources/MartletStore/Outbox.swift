import Foundation
import GRDB
import MartletCore
import Synchronization

extension SQLiteStore {
    /// Stores what the operation's ended runs leave and what they mean to others, in its own transaction: to their
    /// schedules, and to those who are to be told.
    func settle(_ scope: inout WriteScope) throws {
        guard !scope.ended.isEmpty else { return }
        defer { scope.ended = [] }
        try keepYields(&scope)
        for run in scope.ended { try closeFires(of: run, scope.db) }
        try owe(&scope)
    }

    /// Without channels nothing is read or written, but for what a job owes by name: it is recorded as given up.
    private func owe(_ scope: inout WriteScope) throws {
        let policy = notices.policy
        guard !policy.channels.isEmpty || scope.ended.contains(where: { !$0.job.notify.isEmpty }) else { return }
        let outbox = Outbox(db: scope.db, policy: policy, box: box, decoding: decoding, owed: owed)
        for run in scope.ended { try owe(for: run, outbox, &scope) }
    }

    /// What cannot be read of the outbox must not keep a run from ending: then the run's events say that nobody was told.
    /// Trouble of the database itself is everybody's.
    private func owe(for run: Run, _ outbox: Outbox, _ scope: inout WriteScope) throws {
        do {
            try scope.db.inSavepoint {
                try outbox.ended(run)
                return .commit
            }
        } catch let error as DatabaseError {
            throw error
        } catch {
            let note = "nobody was told of this end, the outbox cannot be read: \(error)"
            try scope.record(.note, String(note.prefix(1024)), of: run, at: now())
        }
    }
}

/// Finds out what an ended run means for the notices.
struct Outbox {
    let db: Database
    let policy: NoticePolicy
    let box: SecretBox
    let decoding: RunDecoding
    let owed: OwedChannels

    /// The run is stored already as it ended.
    func ended(_ run: Run) throws {
        let part = policy.describe(run, try secrets(of: run))
        let own = NoticeEnd(of: [part], wasGood: try remember(part, of: run))
        let named = Dictionary(
            run.job.notify.map { ($0.channel, Set($0.on).intersection(own.events)) }, uniquingKeysWith: { $0.union($1) }
        ).filter { !$0.value.isEmpty }
        let batches = try batches(of: run.id)
        if batches.isEmpty { return try endedAlone(part, own, named) }
        for batch in batches {
            try insert(part, cause: batch.cause, named)
            if try !hasUnfinished(batch) { try complete(batch, at: part.endedAt) }
        }
    }

    private func endedAlone(_ part: NoticePart, _ end: NoticeEnd, _ named: [String: Set<NoticeEvent>]) throws {
        let wanting = policy.channels(wanting: end, named: named)
        guard !wanting.isEmpty else { return }
        let cause = "run \(part.run)"
        try insert(part, cause: cause, named)
        let title = NoticeText.title(run: end, part)
        for (channel, events) in wanting {
            let content = Notice.Content(title: title, events: events, end: end)
            try insert(content, cause, channel, at: part.endedAt)
        }
    }

    // MARK: Batches

    /// The runs of one group in one submission: what is told of together.
    struct Batch {
        let id: String
        /// Empty: none.
        let group: String

        var cause: String { group.isEmpty ? "batch \(id)" : "batch \(id) \(group)" }
    }

    private func batches(of run: RunID) throws -> [Batch] {
        let statement = try db.cachedStatement(
            sql: """
                SELECT DISTINCT batch, group_name FROM run_groups INDEXED BY run_groups_run WHERE run = ?
                ORDER BY batch, group_name
                """)
        return try Row.fetchAll(statement, arguments: [run.blob]).map { Batch(id: $0[0], group: $0[1]) }
    }

    /// From the newest run on, or from the one that was not over the last time: else each end of a large batch would look
    /// at all that ended before it. A run may have come since: nothing is over before all were looked at.
    private func hasUnfinished(_ batch: Batch) throws -> Bool {
        if let last = owed.unfinished(of: batch.cause), try unfinished(batch, upTo: last) != nil { return true }
        return try unfinished(batch, upTo: Data(repeating: 0xFF, count: 16)) != nil
    }

    private func unfinished(_ batch: Batch, upTo last: Data) throws -> Data? {
        let statement = try db.cachedStatement(
            sql: """
                SELECT g.run FROM run_groups g INDEXED BY run_groups_batch CROSS JOIN runs r ON r.id = g.run
                WHERE g.batch = ? AND g.run <= ? AND g.group_name = ?
                  AND r.state IN ('pending','running','stopping','paused')
                ORDER BY g.run DESC LIMIT 1
                """)
        let found = try Data.fetchOne(statement, arguments: [batch.id, last, batch.group])
        owed.note(unfinished: found, of: batch.cause)
        return found
    }

    /// The last run of a batch has ended.
    private func complete(_ batch: Batch, at now: Date) throws {
        let cause = batch.cause
        try describeTheRest(of: batch)
        guard let first = try first(of: cause) else { return }
        var end = try total(of: cause)
        if !batch.group.isEmpty {
            end.group = batch.group
            end.wasGood = try remember("group \(batch.group)", end.isGood, at: now)
        }
        let wanting = policy.channels(wanting: end, named: try named(by: cause))
        guard !wanting.isEmpty else {
            return try db.cachedStatement(sql: "DELETE FROM notice_parts WHERE cause = ?").execute(arguments: [cause])
        }
        let title = NoticeText.title(batch: end, first: first)
        // The rules saw every kind of work; those who read need to know that there are too many.
        end.works = Array(end.works.prefix(NoticeEnd.mostWorks + 1))
        for (channel, events) in wanting {
            try insert(Notice.Content(title: title, events: events, end: end), cause, channel, at: now)
        }
    }

    /// Runs that ended when there were no channels yet.
    private func describeTheRest(of batch: Batch) throws {
        let statement = try db.cachedStatement(
            sql: """
                SELECT DISTINCT g.run FROM run_groups g INDEXED BY run_groups_batch
                WHERE g.batch = ? AND g.group_name = ?
                  AND NOT EXISTS (SELECT 1 FROM notice_parts p WHERE p.run = g.run AND p.cause = ?)
                """)
        for blob in try Data.fetchAll(statement, arguments: [batch.id, batch.group, batch.cause]) {
            guard let run = try decoding.run(RunID(blob: blob), db) else { continue }
            try insert(policy.describe(run, try secrets(of: run)), cause: batch.cause, [:])
        }
    }

    private func first(of cause: String) throws -> NoticePart? {
        let statement = try db.cachedStatement(
            sql: "SELECT part FROM notice_parts WHERE cause = ? ORDER BY run LIMIT 1")
        return try String.fetchOne(statement, arguments: [cause]).map { try StoredJSON.value($0) }
    }

    private func total(of cause: String) throws -> NoticeEnd {
        var end = NoticeEnd()
        let counts = try db.cachedStatement(
            sql: """
                SELECT state, outcome, changed, count(*) FROM notice_parts WHERE cause = ?
                GROUP BY state, outcome, changed
                """)
        for row in try Row.fetchAll(counts, arguments: [cause]) {
            let outcome: Outcome? = try (row[1] as String?).map(word)
            end.count(row[3], try word(row[0]), outcome, row[2] as Bool?)
        }
        let works = try db.cachedStatement(sql: "SELECT DISTINCT work FROM notice_parts WHERE cause = ?")
        end.works = try String.fetchAll(works, arguments: [cause]).map { try StoredJSON.value($0) }
        return end
    }

    /// What the jobs of the batch's runs want themselves, by channel.
    private func named(by cause: String) throws -> [String: Set<NoticeEvent>] {
        let statement = try db.cachedStatement(
            sql: "SELECT DISTINCT named FROM notice_parts WHERE cause = ? AND named <> '{}'")
        return try String.fetchAll(statement, arguments: [cause]).reduce(into: [:]) { all, text in
            all.merge(try StoredJSON.object(text) as [String: Set<NoticeEvent>]) { $0.union($1) }
        }
    }

    // MARK: Verdicts

    /// How the run's job ended before; notes how it ended now.
    private func remember(_ part: NoticePart, of run: Run) throws -> Bool? {
        guard let job = run.job.name else { return nil }
        return try remember("job \(job)", part.isGood ? true : part.isFailure ? false : nil, at: part.endedAt)
    }

    /// Written anew when it changes, and once a day so that it is not forgotten. `verdict` nil: nothing to note.
    func remember(_ subject: String, _ verdict: Bool?, at now: Date) throws -> Bool? {
        let known = try db.cachedStatement(sql: "SELECT is_good, at FROM notice_verdicts WHERE subject = ?")
        let row = try Row.fetchOne(known, arguments: [subject])
        let before = row?[0] as Bool?
        let isFresh = (row?[1] as Int64?).map { now.milliseconds - $0 < 86_400_000 } ?? false
        guard let verdict, verdict != before || !isFresh else { return before }
        try db.cachedStatement(
            sql: """
                INSERT INTO notice_verdicts VALUES (?, ?, ?)
                ON CONFLICT DO UPDATE SET is_good = excluded.is_good, at = excluded.at
                """
        ).execute(arguments: [subject, verdict, now.milliseconds])
        return before
    }

    // MARK: Rows

    private func secrets(of run: Run) throws -> [Secret] {
        guard !run.secretNames.isEmpty else { return [] }
        let statement = try db.cachedStatement(sql: "SELECT secrets FROM run_inputs WHERE run = ?")
        let sealed = try Data.fetchOne(statement, arguments: [run.id.blob])
        return try sealed.map { Array(try box.secrets(in: $0, of: run.id).values) } ?? []
    }

    private func insert(_ part: NoticePart, cause: String, _ named: [String: Set<NoticeEvent>]) throws {
        try db.cachedStatement(
            sql: "INSERT INTO notice_parts VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"
        ).execute(arguments: [
            cause, part.rank.rawValue, part.run.blob, part.state.rawValue, part.outcome?.rawValue, part.hasChanges,
            try StoredJSON.text(part.work), try StoredJSON.text(of: named), try StoredJSON.text(part),
        ])
    }

    func insert(_ content: Notice.Content, _ cause: String, _ channel: String, at now: Date) throws {
        owed.insert(channel)
        let isKnown = policy.channels.contains { $0.name == channel }
        try db.cachedStatement(
            sql: """
                INSERT INTO notices
                  (cause, channel, state, group_name, content, created_at, due_at, expires_at, settled_at, error)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (cause, channel) DO NOTHING
                """
        ).execute(arguments: [
            cause, channel, isKnown ? "waiting" : "gaveUp", content.end?.group, try StoredJSON.text(content),
            now.milliseconds, now.milliseconds, now.adding(NoticePace.patience).milliseconds,
            isKnown ? nil : now.milliseconds, isKnown ? nil : "there is no channel \(channel)",
        ])
    }
}

/// What the writer notes: for after COMMIT the channels to wake, and for the next end in a batch where to look first.
final class OwedChannels: Sendable {
    private struct State {
        var names: Set<String> = []
        var unfinished: [String: Data] = [:]
    }

    /// More batches than this are not under way at a time; forgetting costs time only.
    private static let mostBatches = 10_000

    private let state = Mutex(State())

    func insert(_ name: String) { state.withLock { _ = $0.names.insert(name) } }
    func take() -> Set<String> {
        state.withLock { state in
            defer { state.names = [] }
            return state.names
        }
    }

    /// The newest run of the cause that was not over at the last look.
    func unfinished(of cause: String) -> Data? { state.withLock { $0.unfinished[cause] } }
    func note(unfinished run: Data?, of cause: String) {
        state.withLock { state in
            if state.unfinished.count >= Self.mostBatches { state.unfinished = [:] }
            state.unfinished[cause] = run
        }
    }
}
