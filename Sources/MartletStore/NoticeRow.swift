import Foundation
import GRDB
import MartletCore

extension Notice {
    static let columns = """
        number, cause, channel, state, content, attempts, created_at, due_at, expires_at, settled_at, repeated, error, \
        digest
        """

    init(_ row: Row) throws {
        self.init(
            number: row[0], channel: row[2], cause: row[1], content: try StoredJSON.value(row[4]),
            state: try word(row[3]), attempts: row[5], createdAt: Date(milliseconds: row[6]),
            dueAt: Date(milliseconds: row[7]), expiresAt: Date(milliseconds: row[8]),
            settledAt: (row[9] as Int64?).map { Date(milliseconds: $0) }, mayBeRepeated: row[10], error: row[11],
            digest: row[12])
    }
}

/// What is stored of a channel.
struct ChannelRow {
    /// Milliseconds since 1970.
    var heldUntil: Int64?
    /// When messages were sent, oldest first; those of the last window.
    var sends: [Int64]

    static func find(_ name: String, _ db: Database) throws -> ChannelRow {
        let statement = try db.cachedStatement(sql: "SELECT held_until, sends FROM notice_channels WHERE name = ?")
        guard let row = try Row.fetchOne(statement, arguments: [name]) else { return ChannelRow(sends: []) }
        return ChannelRow(heldUntil: row[0], sends: try StoredJSON.value(row[1]))
    }

    func save(_ name: String, _ db: Database) throws {
        try db.cachedStatement(
            sql: """
                INSERT INTO notice_channels VALUES (?, ?, ?)
                ON CONFLICT DO UPDATE SET held_until = excluded.held_until, sends = excluded.sends
                """
        ).execute(arguments: [name, heldUntil, try StoredJSON.text(sends)])
    }

    /// A message goes out now.
    mutating func send(at now: Int64) {
        sends = sends.filter { now - $0 < NoticePace.window.milliseconds } + [now]
    }

    /// Messages that may go out now, and when the next may if none may.
    func room(_ perMinute: Int?, at now: Int64) -> (places: Int, next: Int64) {
        guard let perMinute else { return (.max, now) }
        // A clock that was set back must not let more through.
        let recent = sends.filter { now - $0 < NoticePace.window.milliseconds }
        guard recent.count >= perMinute else { return (perMinute - recent.count, now) }
        let oldest = recent.sorted()[recent.count - perMinute]
        return (0, min(oldest, now) + NoticePace.window.milliseconds)
    }
}
