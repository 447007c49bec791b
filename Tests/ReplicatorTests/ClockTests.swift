import MartletCore
import ReplicationFixtures
import Replicator
import SQLClient
import Testing

/// contract §F.38: instants are the same on both sides whatever zone a server is in, and the lag is a time that has passed.
@Suite(.serialized)
struct ClockTests {
    private static func moments(_ data: JobData, _ server: TestServer) throws -> [[String?]] {
        let session = try server.session()
        try session.run("SET SESSION time_zone = '+00:00'")
        return try session.rows("SELECT id, at, local FROM \(data.schema).moments ORDER BY id")
    }

    /// Texts of both sides of the hours that summer time skips and repeats; the zone is the session's.
    private static func insert(_ data: JobData, from first: Int, zone: String) throws {
        let session = try data.source.session()
        try session.run("SET SESSION time_zone = '\(zone)'")
        let texts = [
            "1970-01-02 00:00:01", "2026-03-29 02:30:00.125", "2026-10-25 02:30:00", "2038-01-18 00:00:00.999",
        ]
        for (offset, text) in texts.enumerated() {
            try session.run("INSERT INTO \(data.schema).moments VALUES (\(first + offset), '\(text)', '\(text)')")
        }
    }

    @Test(arguments: TestServer.available)
    func `a source in another zone, and sessions in a third, keep their instants`(
        product: TestServer.Product
    ) async throws {
        let data = try JobData(try TestServer.shared(product), try TestServer.sharedTarget(product))
        let session = try data.source.session()
        try session.run(
            "CREATE TABLE \(data.schema).moments (id INT PRIMARY KEY, at TIMESTAMP(3) NULL, local DATETIME(3))")
        try session.run("SET GLOBAL time_zone = '+08:00'")
        defer { _ = try? session.run("SET GLOBAL time_zone = 'SYSTEM'") }
        try Self.insert(data, from: 1, zone: "+08:00")
        try Self.insert(data, from: 11, zone: "-05:00")
        let job = try data.job()
        let runs = try job.startBoth()
        try await runs.target.until("it follows") { $0.state == .applying }
        try Self.insert(data, from: 21, zone: "+08:00")
        try Self.insert(data, from: 31, zone: "-05:00")
        try session.run("UPDATE \(data.schema).moments SET at = at + INTERVAL 1 HOUR WHERE id % 10 = 2")
        try await Patience.until("both sides have the same instants") {
            try Self.moments(data, data.source) == Self.moments(data, data.target)
        }
        #expect(try Self.moments(data, data.target).count == 16)
        // Eight hours are no lag, and neither is a clock that a session has put forward.
        try session.run("SET SESSION timestamp = UNIX_TIMESTAMP() + 3600")
        try session.run("UPDATE \(data.schema).moments SET local = NOW(3) WHERE id = 1")
        try await Patience.until("the row with the other clock is there") {
            try Self.moments(data, data.source) == Self.moments(data, data.target)
        }
        let report = try await runs.target.until("all is applied") { $0.lag == 0 }
        #expect(report.incremental.transactions >= 10 && report.error == nil)
        #expect(try await runs.target.stop() == 0)
        #expect(try await runs.source.stop() == 0)
    }
}
