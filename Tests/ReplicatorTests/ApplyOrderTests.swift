import Foundation
import ReplicationFixtures
import Replicator
import SQLClient
import Synchronization
import Testing

/// contract §F.29: changes of several tables that several workers apply keep the order they need.
@Suite(.serialized)
struct ApplyOrderTests {
    /// Two tables, `p` and `c`. `last` is applied while `first` is held up.
    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let tables: [String]
        var before: [String] = []
        let first: [[String]]
        let last: [String]

        static let all = [
            Case(
                testDescription: "a cascade",
                tables: [
                    "p (id INT PRIMARY KEY)",
                    "c (id INT PRIMARY KEY, p INT, FOREIGN KEY (p) REFERENCES p (id) ON DELETE CASCADE)",
                ],
                before: ["INSERT INTO p VALUES (1), (2)", "INSERT INTO c VALUES (1, 2)"],
                first: [["DELETE FROM p WHERE id = 1"], ["INSERT INTO p VALUES (1)"]],
                last: ["INSERT INTO c VALUES (7, 1)"]),
            Case(
                testDescription: "a cascade one table further",
                tables: [
                    "p (id INT PRIMARY KEY)", "c (id INT PRIMARY KEY, p INT, FOREIGN KEY (p) REFERENCES p (id))",
                    "d (id INT PRIMARY KEY, c INT, FOREIGN KEY (c) REFERENCES c (id) ON DELETE CASCADE)",
                ],
                first: [["INSERT INTO p VALUES (1)"]], last: ["INSERT INTO c VALUES (7, 1)"]),
            Case(
                testDescription: "a child without a key",
                tables: ["p (id INT PRIMARY KEY)", "c (p INT, FOREIGN KEY (p) REFERENCES p (id))"],
                before: ["INSERT INTO p VALUES (2)", "INSERT INTO c VALUES (2)"],
                first: [["INSERT INTO p VALUES (1)"]], last: ["INSERT INTO c VALUES (1)"]),
            Case(
                testDescription: "a child with a text that is not ASCII",
                tables: [
                    "p (id INT PRIMARY KEY)",
                    "c (id INT PRIMARY KEY, p INT, t VARCHAR(9) UNIQUE, FOREIGN KEY (p) REFERENCES p (id))",
                ],
                before: ["INSERT INTO p VALUES (2)", "INSERT INTO c VALUES (1, 2, 'é')"],
                first: [["INSERT INTO p VALUES (1)"]], last: ["INSERT INTO c VALUES (7, 1, 'x')"]),
            Case(
                testDescription: "a foreign key of texts that are not ASCII",
                tables: [
                    "p (t VARCHAR(9) PRIMARY KEY)",
                    "c (id INT PRIMARY KEY, t VARCHAR(9), FOREIGN KEY (t) REFERENCES p (t))",
                ],
                before: ["INSERT INTO p VALUES ('ü')", "INSERT INTO c VALUES (1, 'ü')"],
                first: [["INSERT INTO p VALUES ('é')"]], last: ["INSERT INTO c VALUES (7, 'é')"]),
            Case(
                testDescription: "a collation in which i is j",
                tables: [
                    "p (id INT PRIMARY KEY, t VARCHAR(9) COLLATE utf8mb4_roman_ci UNIQUE)", "c (id INT PRIMARY KEY)",
                ],
                before: ["INSERT INTO p VALUES (1, 'i')", "INSERT INTO c VALUES (1)"],
                first: [["DELETE FROM p WHERE id = 1"]], last: ["INSERT INTO p VALUES (2, 'j')"]),
        ]
    }

    /// One product for each case, in turn: what is tested is ours.
    @Test(arguments: zip(Case.all, Case.all.flatMap { _ in FollowedPair.alike }))
    func `tables that go one after another wait for what they refer to`(item: Case, pair: FollowedPair) throws {
        let follower = try pair.follower()
        try follower.follow { session in
            for table in item.tables + ["busy (id INT PRIMARY KEY, n INT)"] {
                try session.run("CREATE TABLE \(table) DEFAULT CHARSET=utf8mb4")
            }
            try session.run("INSERT INTO busy VALUES (1, 0)")
        }
        try applyHeldUp(follower, item)
        try follower.expectEqual("p")
        try follower.expectEqual("c")
    }

    @Test(arguments: TestServer.available)
    func `collations that are said to fold ASCII by case alone do`(product: TestServer.Product) throws {
        let session = try TestServer.sharedTarget(product).session()
        try session.run("CREATE TEMPORARY TABLE mysql.texts (t VARCHAR(8) CHARACTER SET latin1 COLLATE latin1_bin)")
        let signs = (0x21..<0x7f).map { String(UnicodeScalar($0)) }
        let letters = (0x61...0x7a).map { String(UnicodeScalar($0)) }
        let pairs = letters.flatMap { one in letters.map { one + $0 } }
        // The Hungarian `ccs` is `cscs`.
        let longer = pairs.flatMap { [$0.prefix(1) + $0, $0 + $0] }
        let values = (signs + pairs + longer).map { "(\(SQLText.quoted($0)))" }.joined(separator: ",")
        try session.run("INSERT INTO mysql.texts VALUES \(values)")
        let names = try session.rows(
            product == .maria
                ? "SELECT FULL_COLLATION_NAME, CHARACTER_SET_NAME FROM "
                    + "information_schema.COLLATION_CHARACTER_SET_APPLICABILITY"
                : "SELECT COLLATION_NAME, CHARACTER_SET_NAME FROM information_schema.COLLATIONS"
        ).filter { TextFolding.isByCase($0[0] ?? "") }
        #expect(names.count > 30)
        for name in names {
            let text = "CONVERT(t USING \(name[1] ?? "")) COLLATE \(name[0] ?? "")"
            let equal = try session.value(
                "SELECT GROUP_CONCAT(s) FROM (SELECT GROUP_CONCAT(t) AS s FROM mysql.texts GROUP BY \(text) "
                    + "HAVING COUNT(DISTINCT LOWER(t)) > 1) AS found")
            #expect(equal == nil, "\(name[0] ?? "")")
        }
    }

    /// Another session of the target keeps the first transaction waiting while a worker could take the last.
    private func applyHeldUp(_ follower: Follower, _ item: Case) throws {
        let start = try follower.now()
        let (source, holder) = (try follower.source.session(), try follower.target.session())
        for session in [source, holder] { try session.run("USE \(follower.schema)") }
        for statement in item.before { try source.run(statement) }
        for (index, statements) in item.first.enumerated() {
            let held = index == 0 ? ["UPDATE busy SET n = n + 1"] : []
            for statement in ["BEGIN"] + held + statements + ["COMMIT"] { try source.run(statement) }
        }
        for statement in item.last { try source.run(statement) }
        try holder.run("BEGIN")
        try holder.run("SELECT * FROM busy FOR UPDATE")
        let failure = Mutex<(any Error)?>(nil)
        let applying = OwnThread("applying") {
            do { try follower.apply(from: start) } catch { failure.withLock { $0 = error } }
        }
        usleep(500_000)
        try holder.run("ROLLBACK")
        applying.join()
        if let error = failure.withLock({ $0 }) { throw error }
    }
}
