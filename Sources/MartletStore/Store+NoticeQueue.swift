package import Foundation
import GRDB
package import MartletCore

extension SQLiteStore: NoticeQueue {
    package func recoverNotices(at now: Date) async throws -> Int {
        try await writer.write { scope in
            let sending = try scope.db.cachedStatement(
                sql: "SELECT DISTINCT channel FROM notices INDEXED BY notices_sending WHERE state = 'sending'")
            for channel in try String.fetchAll(sending) { try Self.moveLastSend(of: channel, to: now, scope.db) }
            let statement = try scope.db.cachedStatement(
                sql: """
                    UPDATE notices INDEXED BY notices_sending SET state = 'waiting', repeated = 1, due_at = ?,
                      error = 'the server ended while it was sent' WHERE state = 'sending'
                    """)
            try statement.execute(arguments: [now.milliseconds])
            return scope.db.changesCount
        }
    }

    package func claimNotices(of channel: String, pace: NoticePace, at now: Date) async throws -> NoticeClaim {
        let at = now.milliseconds
        // Most looks find nothing, or a channel that is held: they cost the writer nothing.
        let (next, known) = try await read { (try Self.nextDue(channel, $0), try ChannelRow.find(channel, $0)) }
        guard let next else { return .wait(until: nil) }
        if next > at, next - at <= Self.longestDelay { return .wait(until: Date(milliseconds: next)) }
        if known == known.read(at: at), let hold = Self.hold(known, pace, at) { return hold }
        return try await writer.write { scope in
            let stored = try ChannelRow.find(channel, scope.db)
            var row = stored.read(at: at)
            if row != stored { try row.save(channel, scope.db) }
            if next > at { try Self.pullForward(channel, at, scope.db) }
            if let hold = Self.hold(row, pace, at) { return hold }
            let room = row.room(pace.perMinute, at: at)
            let due = try Self.due(channel, at, limit: pace.mostInDigest + 1, scope.db)
            guard let first = due.first else {
                return .wait(until: try Self.nextDue(channel, scope.db).map { Date(milliseconds: $0) })
            }
            let isFlood = pace.mostInDigest > 1 && due.count > room.places
            let taken = isFlood ? Array(due.prefix(pace.mostInDigest)) : [first]
            row.send(at: at)
            (row.heldUntil, row.isMute) = (nil, false)
            try row.save(channel, scope.db)
            return .send(try taken.map { try Self.begin($0, with: first, scope.db) })
        }
    }

    /// No try is put off for longer, in milliseconds: only a clock that was set back makes it seem so.
    private static let longestDelay = TimeSpan.seconds(3600).milliseconds

    private static func hold(_ row: ChannelRow, _ pace: NoticePace, _ now: Int64) -> NoticeClaim? {
        if let held = row.hold(at: now) { return .hold(until: Date(milliseconds: held)) }
        let room = row.room(pace.perMinute, at: now)
        return room.places > 0 ? nil : .hold(until: Date(milliseconds: room.next))
    }

    private static func pullForward(_ channel: String, _ now: Int64, _ db: Database) throws {
        try db.cachedStatement(
            sql: """
                UPDATE notices INDEXED BY notices_due SET due_at = ?
                WHERE state = 'waiting' AND channel = ? AND due_at > ?
                """
        ).execute(arguments: [now, channel, now + longestDelay])
    }

    static let nextDueSQL = """
        SELECT due_at FROM notices INDEXED BY notices_due WHERE state = 'waiting' AND channel = ?
        ORDER BY due_at, number LIMIT 1
        """

    private static func nextDue(_ channel: String, _ db: Database) throws -> Int64? {
        try Int64.fetchOne(db.cachedStatement(sql: nextDueSQL), arguments: [channel])
    }

    static let dueSQL = """
        SELECT \(Notice.columns) FROM notices INDEXED BY notices_due
        WHERE state = 'waiting' AND channel = ? AND due_at <= ? ORDER BY due_at, number LIMIT ?
        """

