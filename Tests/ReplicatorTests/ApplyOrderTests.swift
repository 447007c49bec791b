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
