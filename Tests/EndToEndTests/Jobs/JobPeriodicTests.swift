import Foundation
import MartletCore
import MartletTesting
import Testing

/// jobs-replication contract §B.2: jobs that make others at their times.
@Suite struct JobPeriodicTests {
    private static func job(_ id: String, _ script: String, _ periodic: [String: JSONValue]) -> JSONValue {
        let rule: [String: JSONValue] = ["Enabled": true, "SpecType": "cron", "Spec": "0 0 1 1 *"]
        return JobServer.job(id, script, ["Periodic": .object(rule.merging(periodic) { $1 })])
    }

    private static func children(_ nomad: JobServer, of id: String) async throws -> [JSONValue] {
        try await nomad.get("/jobs?prefix=\(id)/periodic-").array ?? []
    }

    @Test func `a periodic job waits for its time, and one is started by hand`() async throws {
        let nomad = try await JobServer()
        let job = Self.job("per", "true", [:])
        let plan = try await nomad.send(
            .POST, "/job/per/plan", .object((job.object ?? [:]).merging(["Diff": false]) { $1 }))
        #expect(plan.json["NextPeriodicLaunch"].string?.hasSuffix("-01-01T00:00:00Z") == true, "\(plan.text)")
        let reply = try await nomad.send(.POST, "/jobs", job)
        #expect(reply.status == 200 && reply.json["EvalID"] == "" && reply.json["Index"] == 0, "\(reply.text)")
        #expect(reply.index == 0)
        let stub = try await nomad.get("/jobs")[0]
        #expect(stub["Periodic"] == true && stub["Status"] == "running" && stub["Stop"] == false)
        #expect(try await nomad.get("/job/per/allocations") == [])
        let forced = try await nomad.send(.PUT, "/job/per/periodic/force")
        #expect(forced.status == 200 && forced.json["EvalID"].string?.isEmpty == false, "\(forced.text)")
        let evaluation = try await nomad.get("/evaluation/\(forced.json["EvalID"].string ?? "")")
        let child = try #require(evaluation["JobID"].string)
        #expect(child.hasPrefix("per/periodic-") && evaluation["TriggeredBy"] == "periodic-job")
        _ = try await nomad.get("/job/\(child)") { $0["Status"] == "dead" && $0["ParentID"] == "per" }
        #expect(try await nomad.get("/job/per/summary")["Children"] == ["Pending": 0, "Running": 0, "Dead": 1])
        #expect(try await nomad.send(.DELETE, "/job/per").status == 200)
        _ = try await nomad.get("/job/per") { $0["Status"] == "dead" }
        let stopped = try await nomad.send(.PUT, "/job/per/periodic/force")
        #expect(stopped.status == 500 && stopped.text.contains("is stopped"))
        let wrong = try await nomad.send(.POST, "/jobs", Self.job("w", "true", ["Spec": "@every 5s"]))
        #expect(wrong.status == 500 && wrong.text.contains("Invalid cron spec"))
    }

    @Test(arguments: ["nomad.beforeLaunch:25", "nomad.afterLaunch:25", "nomad.beforeDecide:15"])
    func `a server that is killed loses no time of a job, and doubles none`(_ failpoint: String) async throws {
        let scratch = try Scratch()
        let place = scratch.path("ran")
        try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
        var nomad = try await JobServer(scratch)
        let script = "echo x >>\(place)/${NOMAD_JOB_ID##*-}"
        #expect(try await nomad.send(.POST, "/jobs", Self.job("per", script, ["Spec": "* * * * * * *"])).status == 200)
        func ran() throws -> [Int] { try FileManager.default.contentsOfDirectory(atPath: place).compactMap { Int($0) } }
        try await eventually("it ran") { try ran().count >= 2 ? true : nil }
        for _ in 0..<3 {
            try await nomad.killed()
            // This one dies at a step of a launch, perhaps before it listens.
            do {
                let doomed = try await JobServer(scratch, environment: ["MARTLET_FAILPOINT": failpoint])
                _ = try await doomed.server.child.ended()
            } catch is Server.ServerEnded {}
            nomad = try await JobServer(scratch)
            let before = try ran().count
            try await eventually("it goes on") { try ran().count >= before + 2 ? true : nil }
        }
        #expect(try await nomad.send(.DELETE, "/job/per").status == 200)
        let children = try await eventually("all children are over") {
            let all = try await Self.children(nomad, of: "per")
            return all.allSatisfy { $0["Status"] == "dead" } ? all : nil
        }
        let made = Set(children.compactMap { $0["ID"].string?.split(separator: "-").last.flatMap { Int($0) } })
        #expect(Set(try ran()) == made, "every child ran, and nothing else")
        for second in made {
            #expect(try String(contentsOfFile: "\(place)/\(second)", encoding: .utf8) == "x\n", "\(second)")
        }
        for child in children { #expect(child["JobSummary"]["Summary"]["g"]["Complete"] == 1) }
    }

    @Test func `an earlier one that runs keeps the next away`() async throws {
        let nomad = try await JobServer()
        let job = Self.job("one", "exec sleep 600", ["Spec": "* * * * * * *", "ProhibitOverlap": true])
        #expect(try await nomad.send(.POST, "/jobs", job).status == 200)
        let first = try await eventually("the first began") {
            try await Self.children(nomad, of: "one").first { $0["JobSummary"]["Summary"]["g"]["Running"] == 1 }
        }
        let index = try await nomad.send(.GET, "/jobs").index
        // Times that come and go touch the job.
        _ = try await eventually("two more times came") {
            try await nomad.send(.GET, "/jobs").index >= index + 2 ? true : nil
        }
        #expect(try await Self.children(nomad, of: "one").count == 1)
        #expect(try await nomad.send(.DELETE, "/job/\(first["ID"].string ?? "")").status == 200)
        try await eventually("the next began") { try await Self.children(nomad, of: "one").count > 1 ? true : nil }
    }
}
