import Foundation
import GRDB
import MartletCore

extension RunID {
    /// As the database keeps it: 16 bytes that sort like the id.
    var blob: Data { withUnsafeBytes(of: (high.bigEndian, low.bigEndian)) { Data($0) } }

    init(blob: Data) throws {
        guard let id = RunID(bytes: blob) else { throw MartletError(.internal, "a stored run id is damaged") }
        self = id
    }

    /// Larger than every real id: where a listing without a cursor starts.
    static let last = RunID(high: .max, low: .max)
}

/// Reads runs from rows of `runs` joined with `run_inputs`.
struct RunDecoding: Sendable {
    private let jobs = DecodeCache<Job>(capacity: 256)
    private let triggers = DecodeCache<Trigger>(capacity: 256)

    private static let columns = """
        r.state, r.outcome, r.attempt, r.task, r.created_at, r.due_at, r.started_at, r.finished_at, \
        r.exit_code, r.signal, r.key, r.version, r.detail, i.job, i.params, i.labels, i.trigger
        """

    func run(_ id: RunID, _ db: Database) throws -> Run? {
        let statement = try db.cachedStatement(
            sql: "SELECT \(Self.columns) FROM runs r JOIN run_inputs i ON i.run = r.id WHERE r.id = ?")
        return try Row.fetchOne(statement, arguments: [id.blob]).map { try run(id, $0) }
    }

    func runs(_ ids: [RunID], _ db: Database) throws -> [Run] { try ids.compactMap { try run($0, db) } }

    private func run(_ id: RunID, _ row: Row) throws -> Run {
        Run(
            storedID: id, job: try jobs.value(row[13]), params: try StoredJSON.object(row[14]),
            key: row[10], labels: try StoredJSON.object(row[15]), trigger: try triggers.value(row[16]),
            createdAt: date(row[4]), state: try word(row[0]), outcome: try (row[1] as String?).map(word),
            dueAt: date(row[5]), startedAt: (row[6] as Int64?).map(date),
            finishedAt: (row[7] as Int64?).map(date), attempt: row[2], task: row[3], exitCode: row[8],
            signal: row[9], version: row[11], detail: try StoredJSON.value(row[12]))
    }

    private func date(_ milliseconds: Int64) -> Date { Date(milliseconds: milliseconds) }
}

/// An enum case from the text that the schema let in.
func word<Value: RawRepresentable>(_ text: String) throws -> Value where Value.RawValue == String {
    guard let value = Value(rawValue: text) else {
        throw MartletError(.internal, "the database has an unknown word: \(text)")
    }
    return value
}
