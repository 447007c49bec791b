import ReplicationFixtures
import Replicator
import SQLClient
import Testing

/// contract §F.20: tables of the target that are not defined as those of the source.
@Suite(.serialized)
struct ApplyFitTests {
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
