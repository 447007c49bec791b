import Foundation
import MartletCore
import Testing

/// jobs-replication contract §B.2: versions and lives of one id, and what tells them apart.
@Suite struct JobLifeTests {
    @Test func `after a purge the same id is another job`() async throws {
        let nomad = try await JobServer()
        func register(_ script: String) async throws {
            try await nomad.register(
                JobServer.job("re", script, type: "service", group: ["Update": ["MinHealthyTime": 100_000_000]]))
            _ = try await nomad.get("/job/re/deployment") { $0["Status"] == "successful" }
        }
        try await register("exec sleep 600")
        let first = try await nomad.get("/job/re/allocations").array ?? []
        #expect(try await nomad.send(.DELETE, "/job/re?purge=true").status == 200)
        // Nobody else has the id: what is kept is told.
        #expect(try await nomad.get("/job/re/allocations").array?.count == 1)
        try await register("exec sleep 601")
        for question in ["", "?all=false"] {
            let now = try await nomad.get("/job/re/allocations\(question)").array ?? []
            #expect(now.count == 1 && now[0]["ID"] != first[0]["ID"], "\(question): \(now)")
            #expect(try await nomad.get("/job/re/deployments\(question)").array?.count == 1)
        }
        #expect(try await nomad.get("/job/re/allocations?all=true").array?.count == 2)
        #expect(try await nomad.get("/job/re/deployments?all=1").array?.count == 2)
        let wrong = try await nomad.send(.GET, "/job/re/allocations?all=maybe")
        #expect(wrong.status == 500 && wrong.text.contains("strconv.ParseBool"), "\(wrong.text)")
    }

    /// Whoever waits for the evaluation and then looks at the deployment must not see the former version's success.
    @Test func `an update has its deployment from the moment on at which it is decided`() async throws {
        let nomad = try await JobServer()
        let group: [String: JSONValue] = ["Update": ["MinHealthyTime": 100_000_000, "HealthyDeadline": 60_000_000_000]]
        func job(_ script: String) -> JSONValue {
            JobServer.job(
                "slow", script, type: "service", group: group,
                task: ["KillTimeout": 20_000_000_000])
        }
        try await nomad.register(job("trap '' INT; echo up; while :; do sleep 0.1; done"))
        let old = try await nomad.get("/job/slow/deployment") { $0["Status"] == "successful" }
        let evaluation = try await nomad.register(job("exec sleep 600"))
        let decided = try await nomad.get("/evaluation/\(evaluation)") { $0["Status"] == "complete" }
        let new = try await nomad.get("/job/slow/deployment")
        #expect(new["JobVersion"] == 1 && new["Status"] == "running" && new["ID"] != old["ID"], "\(new)")
        #expect(decided["DeploymentID"] == new["ID"])
        try await nomad.clear(["slow"])
    }

    @Test func `a node is known by its id, in conditions and in texts`() async throws {
        let nomad = try await JobServer()
        let id = try #require(try await nomad.get("/nodes")[0]["ID"].string)
        let here: JSONValue = [["LTarget": "${node.unique.id}", "RTarget": .string(id), "Operand": "="]]
        try await nomad.register(
            JobServer.job(
                "here", "echo $WHERE $1",
                task: [
                    "Env": ["WHERE": "${node.unique.id} ${node.region}"]
                ], ["Constraints": here]))
        let all = try await nomad.allocations(of: "here") { $0.first?["ClientStatus"] == "complete" }
        let log = try await nomad.send(
            .GET, "/client/fs/logs/\(all[0]["ID"].string ?? "")?task=t&type=stdout&plain=true")
        #expect(log.text == "\(id) global\n")
        let signals = try await nomad.get("/node/\(id)")["Attributes"]["os.signals"].string ?? ""
        #expect(signals.split(separator: ",").contains("SIGWINCH"), "\(signals)")
    }

