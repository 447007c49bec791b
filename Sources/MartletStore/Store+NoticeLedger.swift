package import Foundation
import GRDB
package import MartletCore

extension SQLiteStore: NoticeLedger {
    package func notices(_ query: NoticeQuery) async throws -> [Notice] {
        try await read { db in
            let (sql, arguments) = Self.listing(query)
            return try Row.fetchAll(db.cachedStatement(sql: sql), arguments: arguments).map(Notice.init)
        }
    }

    /// One filter drives by its index, the others are checked.
    static func listing(_ query: NoticeQuery) -> (sql: String, arguments: StatementArguments) {
        var conditions: [String] = ["number < ?"]
        var arguments: StatementArguments = [query.before ?? .max]
        func filter(_ condition: String, _ value: (any DatabaseValueConvertible)?) {
            guard let value else { return }
            conditions.append(condition)
            arguments += [value]
        }
        filter("cause IN (SELECT cause FROM notice_parts WHERE run = ?)", query.run?.blob)
        filter("group_name = ?", query.group)
        filter("channel = ?", query.channel)
        filter("state = ?", query.state?.rawValue)
        let source = "notices" + (index(query).map { " INDEXED BY \($0)" } ?? "")
        let sql = """
            SELECT \(Notice.columns) FROM \(source) WHERE \(conditions.joined(separator: " AND "))
            ORDER BY number DESC LIMIT ?
            """
        return (sql, arguments + [min(max(query.limit, 1), 1000)])
    }

    private static func index(_ query: NoticeQuery) -> String? {
        // A run has few notices: the unique index on causes finds them.
        if query.run != nil { return nil }
        if query.group != nil { return "notices_group" }
        if query.channel != nil { return "notices_channel" }
        return query.state == nil ? nil : "notices_state"
    }

    package func notice(_ number: Int64) async throws -> Notice? { try await read { try Self.notice(number, $0) } }

    private static func notice(_ number: Int64, _ db: Database) throws -> Notice? {
        let statement = try db.cachedStatement(sql: "SELECT \(Notice.columns) FROM notices WHERE number = ?")
        return try Row.fetchOne(statement, arguments: [number]).map(Notice.init)
    }

    package func noticeParts(of cause: String, limit: Int) async throws -> [NoticePart] {
        let last = cause.hasPrefix("run ") ? NoticePart.Rank.hidden : .changed
        return try await read { db in
            let statement = try db.cachedStatement(
                sql: "SELECT part FROM notice_parts WHERE cause = ? AND rank <= ? ORDER BY rank, run LIMIT ?")
            return try String.fetchAll(statement, arguments: [cause, last.rawValue, limit]).map {
                try StoredJSON.value($0)
            }
        }
    }

    package func addTestNotice(to channel: String, id: String, at now: Date) async throws -> Notice {
        let content = Notice.Content(title: NoticeText.testTitle(channel), events: [.always], end: nil)
        let text = try StoredJSON.text(content)
        return try await writer.write { scope in
            try scope.db.cachedStatement(
                sql: """
                    INSERT INTO notices (cause, channel, state, content, created_at, due_at, expires_at)
                    VALUES (?, ?, 'waiting', ?, ?, ?, ?)
                    """
            ).execute(arguments: [
                "test \(id)", channel, text, now.milliseconds, now.milliseconds,
                now.adding(NoticePace.patience).milliseconds,
            ])
            let number = scope.db.lastInsertedRowID
            try Self.release(channel, scope.db)
            try scope.changed("notice \(number)", after: text)
            return try Self.require(number, scope.db)
        }
    }

    package func retryNotice(_ number: Int64, at now: Date) async throws -> Notice {
        try await writer.write { scope in
            let notice = try Self.require(number, scope.db)
            guard notice.state == .gaveUp || notice.state == .waiting else {
                throw MartletError(.conflict, "notice \(number) is \(notice.state.rawValue), and is not sent again")
            }
            try scope.db.cachedStatement(
                sql: """
                    UPDATE notices SET state = 'waiting', attempts = 0, due_at = ?, expires_at = ?, settled_at = NULL
                    WHERE number = ?
                    """
            ).execute(arguments: [now.milliseconds, now.adding(NoticePace.patience).milliseconds, number])
            try Self.release(notice.channel, scope.db)
            scope.changed("notice \(number)", before: notice.state.rawValue, after: "waiting")
            return try Self.require(number, scope.db)
        }
    }

