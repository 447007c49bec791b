import Foundation
import GRDB
import MartletCore

extension SQLiteStore {
    /// Attempts whose tasks are kept in full.
    static let attemptsKept = 10

    /// Writes what changed of a run, its events and its ended task.
    func store(_ run: Run, after before: Run, _ update: Update, _ scope: inout WriteScope) throws {
        let finished = update.changes.compactMap(\.finished)
        let logBytes = finished.reduce(0) { $0 + max(0, $1.exit.keptBytes ?? $1.exit.logBytes) }
        if run.hasSamePlace(as: before) {
            try updateDetail(run, logBytes, scope.db)
        } else {
            try updatePlace(run, after: before, logBytes, scope.db)
        }
        for task in finished { try insertAttempt(task, of: run.id, scope.db) }
        for change in update.changes { try scope.record(change, of: run) }
        let at = update.changes.last?.at ?? now()
        for note in update.notes { try scope.record(.note, note, of: run, at: at) }
        for signal in update.signals { try scope.record(.signalled, signal.rawValue, of: run, at: at) }
        if run.labels[NomadLabel.allocation] != nil, update.hasEvents {
            try NomadShelf(db: scope.db).changed(run, after: before, at: at)
        }
        hot.keep(run)
        if run.state.isEnd, !before.state.isEnd { scope.ended.append(run) }
    }

    /// The short form: no indexed column is named, so SQLite touches no index.
    private func updateDetail(_ run: Run, _ logBytes: Int64, _ db: Database) throws {
        let statement = try db.cachedStatement(
            sql: """
                UPDATE runs SET task = ?, exit_code = ?, signal = ?, log_bytes = log_bytes + ?, version = ?,
                  detail = ? WHERE id = ?
                """)
        try statement.execute(arguments: [
            run.task, run.exitCode, run.signal, logBytes, run.version, try StoredJSON.text(run.detail),
            run.id.blob,
        ])
    }

    private func updatePlace(_ run: Run, after before: Run, _ logBytes: Int64, _ db: Database) throws {
        let statement = try db.cachedStatement(
            sql: """
                UPDATE runs SET state = ?, outcome = ?, attempt = ?, task = ?, due_at = ?, started_at = ?,
                  finished_at = ?, exit_code = ?, signal = ?, log_bytes = log_bytes + ?, version = ?, detail = ?
                WHERE id = ?
                """)
        try statement.execute(arguments: [
            run.state.rawValue, run.outcome?.rawValue, run.attempt, run.task, run.dueAt.milliseconds,
            run.startedAt?.milliseconds, run.finishedAt?.milliseconds, run.exitCode, run.signal, logBytes,
            run.version, try StoredJSON.text(run.detail), run.id.blob,
        ])
        if before.holdsKey, !run.holdsKey {
            try db.cachedStatement(sql: "UPDATE runs SET live_key = NULL WHERE id = ?")
                .execute(arguments: [run.id.blob])
        }
    }

    private func insertAttempt(_ task: FinishedTask, of id: RunID, _ db: Database) throws {
        let statement = try db.cachedStatement(
            sql: """
                INSERT INTO run_attempts (run, attempt, task, record) VALUES (?, ?, ?, ?)
                ON CONFLICT DO UPDATE SET record = excluded.record
                """)
        try statement.execute(arguments: [id.blob, task.attempt, task.task, try StoredJSON.text(task)])
        guard task.attempt > Self.attemptsKept else { return }
        try db.cachedStatement(sql: "DELETE FROM run_attempts WHERE run = ? AND attempt <= ?")
            .execute(arguments: [id.blob, task.attempt - Self.attemptsKept])
    }
}

extension Run {
    /// Whether nothing changed that indexes and triggers look at.
    fileprivate func hasSamePlace(as other: Run) -> Bool {
        state == other.state && outcome == other.outcome && attempt == other.attempt && dueAt == other.dueAt
            && startedAt == other.startedAt && finishedAt == other.finishedAt
    }
}
