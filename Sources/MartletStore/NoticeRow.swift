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
struct ChannelRow: Equatable {
    /// A channel is held for no longer, in milliseconds.
    static let longestHold = TimeSpan.seconds(600).milliseconds

    /// Milliseconds since 1970.
    var heldUntil: Int64?
    /// Its platform asked for the hold; else it could not be reached.
    var isMute = false
    /// When messages were sent, oldest first; those of the last window.
    var sends: [Int64]

    static func find(_ name: String, _ db: Database) throws -> ChannelRow {
        let statement = try db.cachedStatement(
            sql: "SELECT held_until, is_mute, sends FROM notice_channels WHERE name = ?")
        guard let row = try Row.fetchOne(statement, arguments: [name]) else { return ChannelRow(sends: []) }
        return ChannelRow(heldUntil: row[0], isMute: row[1], sends: try StoredJSON.value(row[2]))
    }

    func save(_ name: String, _ db: Database) throws {
        try db.cachedStatement(
            sql: """
                INSERT INTO notice_channels VALUES (?, ?, ?, ?)
                ON CONFLICT DO UPDATE SET held_until = excluded.held_until, is_mute = excluded.is_mute,
                  sends = excluded.sends
                """
        ).execute(arguments: [name, heldUntil, isMute, try StoredJSON.text(sends)])
    }

    /// As it is to be read at `now`: a clock that was set back must not let more through, and must not keep the channel
    /// silent for longer than it would have been.
    func read(at now: Int64) -> ChannelRow {
        var row = self
        row.sends = sends.map { min($0, now) }
        row.heldUntil = heldUntil.map { min($0, now + Self.longestHold) }
        return row
    }

    /// A hold that is over is none.
    func hold(at now: Int64) -> Int64? { heldUntil.flatMap { $0 > now ? $0 : nil } }

    /// A message goes out now.
    mutating func send(at now: Int64) {
        sends = sends.filter { now - $0 < NoticePace.window.milliseconds } + [now]
    }

    /// Messages that may go out now, and when the next may if none may.
    func room(_ perMinute: Int?, at now: Int64) -> (places: Int, next: Int64) {
        guard let perMinute else { return (.max, now) }
        let recent = sends.filter { now - $0 < NoticePace.window.milliseconds }
        guard recent.count >= perMinute else { return (perMinute - recent.count, now) }
        let oldest = recent.sorted()[recent.count - perMinute]
        return (0, min(oldest, now) + NoticePace.window.milliseconds)
    }
}
