import ReplicationFixtures
import Replicator
import SQLClient
import Testing

/// contract §F.20: tables of the target that are not defined as those of the source.
@Suite(.serialized)
struct ApplyFitTests {
    /// A column's type at both sides and a value.
    struct Case: Sendable {
        let source: String
        let target: String
        let value: String

        init(_ source: String, _ target: String, _ value: String) {
            (self.source, self.target, self.value) = (source, target, value)
        }

        static let lossy = [
            Case("ENUM('small','large')", "ENUM('new','small','large')", "'small'"),
            Case("SET('a','b')", "SET('b','a')", "'a'"), Case("ENUM('a','ö')", "ENUM('a','ü')", "'ö'"),
            Case("ENUM('small','large')", "VARCHAR(20)", "'small'"), Case("DECIMAL(10,4)", "DECIMAL(10,2)", "1.2345"),
            Case("DECIMAL(10,4)", "INT", "1.2345"), Case("DOUBLE", "FLOAT", "0.123456789"),
            Case("DOUBLE", "DECIMAL(10,2)", "0.125"), Case("DATETIME(6)", "DATETIME", "'2026-01-02 03:04:05.678901'"),
            Case("TIME(3)", "TIME(1)", "'03:04:05.678'"), Case("TIMESTAMP(2)", "TIMESTAMP", "'2026-01-02 03:04:05.67'"),
            Case("DATETIME", "DATE", "'2026-01-02 03:04:05'"),
        ]
        /// What the target takes as it is.
        static let fitting = [
            Case("ENUM('a','ö','x''\\\\y')", "ENUM('a','ö','x''\\\\y','b')", "'x''\\\\y'"),
            Case("ENUM('é','a') CHARACTER SET latin1", "ENUM('é','a') CHARACTER SET utf8mb4", "'é'"),
            Case("SET('a','b')", "SET('a','b','c')", "'a,b'"), Case("INT", "BIGINT", "-5"),
            Case("INT UNSIGNED", "BIGINT", "3000000000"), Case("VARCHAR(50)", "VARCHAR(100)", "'ö'"),
            Case("VARCHAR(50) CHARACTER SET latin1", "VARCHAR(50) CHARACTER SET utf8mb4", "'ö'"),
            Case("DECIMAL(10,2)", "DECIMAL(12,4)", "1.25"), Case("DECIMAL(10,0)", "BIGINT", "12"),
            Case("FLOAT", "DOUBLE", "0.5"), Case("DATETIME", "DATETIME(6)", "'2026-01-02 03:04:05'"),
            Case("DATE", "DATETIME", "'2026-01-02'"), Case("TIMESTAMP(3)", "DATETIME(3)", "'2026-01-02 03:04:05.678'"),
            Case("VARCHAR(20)", "TEXT", "'x'"), Case("INT", "VARCHAR(20)", "7"),
        ]
    }

    /// Makes a table for each of them at both sides; returns what the source had before any row.
    private func prepare(_ follower: Follower, _ cases: [Case]) throws {
        try follower.follow { session in
            try session.run("SET NAMES utf8mb4")
            for (index, item) in cases.enumerated() {
                try session.run("CREATE TABLE f\(index) (id INT PRIMARY KEY, v \(item.source)) CHARACTER SET utf8mb4")
            }
        }
        let target = try follower.target.session()
        for (index, item) in cases.enumerated() {
            try target.run("ALTER TABLE \(follower.schema).f\(index) MODIFY v \(item.target)")
        }
    }

    @Test(arguments: FollowedPair.alike)
    func `a column that would change values stops the job and is named`(pair: FollowedPair) throws {
        let follower = try pair.follower()
        // Each product half of them: what is tested is ours.
        let cases = Case.lossy.indices.filter { ($0 % 2 == 0) == (pair.source == .maria) }.map { Case.lossy[$0] }
        try prepare(follower, cases)
        try Self.expectStops(follower, cases)
    }

