import Foundation
import MartletCore
import Testing

/// The recordings of Nomad 0.11.2 in their order (jobs-replication contract §B.2), against the real binary.
@Suite struct RecordedAnswersTests {
    private static let node = "1b402ff1-feda-1b84-e23f-ae27a199064b"
    private static let evaluation = "6c04a515-0a98-5a78-72ba-b47a0397342f"
    private static let echo = "76675847-0242-7010-108f-127ca216ff9f"
    private static let service = "6f12df07-c276-3d3e-7852-6b4a86408af6"

    @Test func `answers have what Nomad's have`() async throws {
        let replay = try await Replay()
        try await Self.beforeJobs(replay)
        try await Self.refusals(replay)
        try await Self.batch(replay)
        try await Self.failures(replay)
        try await Self.service(replay)
        try await Self.afterwards(replay)
        #expect(replay.problems == [])
        let all = Set(try Recorded.numbers())
        let others = replay.comparison.left.union(replay.comparison.replication)
        #expect(all.subtracting(replay.done).subtracting(others) == [])
        #expect(replay.done.intersection(others) == [])
    }

    private static func beforeJobs(_ replay: Replay) async throws {
        try replay.name(node, try await replay.nomad.get("/nodes")[0]["ID"].string)
        try await replay.check(
            "001", "003", "004", "006", "007", "009", "010", "012", "013", "015", "016", "018", "019")
        try await replay.check("022", "024", "025", "027", "028", "030", "031", "033", "034")
    }

    private static func refusals(_ replay: Replay) async throws {
        try await replay.check(
            "036", "037", "039", "040", "042", "043", "045", "046", "048", "049", "051", "052", "054")
        try await replay.check("055", "057", "058", "059", "060", "061", "063", "064")
        try await replay.nomad.register(lower)
        for job in ["extra", "lower"] { _ = try await replay.nomad.get("/job/\(job)") { $0["Status"] == "dead" } }
    }

    /// Its request is not among the recordings.
    private static var lower: JSONValue {
        [
            "job": [
                "id": "lower", "name": "lower", "type": "batch", "datacenters": ["dc1"],
                "taskgroups": [
                    [
                        "name": "g", "count": 1,
                        "tasks": [
                            [
                                "name": "t", "driver": "raw_exec", "config": ["command": "/bin/true", "args": []],
                                "resources": ["cpu": 20, "memorymb": 10],
                            ]
                        ],
                    ]
                ],
            ]
        ]
    }

    private static func batch(_ replay: Replay) async throws {
        try replay.name(evaluation, try await replay.send("066")["EvalID"].string)
        try await replay.send("067")
        let all = try await replay.nomad.allocations(of: "echo1") { $0.first?["ClientStatus"] == "complete" }
        try replay.name(echo, all[0]["ID"].string)
        try replay.name(String(echo.prefix(8)), all[0]["ID"].string.map { String($0.prefix(8)) })
        try await replay.check(
            "068", "069", "070", "072", "073", "074", "075", "076", "078", "079", "081", "082", "083")
        try await replay.check("084", "085", "086", "087", "088", "090", "091", "093", "094", "096", "097")
    }

    private static func failures(_ replay: Replay) async throws {
        try await replay.check("099", "100")
        let task: [String: JSONValue] = ["Config": ["cmd": "/bin/true"]]
        try await replay.nomad.register(
            JobServer.job(
                "badcfg", "",
                group: [
                    "RestartPolicy": [
                        "Attempts": 0, "Mode": "fail", "Interval": 3_600_000_000_000, "Delay": 1_000_000_000,
                    ]
                ], task: task))
        try await replay.check("102", "103", "105", "106", "108")
    }

    private static func service(_ replay: Replay) async throws {
        try await replay.send("109")
        _ = try await replay.nomad.allocations(of: "svc1") { $0.first?["ClientStatus"] == "running" }
        try await replay.check("111", "112")
        let known = try await replay.nomad.send(.GET, "/jobs").index
        let nomad = replay.nomad
        async let update: Void = Self.update(nomad)
        try await replay.send("114", changing: ["index=63": "index=\(known)"])
        try await update
        try await replay.check("115", "117", "118")
        let newest = try await replay.nomad.allocations(of: "svc1") { all in
            all.contains { $0["JobVersion"] == 1 && $0["ClientStatus"] == "running" }
        }.first { $0["JobVersion"] == 1 }
        try replay.name(service, newest?["ID"].string)
        try await replay.check("120", "121")
        // Nomad makes the version that is marked the current one; here the current one is marked.
        let current = ["\"JobVersion\":0": "\"JobVersion\":1"]
        try await replay.send("123", changing: current)
        try await replay.send("124", changing: current)
        try await replay.check("126", "127")
        _ = try await replay.nomad.allocations(of: "svc1") { all in
            all.contains { JobServer.events($0).contains("Restart Signaled") && JobServer.events($0).last == "Started" }
        }
        try await replay.send("129")
        _ = try await replay.nomad.allocations(of: "svc1") { all in
            all.count == 3 && all.contains { $0["JobVersion"] == 1 && $0["ClientStatus"] == "running" }
        }
        try await replay.check("130", "132", "133", "135", "136", "138", "139")
    }

    private static func update(_ nomad: JobServer) async throws {
        let recorded = try Recorded("109").request?["Job"].object ?? [:]
        try await nomad.register(["Job": .object(recorded.merging(["Meta": ["k": "v"]]) { $1 })])
    }

    private static func afterwards(_ replay: Replay) async throws {
        try await replay.check("141", "142", "145")
        let node = try await replay.nomad.get("/nodes")[0]["ID"].string ?? ""
        try await replay.send("147", changing: ["1b40": String(node.prefix(4))])
        try await replay.check("148", "150", "153", "154")
    }
}
