import SQLClient

/// Transactions by chance, the same for the same seed, on tables that hurt: composite and text keys, a second unique key, no
/// key, parents and children.
struct Workload {
    private var state: UInt64

    static let tables = ["plain", "pairs", "texts", "bare", "parent", "child"]

    init(seed: UInt64) { state = seed &* 2 &+ 1 }

    static func create(_ session: SQLSession) throws {
        for statement in [
            "CREATE TABLE plain (id INT PRIMARY KEY, v INT, t VARCHAR(50))",
            "CREATE TABLE pairs (a INT, b VARCHAR(8), v DOUBLE, u INT UNIQUE, PRIMARY KEY (a, b))",
            "CREATE TABLE texts (k VARCHAR(20) PRIMARY KEY, v INT) DEFAULT CHARSET utf8mb4 COLLATE utf8mb4_unicode_ci",
            "CREATE TABLE bare (a INT, b VARCHAR(8))", "CREATE TABLE parent (id INT PRIMARY KEY, v INT)",
            "CREATE TABLE child (id INT PRIMARY KEY, p INT, FOREIGN KEY (p) REFERENCES parent (id))",
        ] {
            try session.run(statement)
        }
    }

    private mutating func next(_ limit: Int) -> Int {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Int(state >> 33) % limit
    }

    /// One transaction, which may fail as a whole or in part like any program's.
    mutating func step(_ session: SQLSession) throws {
        try session.run("BEGIN")
        for _ in 0...next(5) {
            let statement = statement()
            do {
                try session.run(statement)
            } catch {
                // Duplicates and missing parents belong to it.
                guard [.duplicate, .other].contains(error.kind) else { throw error }
            }
        }
        try session.run(next(10) == 0 ? "ROLLBACK" : "COMMIT")
    }

    private mutating func statement() -> String {
        let id = next(60)
        switch next(14) {
        case 0: return "INSERT IGNORE INTO plain VALUES (\(id), \(next(9)), 'text \(next(99))')"
        case 1: return "UPDATE plain SET v = v + 1 WHERE id BETWEEN \(id) AND \(id + next(20))"
        case 2: return "DELETE FROM plain WHERE id = \(id)"
        case 3: return "UPDATE plain SET id = \(next(60)) WHERE id = \(id)"
        case 4: return "REPLACE INTO pairs VALUES (\(next(9)), 'k\(next(4))', \(next(7)) / 3, \(id))"
        case 5: return "UPDATE pairs SET u = \(next(60)) WHERE u = \(id)"
        case 6: return "DELETE FROM pairs WHERE a = \(next(9))"
        case 7:
            return
                "INSERT IGNORE INTO texts VALUES ('\(["a", "A", "é", "e ", "E", "straße", "STRASSE"][next(7)])\(next(4))', 1)"
        case 8:
            return
                "UPDATE texts SET k = CONCAT('\(["z", "Z", "ž"][next(3)])', v % 5, k), v = v + 1 ORDER BY v DESC LIMIT 1"
        case 9: return "DELETE FROM texts ORDER BY v DESC LIMIT \(next(3))"
        case 10: return "INSERT INTO bare VALUES (\(next(4)), 'b'), (\(next(4)), 'B')"
        case 11:
            return next(2) == 0 ? "DELETE FROM bare LIMIT 1" : "UPDATE bare SET a = a + 1 WHERE a = \(next(4)) LIMIT 1"
        case 12: return "INSERT IGNORE INTO parent VALUES (\(id), 0), (\(id + 1), 1)"
        default:
            return next(3) == 0
                ? "DELETE FROM child WHERE id = \(id)" : "INSERT INTO child VALUES (\(id), \(next(60)))"
        }
    }
}
