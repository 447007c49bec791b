import Foundation
import MartletCore
import ReplicationFixtures
import Testing

/// The recordings of jobs of the driver dtle 3.20.12 (jobs-replication contract §B.3), between two real MariaDB servers.
@Suite(.serialized) struct RecordedReplicationJobTests {
    private static let target = "272fe119-658f-380d-6e7e-d11dfefc7080"
    private static let source = "da6ff38f-3c08-9ece-51c2-9482e50fbd18"

    /// What of the recorded requests is other here; the user is the same.
    private static func parts(_ pair: ReplicationPair) -> [String: String] {
        [
            "33061": String(pair.source.port), "33062": String(pair.target.port), "\"db1\"": "\"\(pair.schema)\"",
            "\"tb1\"": "\"t\"", "\"rp\"": "\"\(ReplicationPair.password)\"",
        ]
    }

    @Test func `jobs that cannot start answer as they were recorded`() async throws {
        let replay = try await Replay()
        try await Self.faults(replay, try ReplicationPair())
        #expect(replay.problems == [])
    }

    @Test func `a job copies, is stopped, and goes on as was recorded`() async throws {
        let replay = try await Replay()
        try await Self.life(replay, try ReplicationPair())
        #expect(replay.problems == [])
    }

    private static func faults(_ replay: Replay, _ pair: ReplicationPair) async throws {
        for number in ["165", "166", "168", "169"] { try await replay.send(number, changing: parts(pair)) }
        // Its request is not among the recordings: the first one's, without a connection.
        let changes = parts(pair).merging(["jbad4": "jbad3", "\"foo\"": "\"src\""]) { $1 }
        let text = changes.reduce(try #require(try Recorded("168").bytes())) {
            $0.replacingOccurrences(of: $1.key, with: $1.value)
        }
        var job = try JSONParser.parse(Array(text.utf8))["Job"].object ?? [:]
        var groups = job["TaskGroups"]?.array ?? []
        groups[0] = ["Name": "src", "Tasks": [["Name": "src", "Driver": "dtle", "Config": ["Gtid": ""]]]]
        job["TaskGroups"] = .array(groups)
        try await replay.nomad.register(["Job": .object(job)])
        // The other side is healthy after ten seconds, a wrong password is tried again after fifteen, the rest after thirty.
        try await replay.send("175")
        try await replay.check("171", "172", "173", "174")
        try await replay.nomad.clear((1...5).map { "jbad\($0)" })
    }

    private static func life(_ replay: Replay, _ pair: ReplicationPair) async throws {
        try await replay.send("177", changing: parts(pair))
        try await replay.send("178")
        for (id, group) in [(target, "dest"), (source, "src")] {
            let all = try await replay.nomad.get("/job/job1/allocations").array ?? []
            try replay.name(id, all.first { $0["TaskGroup"].string == group }?["ID"].string)
        }
        try await replay.check("179", "180", "181", "184", "186", "187")
        try await replay.check("190", "191", "192", "193", "194", "195")
        // As the recorded one it is healthy before it is stopped.
        _ = try await replay.nomad.allocations(of: "job1") { all in
            all.allSatisfy { $0["DeploymentStatus"]["Healthy"] == true }
        }
        try await replay.check("196", "198", "199")
        try await replay.send("177", changing: parts(pair))
        try await replay.send("201")
        try await replay.check("202", "204", "205")
    }
}
