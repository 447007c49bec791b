import Foundation
import GRDB
import MartletCore

extension WriteScope {
    /// Stores an event, gives it its number, and keeps it for those who are told after COMMIT.
    mutating func record(_ event: RunEvent, of run: Run, reason: String?) throws {
        let statement = try db.cachedStatement(
            sql: """
                INSERT INTO events (run, kind, from_state, to_state, attempt, task, reason, note, at)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
                """)
        try statement.execute(arguments: [
            event.run.blob, event.kind.rawValue, event.from?.rawValue, event.to.rawValue, event.attempt,
            event.task, reason, event.note, event.at.milliseconds,
        ])
        events.append(
            RunEvent(
                number: db.lastInsertedRowID, run: event.run, kind: event.kind, from: event.from, to: event.to,
                attempt: event.attempt, task: event.task, reason: event.reason, note: event.note, at: event.at))
        runs.append(run)
    }

    mutating func record(_ change: Change, of run: Run) throws {
        let finished = change.finished
        try record(
            RunEvent(
                number: 0, run: run.id, kind: change.kind, from: change.from, to: change.to,
                attempt: finished?.attempt ?? run.attempt, task: finished?.task ?? run.task,
                reason: change.reason, note: nil, at: change.at), of: run,
            reason: try StoredJSON.text(change.reason))
    }

    /// `kind`: `note` or `signalled`.
    mutating func record(_ kind: RunEvent.Kind, _ note: String, of run: Run, at now: Date) throws {
        try record(
            RunEvent(
                number: 0, run: run.id, kind: kind, from: nil, to: run.state, attempt: run.attempt,
                task: run.task, reason: nil, note: note, at: now), of: run, reason: nil)
    }
}
