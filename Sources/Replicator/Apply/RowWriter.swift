import Binlog
import SQLClient

/// Writes rows to the target inside of one transaction: many at once, and checked. Where the target's rows are not as expected,
/// `Unexpected` is thrown: the transaction is rolled back and written once more, row by row.
struct RowWriter {
    /// The target holds other rows than the source had.
    struct Unexpected: Error {
        let reason: String
    }

    private static let mostBytes = 512 << 10
    private static let mostRows = 1000

    private let session: SQLSession
    private let target: TargetSession
    private let collator: Collator
    private var packet = StatementPacket()
    private var open: RowStatement?
    /// The first of updates that may go together.
    private var pending: (plan: RowPlan, before: RowImage, after: RowImage, origin: Origin)?
    private(set) var rows = 0

    init(_ session: SQLSession, _ target: TargetSession) {
        self.session = session
        self.target = target
        collator = Collator(session)
    }

    /// Puts a statement before what comes.
    mutating func append(_ text: String) throws {
        try closeOpen()
        packet.append(text)
    }

    mutating func write(_ change: RowChange) throws {
        try setForeignKeyChecks(!change.event.isWithoutForeignKeyChecks)
        var reader = try RowReader(change.event, layout: change.plan.layout)
        while try reader.next() {
            switch try Self.effect(of: reader, change, collator) {
            case .none: continue
            case .insert: try insert(reader.after, change)
            case .delete: try delete(reader.before, change)
            case .update: try update(reader.before, reader.after, change)
            }
            rows += 1
        }
    }

    /// An update that crosses the condition is an insert or a delete.
    static func effect(of reader: RowReader, _ change: RowChange, _ collator: Collator) throws -> RowsEvent.Kind? {
        guard let condition = change.plan.condition else { return change.event.kind }
        let was = try change.event.kind != .insert && condition.holds(reader.before, collator)
        let isNow = try change.event.kind != .delete && condition.holds(reader.after, collator)
        switch (was, isNow) {
        case (true, true): return .update
        case (true, false): return .delete
        case (false, true): return .insert
        case (false, false): return nil
        }
    }

    /// Sends what is left. The transaction is still open.
    mutating func finish() throws {
        try closeOpen()
        try send()
    }

    // MARK: Rows

    private mutating func insert(_ row: RowImage, _ change: RowChange) throws {
        try statement(change, .insert)
        try open?.insert(row)
    }

    private mutating func delete(_ row: RowImage, _ change: RowChange) throws {
        if change.plan.key == nil { try closeOpen() }
        try statement(change, .delete)
        try open?.delete(row)
    }

    private mutating func update(_ before: RowImage, _ after: RowImage, _ change: RowChange) throws {
        guard change.plan.canUpsert, try !Self.changesKey(before, after, change.plan) else {
            try closeOpen()
            try update(before, after, change.plan, change.event.origin)
            return
        }
        if let first = pending, first.plan === change.plan {
            pending = nil
            open = RowStatement(change.plan, .update, first.origin)
            try open?.upsert(first.after)
        } else if open?.plan !== change.plan || open?.kind != .update || isOpenFull {
            try closeOpen()
            pending = (change.plan, before, after, change.event.origin)
            return
        }
        try open?.upsert(after)
    }

    private mutating func update(_ before: RowImage, _ after: RowImage, _ plan: RowPlan, _ origin: Origin) throws {
        var statement = RowStatement(plan, .update, origin)
        try statement.update(before, after)
        try put(statement)
    }

    static func changesKey(_ before: RowImage, _ after: RowImage, _ plan: RowPlan) throws -> Bool {
        for pair in plan.key ?? [] where try before.value(pair.source) != after.value(pair.source) { return true }
        return false
    }

    // MARK: Statements

    private var isOpenFull: Bool { open.map { $0.rows >= Self.mostRows || $0.sql.count >= Self.mostBytes } == true }

    /// Goes on with the open statement where it is of the same kind.
    private mutating func statement(_ change: RowChange, _ kind: RowsEvent.Kind) throws {
        if pending == nil, let open, open.plan === change.plan, open.kind == kind, !isOpenFull { return }
        try closeOpen()
        open = RowStatement(change.plan, kind, change.event.origin)
    }

    private mutating func closeOpen() throws {
        if let first = pending {
            pending = nil
            try update(first.before, first.after, first.plan, first.origin)
        }
        guard let statement = open else { return }
        open = nil
        try put(statement)
    }

    private mutating func put(_ statement: RowStatement) throws {
        var statement = statement
        statement.finish()
        if packet.sql.count + statement.sql.count > target.mostBytes { try send() }
        packet.append(statement)
        if packet.isFull { try send() }
    }

    private mutating func setForeignKeyChecks(_ checks: Bool) throws {
        guard target.checksForeignKeys != checks else { return }
        try append("SET SESSION foreign_key_checks=\(checks ? 1 : 0)")
        target.checksForeignKeys = checks
    }

    private mutating func send() throws {
        guard !packet.isEmpty else { return }
        let sent = packet
        packet = StatementPacket()
        guard sent.sql.count <= target.mostBytes else { throw Unexpected(reason: "more bytes than the target takes") }
        var done = 0
        let outcomes: [SQLOutcome]
        do {
            outcomes = try session.runAll(sent.sql, done: &done)
        } catch {
            throw Self.cause(error, sent.entries, done)
        }
        for (outcome, entry) in zip(outcomes, sent.entries) {
            guard let expected = entry.expected, outcome.affectedRows != expected else { continue }
            throw Unexpected(reason: "\(outcome.affectedRows) rows of \(entry.table) instead of \(expected)")
        }
    }

    /// `done`: how many statements ran before the one that failed.
    private static func cause(_ error: SQLError, _ entries: [StatementPacket.Entry], _ done: Int) -> any Error {
        guard !error.isTransient, done < entries.count, let origin = entries[done].origin else { return error }
        if error.kind == .duplicate { return Unexpected(reason: error.description) }
        return ApplyError(error.description, entries[done].table, origin)
    }
}
