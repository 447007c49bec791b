import Foundation
import GRDB
package import MartletCore

extension SQLiteStore: RunDetailStore {
    package func secrets(of id: RunID) async throws -> [String: Secret] {
        let sealed = try await read { db in
            try Data.fetchOne(
                db.cachedStatement(sql: "SELECT secrets FROM run_inputs WHERE run = ?"), arguments: [id.blob])
        }
        return try sealed.map { try box.secrets(in: $0, of: id) } ?? [:]
    }

    package func groups(of id: RunID) async throws -> [GroupMembership] {
        try await read { db in
            let statement = try db.cachedStatement(
                sql: "SELECT group_name, batch FROM run_groups WHERE run = ? ORDER BY group_name, batch")
            return try Row.fetchAll(statement, arguments: [id.blob]).map {
                GroupMembership(group: $0[0], batch: $0[1])
            }
        }
    }

    package func attempts(of id: RunID) async throws -> [FinishedTask] {
        try await read { db in
            let statement = try db.cachedStatement(
                sql: "SELECT record FROM run_attempts WHERE run = ? ORDER BY attempt, task")
            return try String.fetchAll(statement, arguments: [id.blob]).map { try StoredJSON.value($0) }
        }
    }

    package func liveCounts() async throws -> LiveCounts { try await read { try LiveCounts($0) } }
}

// MARK: Events

extension SQLiteStore {
    package func events(of id: RunID?, after number: Int64, limit: Int) async throws -> [RunEvent] {
        try await read { db in
            let statement = try db.cachedStatement(sql: Self.eventSQL(ofOneRun: id != nil))
            let run = id.map { StatementArguments([$0.blob]) } ?? []
            return try Row.fetchAll(statement, arguments: run + [number, max(0, limit)]).map(Self.event)
        }
    }

    package func startedEvents(after number: Int64, limit: Int) async throws -> (events: [RunEvent], upTo: Int64) {
        try await read { db in
            let newest = try Int64.fetchOne(db.cachedStatement(sql: "SELECT max(number) FROM events")) ?? number
            let statement = try db.cachedStatement(sql: Self.startedEventSQL)
            let events = try Row.fetchAll(statement, arguments: [number, newest, limit]).map(Self.event)
            let isAll = events.count < limit
            return (events, isAll ? max(number, newest) : events.last?.number ?? number)
        }
    }

    static let startedEventSQL = """
        SELECT number, run, kind, from_state, to_state, attempt, task, reason, note, at
        FROM events WHERE number > ? AND number <= ? AND attempt > 0 ORDER BY number LIMIT ?
        """

    static func eventSQL(ofOneRun: Bool) -> String {
        """
        SELECT number, run, kind, from_state, to_state, attempt, task, reason, note, at \
        FROM events \(ofOneRun ? "INDEXED BY events_run WHERE run = ? AND" : "WHERE") number > ? \
        ORDER BY number LIMIT ?
        """
    }

    static let eventRangeSQL = "SELECT (SELECT min(number) FROM events), (SELECT max(number) FROM events)"

    package func eventRange() async throws -> ClosedRange<Int64>? {
        try await read { db in
            let row = try Row.fetchOne(db.cachedStatement(sql: Self.eventRangeSQL))
            guard let oldest = row?[0] as Int64?, let newest = row?[1] as Int64? else { return nil }
            return oldest...newest
        }
    }

    static func event(_ row: Row) throws -> RunEvent {
        RunEvent(
            number: row[0], run: try RunID(blob: row[1]), kind: try word(row[2]),
            from: try (row[3] as String?).map(word), to: try word(row[4]), attempt: row[5], task: row[6],
            reason: try (row[7] as String?).map { try StoredJSON.value($0) }, note: row[8],
            at: Date(milliseconds: row[9]))
    }
}