    private static func due(_ channel: String, _ now: Int64, limit: Int, _ db: Database) throws -> [Notice] {
        try Row.fetchAll(db.cachedStatement(sql: dueSQL), arguments: [channel, now, limit]).map(Notice.init)
    }

    private static func begin(_ notice: Notice, with first: Notice, _ db: Database) throws -> Notice {
        var notice = notice
        notice.state = .sending
        notice.attempts += 1
        notice.digest = notice.number == first.number ? nil : first.number
        try db.cachedStatement(
            sql: "UPDATE notices SET state = 'sending', attempts = ?, digest = ? WHERE number = ?"
        ).execute(arguments: [notice.attempts, notice.digest, notice.number])
        return notice
    }

    package func settle(_ notices: [Notice], _ result: NoticeResult, at now: Date) async throws -> [Int64] {
        try await writer.write { scope in
            guard let channel = notices.first?.channel else { return [] }
            let holding: NoticeHold? = if case .retry(_, _, _, let hold) = result { hold } else { nil }
            try Self.moveLastSend(of: channel, to: now, holding: holding, scope.db)
            return try notices.compactMap { try Self.settle($0, result, now.milliseconds, scope.db) }
        }
    }

    /// A message may have arrived at any time until now: the platform's minute begins then at the latest.
    private static func moveLastSend(of channel: String, to now: Date, holding: NoticeHold? = nil, _ db: Database)
        throws
    {
        var row = try ChannelRow.find(channel, db)
        if let last = row.sends.last { row.sends[row.sends.count - 1] = max(last, now.milliseconds) }
        if let holding { (row.heldUntil, row.isMute) = (holding.until.milliseconds, holding.isMute) }
        try row.save(channel, db)
    }

    /// The number of a notice that is given up.
    private static func settle(_ notice: Notice, _ result: NoticeResult, _ now: Int64, _ db: Database) throws -> Int64?
    {
        switch result {
        case .sent:
            try db.cachedStatement(
                sql: """
                    UPDATE notices SET state = 'sent', settled_at = ?, error = NULL WHERE number = ? AND state = 'sending'
                    """
            ).execute(arguments: [now, notice.number])
            return nil
        case .retry(let until, let error, let mayHaveArrived, _):
            let isOver =
                notice.attempts >= NoticePace.mostAttempts || until.milliseconds >= notice.expiresAt.milliseconds
            try db.cachedStatement(
                sql: """
                    UPDATE notices SET state = ?, settled_at = ?, due_at = ?, error = ?, repeated = repeated OR ?
                    WHERE number = ? AND state = 'sending'
                    """
            ).execute(arguments: [
                isOver ? "gaveUp" : "waiting", isOver ? now : nil, until.milliseconds, error, mayHaveArrived,
                notice.number,
            ])
            return isOver ? notice.number : nil
        }
    }

    package func releaseNotices() async throws {
        try await writer.write { try Self.release(nil, $0.db) }
    }

    /// Ends a hold that is not a mute. `channel` nil: of every channel.
    static func release(_ channel: String?, _ db: Database) throws {
        try db.cachedStatement(
            sql: """
                UPDATE notice_channels SET held_until = NULL
                WHERE name = coalesce(?, name) AND held_until IS NOT NULL AND NOT is_mute
                """
        ).execute(arguments: [channel])
    }

    package func expireNotices(at now: Date) async throws -> [String] {
        let channels = notices.policy.channels.map(\.name)
        return try await writer.write { scope in
            let statement = try scope.db.cachedStatement(
                sql: """
                    UPDATE notices INDEXED BY notices_expiry SET state = 'gaveUp', settled_at = ?,
                      error = coalesce(error, CASE WHEN channel IN (SELECT value FROM json_each(?))
                        THEN 'it waited for a day: its channel was held, or had too much to send'
                        ELSE 'its channel is not configured' END)
                    WHERE state = 'waiting' AND expires_at <= ? RETURNING channel
                    """)
            return try String.fetchAll(
                statement, arguments: [now.milliseconds, try StoredJSON.text(channels), now.milliseconds])
        }
    }
}