    private static func expectStops(_ follower: Follower, _ cases: [Case]) throws {
        let source = try follower.source.session()
        for (index, item) in cases.enumerated() {
            let start = try follower.now()
            try source.run("INSERT INTO \(follower.schema).f\(index) VALUES (1, \(item.value))")
            #expect("\(item.source) to \(item.target)") {
                try follower.apply(from: start)
            } throws: { error in
                "\(error)".contains("column v") && "\(error)".contains("\(follower.schema).f\(index)")
            }
        }
    }

    @Test(arguments: FollowedPair.alike)
    func `a column that is wider takes values as they are`(pair: FollowedPair) throws {
        let follower = try pair.follower()
        try prepare(follower, Case.fitting)
        try Self.expectTakes(follower, Case.fitting)
    }

    private static func expectTakes(_ follower: Follower, _ cases: [Case]) throws {
        let start = try follower.now()
        let source = try follower.source.session()
        for (index, item) in cases.enumerated() {
            try source.run("INSERT INTO \(follower.schema).f\(index) VALUES (1, \(item.value))")
        }
        try follower.apply(from: start)
        for (index, item) in cases.enumerated() {
            let counts = try [follower.source, follower.target].map { server in
                try server.session().value("SELECT COUNT(*) FROM \(follower.schema).f\(index) WHERE v = \(item.value)")
            }
            #expect(counts == ["1", "1"], "\(item.source) to \(item.target)")
        }
    }

    @Test(.enabled(if: TestServer.hasMaria))
    func `without metadata digits, fractions and widths of characters are compared`() throws {
        let source = try TestServer.start(.maria, options: ["--binlog-row-metadata=NO_LOG"])
        let follower = Follower(source, try TestServer.sharedTarget(.maria))
        let lossy = [
            Case("DECIMAL(10,4)", "DECIMAL(10,2)", "1.2345"),
            Case("DATETIME(6)", "DATETIME", "'2026-01-02 03:04:05.678901'"),
            Case("VARCHAR(50)", "VARCHAR(50) CHARACTER SET latin1", "'é'"),
            Case("CHAR(50) CHARACTER SET utf8mb3", "CHAR(50) CHARACTER SET latin1", "'é'"),
        ]
        let fitting = [
            Case("DECIMAL(10,2)", "DECIMAL(12,4)", "1.25"), Case("VARCHAR(50)", "VARCHAR(100)", "'ö'"),
            Case("VARCHAR(50)", "VARCHAR(50) CHARACTER SET utf8mb3", "'ö'"), Case("CHAR(200)", "CHAR(50)", "'ö'"),
        ]
        try prepare(follower, lossy)
        try Self.expectStops(follower, lossy)
        let other = Follower(source, try TestServer.sharedTarget(.maria))
        try prepare(other, fitting)
        try Self.expectTakes(other, fitting)
        let copied = Follower(source, other.target)
        let unreadable = [
            Case("INT UNSIGNED", "INT", "1"), Case("VARCHAR(9)", "VARCHAR(20) CHARACTER SET latin1", "'a'"),
        ]
        try prepare(copied, unreadable)
        for (index, name) in ["f0", "f1"].enumerated() {
            let settings = try copied.options().settings
            var plan = CopyPlan(
                job: "\(copied.job)-\(index)", source: source.sqlSettings, target: copied.target.sqlSettings,
                selection: try Selection(settings))
            plan.skipsCreation = true
            #expect {
                try FullCopy(plan).run()
            } throws: { "\($0)".contains("column v") && "\($0)".contains("\(copied.schema).\(name)") }
            try copied.source.session().run("DROP TABLE \(copied.schema).\(name)")
        }
    }

    @Test(.enabled(if: TestServer.hasMaria))
    func `system-versioned tables are refused`() throws {
        let period =
            ", s TIMESTAMP(6) GENERATED ALWAYS AS ROW START, e TIMESTAMP(6) GENERATED ALWAYS AS ROW END, "
            + "PERIOD FOR SYSTEM_TIME (s, e)"
        for columns in ["", period] {
            let follower = try Follower(.maria, .maria)
            #expect {
                try follower.follow { session in
                    try session.run("CREATE TABLE v (id INT PRIMARY KEY\(columns)) WITH SYSTEM VERSIONING")
                    try session.run("INSERT INTO v (id) VALUES (1)")
                    try session.run("DELETE FROM v")
                }
            } throws: { "\($0)".contains("system-versioned") && "\($0)".contains("\(follower.schema).v") }
        }
        let fixture = try CopyFixture(ServerPair(source: .maria, target: .maria))
        try fixture.source.run("CREATE TABLE v (id INT PRIMARY KEY) WITH SYSTEM VERSIONING")
        #expect {
            try fixture.copy()
        } throws: { "\($0)".contains("system-versioned") && "\($0)".contains("\(fixture.schema).v") }
    }
}
