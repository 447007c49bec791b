import Foundation
import ReplicationFixtures
import SQLClient
import Testing

@testable import Binlog
@testable import Replicator

/// contract §F.37: what is taken for the target's own change is one.
@Suite(.serialized)
struct EchoTests {
    enum Case: CaseIterable {
        case rows, statement, sameServer
    }

    @Test(.enabled(if: TestServer.hasMaria), arguments: Case.allCases)
    func `a third server with the target's server_id is told, and not passed over`(item: Case) throws {
        let follower = try Follower(.maria, .maria)
        try follower.follow { try $0.run("CREATE TABLE t (id INT PRIMARY KEY)") }
        let start = try follower.now()
        let (session, target) = (try follower.source.session(), try follower.target.session())
        try Checkpoint(session, job: "third").prepare()
        let own = try #require(UInt32(try target.value("SELECT @@server_id") ?? ""))
        let origin = SQLText.hex(MariaOrigin.bytes(domain: 0, server: own))
        let number: Int64 = item == .sameServer ? 1 : 900_000_000
        defer { _ = try? session.run("DELETE FROM dtle.gtid_executed_v4 WHERE job_name = '\(follower.job)'") }
        if item == .statement {
            let mark = "\(Int64.min + number), 'ddl:\(session.connectionID)'"
            try session.run("REPLACE INTO dtle.gtid_executed_v4 VALUES ('\(follower.job)', \(origin), \(mark))")
            try session.run("ALTER TABLE \(follower.schema).t ADD c INT")
        } else {
            try session.run("BEGIN")
            try session.run("INSERT INTO dtle.gtid_executed_v4 VALUES ('\(follower.job)', \(origin), \(number), NULL)")
            try session.run("INSERT INTO \(follower.schema).t VALUES (1)")
            try session.run("COMMIT")
        }
        var options = try follower.options()
        options.executed = start
        let applier = try Applier(options)
        defer { applier.stop() }
        #expect {
            try follower.read(after: start, isMaria: true) { event in
                if case .begin(let head) = event, item == .sameServer {
                    let other = TransactionHead(
                        identity: head.identity, timestamp: head.timestamp, serverID: own, mysql: nil,
                        maria: head.maria,
                        origin: head.origin)
                    try applier.accept(.begin(other))
                } else {
                    try applier.accept(event)
                }
                if case .end(let end) = event { return try end.identity != .maria(last(session)) }
                return true
            }
        } throws: { error in
            let words =
                item == .sameServer ? ["both have the server_id \(own)"] : ["0-\(own)-\(number)", "gtid_binlog_state"]
            return (words + ["server_id of its own"]).allSatisfy("\(error)".contains)
        }
    }

    private func last(_ session: SQLSession) throws -> MariaGTID {
        try #require(MariaGTID(try session.value("SELECT @@gtid_binlog_pos") ?? ""))
    }
}