    @Test func `a drain says how it was ordered, and spares system jobs where it is to`() async throws {
        let nomad = try await JobServer()
        let id = try #require(try await nomad.get("/nodes")[0]["ID"].string)
        let born = try await nomad.get("/node/\(id)")["Events"][0]["Timestamp"]
        try await nomad.register(JobServer.job("sys", "exec sleep 600", type: "system"))
        let stubborn = "trap '' INT; echo up; while [ ! -e \(nomad.scratch.path("go")) ]; do sleep 0.05; done"
        try await nomad.register(
            JobServer.job("svc", stubborn, type: "service", task: ["KillTimeout": 30_000_000_000]))
        for job in ["sys", "svc"] {
            _ = try await nomad.allocations(of: job) { $0.first?["ClientStatus"] == "running" }
        }
        let order: JSONValue = ["DrainSpec": ["Deadline": 3_600_000_000_000, "IgnoreSystemJobs": true]]
        #expect(try await nomad.send(.PUT, "/node/\(id)/drain", order).status == 200)
        let node = try await nomad.get("/node/\(id)")
        let strategy = node["DrainStrategy"]
        #expect(strategy["Deadline"] == 3_600_000_000_000 && strategy["IgnoreSystemJobs"] == true, "\(strategy)")
        #expect(
            strategy["StartedAt"].string?.hasPrefix("20") == true && strategy["ForceDeadline"] != strategy["StartedAt"])
        #expect(node["Events"][0]["Timestamp"] == born)
        try "".write(toFile: nomad.scratch.path("go"), atomically: true, encoding: .utf8)
        _ = try await nomad.get("/node/\(id)") { $0["DrainStrategy"] == .null && $0["Drain"] == false }
        let spared = try await nomad.get("/job/sys/allocations")
        #expect(spared[0]["ClientStatus"] == "running" && spared[0]["DesiredStatus"] == "run", "\(spared)")
        #expect(try await nomad.get("/job/svc/allocations")[0]["DesiredStatus"] == "stop")
    }

    @Test func `the signal that a task asks for ends it`() async throws {
        let nomad = try await JobServer()
        let script =
            "trap 'echo winch; exit 0' WINCH; trap 'echo int; exit 0' INT; echo up; while :; do sleep 0.05; done"
        try await nomad.register(
            JobServer.job("svc", script, type: "service", task: ["KillSignal": "SIGWINCH"]))
        let all = try await nomad.allocations(of: "svc") { $0.first?["ClientStatus"] == "running" }
        let path = "/client/fs/logs/\(all[0]["ID"].string ?? "")?task=t&type=stdout&plain=true"
        try await eventually("its traps are set") { try await nomad.send(.GET, path).text == "up\n" }
        #expect(try await nomad.send(.DELETE, "/job/svc").status == 200)
        _ = try await nomad.allocations(of: "svc") { $0.first?["ClientStatus"] == "complete" }
        #expect(try await nomad.send(.GET, path).text == "up\nwinch\n")
    }

    @Test func `what names another job, or nothing that is, is refused in Nomad's words`() async throws {
        let nomad = try await JobServer()
        try await nomad.register(JobServer.job("par", "true", ["ParameterizedJob": ["MetaOptional": ["who"]]]))
        try await nomad.register(JobServer.job("svc", "exec sleep 600", type: "service"))
        let nobody = "zz" + String(repeating: "0", count: 34)
        let calls: [(Server.Verb, String, JSONValue?, Int, String)] = [
            (.PUT, "/job/par/dispatch", ["JobID": "other"], 400, "Job ID does not match"),
            (.PUT, "/job/par/dispatch", ["Meta": ["who": 1]], 400, "json: cannot unmarshal"),
            (.PUT, "/job/svc/evaluate", ["JobID": "other"], 400, "JobID not same as job name"),
            (.GET, "/evaluation/\(nobody)", nil, 500, "eval lookup failed: index error: Invalid UUID: \(nobody)"),
            (.GET, "/allocation/\(nobody)", nil, 500, "alloc lookup failed: index error: Invalid UUID: \(nobody)"),
            (.GET, "/node/\(nobody)", nil, 500, "node lookup failed: index error: Invalid UUID: \(nobody)"),
            (.GET, "/nodes?prefix=zz", nil, 500, "node lookup failed: index error: Invalid UUID: zz"),
            (.GET, "/quotas", nil, 501, "Nomad Enterprise only endpoint"),
            (.GET, "/namespace/x", nil, 501, "Nomad Enterprise only endpoint"),
            (.GET, "/sentinel/policies", nil, 501, "Nomad Enterprise only endpoint"),
            (.GET, "/acl/policies", nil, 400, "ACL support disabled"),
        ]
        for (method, path, body, status, text) in calls {
            let reply = try await nomad.send(method, path, body)
            #expect(reply.status == status && reply.text.hasPrefix(text), "\(path): \(reply.status) \(reply.text)")
        }
        let stub = try await nomad.get("/jobs?prefix=par").array ?? []
        #expect(stub.count == 1, "nothing was dispatched: \(stub)")
        let driver = try await nomad.get("/nodes")[0]["Drivers"]["dtle"]["Attributes"]
        #expect(driver["driver.dtle.full_version"] == .string("3.20.12.1-martlet-0.1.0"), "\(driver)")
    }
}
