import Foundation
import MartletCore
import ReplicationFixtures
import SQLClient
import Testing

/// The console's page of a replication, before two real servers.
@Suite(.serialized) struct ReplicationPageTests {
    @Test func `the page of a replication works in a browser`() async throws {
        let nomad = try await JobServer()
        let pair = try ReplicationPair()
        try await nomad.register(pair.body())
        try await pair.follows(nomad)
        try await pair.equal()
        let target = try pair.target.session()
        for statement in [
            "DELETE FROM \(pair.schema).t WHERE id = 5", "UPDATE \(pair.schema).t SET word = 'other' WHERE id = 7",
            "INSERT INTO \(pair.schema).t VALUES (9999, 'only here')",
        ] { try target.run(statement) }
        let check = try await Conformance(server: nomad.server, folder: "Tests/Console").run(
            "replication.py", environment: ["MARTLET_DATA": nomad.server.data, "MARTLET_REPLICATION": pair.job],
            within: 1200)
        #expect(check.status == 0, "\(check.output)")
        print(check.output)
        try await pair.gone(nomad)
    }
}
