import Binlog
import SQLClient

/// Runs a statement at the target once, also where it may have run before a crash or a lost connection.
struct DefinitionRun {
    let statement: FollowedStatement
    let session: DefinitionSession
    let job: String
    let head: TransactionHead
    /// What it makes may be there, what it drops may be gone.
    private var mayBeDone: Bool
    /// What its tables were before it ran first; nil: it did not run, or may run again.
    private var before: TableLook?
    private var mayHaveRun: Bool

    /// `before`: as an earlier process noted it.
    init(
        _ query: QueryEvent, _ statement: FollowedStatement, _ head: TransactionHead, _ options: ApplyOptions,
        mayBeDone: Bool, before: TableLook?
    ) {
        self.statement = statement
        self.head = head
        self.mayBeDone = mayBeDone
        self.before = statement.watched.isEmpty ? nil : before
        session = DefinitionSession(query, statement, sourceFlavor: options.sourceFlavor)
        job = options.job
        mayHaveRun = self.before != nil
    }

    /// - Returns: why it did not have to run; nil: it ran.
    mutating func run(_ target: SQLSession) throws -> String? {
        if !statement.watched.isEmpty, try isDone(target) { return "its tables are no more what they were before" }
        let note = before.map { "\(Self.name(head)) \($0.text)" }
        try Checkpoint(target, job: job).mark(GTID(head.identity), note: note)
        // A connection that is lost meanwhile does not say whether it ran.
        defer { mayBeDone = true }
        do {
            return try session.run(target, mayBeDone: mayBeDone)?.description
        } catch let error as SQLError where error.kind == .lost {
            mayHaveRun = true
            throw error
        }
    }

    private mutating func isDone(_ target: SQLSession) throws -> Bool {
        let now = try TableLook(statement.watched, target)
        guard mayHaveRun, let before else {
            before = now
            return false
        }
        if now != before { return true }
        guard now.hasNumbers || !statement.swaps else {
            throw UnfollowedStatement(
                statement: String(decoding: statement.text, as: UTF8.self),
                reason: "it may have run before the connection was lost, and a second time would undo it. Look at "
                    + "\(statement.watched.map(\.description).joined(separator: ", ")) at the target, make them as they "
                    + "are to be and start after it by Gtid")
        }
        return false
    }

    private static func name(_ head: TransactionHead) -> String {
        switch head.identity {
        case .anonymous: "-"
        case .mysql(let gtid): gtid.description
        case .maria(let gtid): gtid.description
        }
    }

    /// What the note of an earlier process says of this transaction's statement.
    static func look(_ notes: [String], _ head: TransactionHead) -> TableLook? {
        for note in notes where note.hasPrefix("\(name(head)) ") {
            return TableLook(text: String(note.dropFirst(name(head).count + 1)))
        }
        return nil
    }

    /// Whether the transaction of a note is accounted for.
    static func isCovered(_ note: String, by executed: ExecutedSet) -> Bool {
        let name = note.prefix { $0 != " " }
        if let gtid = MariaGTID(name) { return executed.contains(.maria(gtid)) }
        guard let set = try? GTIDSet(String(name)) else { return true }
        var union = executed.set
        union.formUnion(set)
        return union == executed.set
    }
}