    private static func require(_ number: Int64, _ db: Database) throws -> Notice {
        if let notice = try notice(number, db) { return notice }
        throw MartletError(.notFound, "there is no notice \(number)")
    }

    package func deleteNotices(before horizon: Date, limit: Int) async throws -> Int {
        try await writer.write { scope in
            let db = scope.db
            let removed = try Self.deleteSettled(before: horizon, limit, db)
            // Parts of batches that ended while there were no channels. Ids of runs begin with their time.
            let oldest = RunID(high: UInt64(max(0, horizon.milliseconds)) << 16, low: 0)
            try db.cachedStatement(
                sql: """
                    DELETE FROM notice_parts WHERE (run, cause) IN
                      (SELECT run, cause FROM notice_parts p WHERE run < ?
                         AND NOT EXISTS (SELECT 1 FROM notices n WHERE n.cause = p.cause) LIMIT ?)
                    """
            ).execute(arguments: [oldest.blob, limit])
            try db.cachedStatement(
                sql: """
                    DELETE FROM notice_verdicts WHERE subject IN
                      (SELECT subject FROM notice_verdicts INDEXED BY notice_verdicts_age WHERE at < ? LIMIT ?)
                    """
            ).execute(arguments: [horizon.milliseconds, limit])
            return removed
        }
    }

    /// The parts of a cause go before its last notice, ten times `limit` of them in all: a cause may have ten thousand.
    private static func deleteSettled(before horizon: Date, _ limit: Int, _ db: Database) throws -> Int {
        let settled = try db.cachedStatement(
            sql: """
                SELECT number, cause FROM notices INDEXED BY notices_settled
                WHERE settled_at IS NOT NULL AND settled_at < ? ORDER BY settled_at, number LIMIT ?
                """)
        let parts = try db.cachedStatement(
            sql: """
                DELETE FROM notice_parts WHERE (cause, rank, run) IN
                  (SELECT cause, rank, run FROM notice_parts WHERE cause = ?1 LIMIT ?3)
                  AND NOT EXISTS (SELECT 1 FROM notices WHERE cause = ?1 AND number <> ?2)
                """)
        let notice = try db.cachedStatement(sql: "DELETE FROM notices WHERE number = ?")
        var (removed, room) = (0, limit * 10)
        for row in try Row.fetchAll(settled, arguments: [horizon.milliseconds, limit]) {
            let (number, cause): (Int64, String) = (row[0], row[1])
            try parts.execute(arguments: [cause, number, room])
            room -= db.changesCount
            // Perhaps there are more: the notice waits for the next call.
            guard room > 0 else { return max(1, removed) }
            try notice.execute(arguments: [number])
            removed += 1
        }
        return removed
    }

    package func noticeChannelStates(at now: Date) async throws -> [String: NoticeChannelState] {
        try await read { db in
            var states: [String: NoticeChannelState] = [:]
            let waiting = try db.cachedStatement(
                sql:
                    "SELECT channel, count(*) FROM notices INDEXED BY notices_due WHERE state = 'waiting' GROUP BY channel"
            )
            for row in try Row.fetchAll(waiting) { states[row[0], default: NoticeChannelState()].waiting = row[1] }
            let names = try String.fetchAll(db.cachedStatement(sql: "SELECT name FROM notice_channels"))
            for name in names {
                let row = try ChannelRow.find(name, db).read(at: now.milliseconds)
                var state = states[name] ?? NoticeChannelState()
                state.heldUntil = row.hold(at: now.milliseconds).map { Date(milliseconds: $0) }
                state.sends = row.sends.filter { now.milliseconds - $0 < NoticePace.window.milliseconds }.sorted(by: >)
                    .map { Date(milliseconds: $0) }
                states[name] = state
            }
            return states
        }
    }
}
