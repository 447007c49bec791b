import Foundation
import MartletCore
import Testing

/// The requests that commands of the program `nomad` 0.11 make, in their order, and what they read in the answers.
@Suite struct CommandRequestTests {
    private static let waits = "trap 'echo hup' HUP; echo ready; while :; do sleep 0.05; done"

    /// `job run`; the id of the only allocation.
    private static func run(_ client: CommandClient, _ job: JSONValue) async throws -> String {
        let reply = try await client.put("/jobs", CommandClient.order(["Job": job]))
        #expect(reply["Warnings"] == "" && reply["JobModifyIndex"] != .null)
        let evaluation = try #require(reply["EvalID"].string)
        try await client.monitor(evaluation)
        return try #require(try await client.get("/evaluation/\(evaluation)/allocations")[0]["ID"].string)
    }

    @Test func `job run, status, plan and stop`() async throws {
        let nomad = try await JobServer()
        let client = CommandClient(nomad)
        let allocation = try await Self.run(client, CommandClient.job("svc", Self.waits))
        // job status
        #expect(try await client.get("/jobs")[0]["Status"] == "running")
        // job status svc
        #expect(try await client.get("/jobs?prefix=svc").array?.count == 1)
        let job = try await client.get("/job/svc")
        #expect(job["ID"] == "svc" && job["Periodic"] == .null && job["ParameterizedJob"] == .null)
        #expect(try await client.get("/job/svc/summary")["Summary"]["g"].object?.count == 6)
        #expect(try await client.get("/job/svc/evaluations")[0]["TriggeredBy"] == "job-register")
        #expect(try await client.get("/job/svc/allocations?all=false")[0]["ID"].string == allocation)
        let deployment = try #require(try await client.get("/job/svc/deployment")["ID"].string)
        // job history, job inspect, deployment list and status
        #expect(try await client.get("/job/svc/versions?diffs=true")["Versions"].array?.count == 1)
        #expect(try await client.get("/deployments")[0]["ID"].string == deployment)
        #expect(try await client.get("/deployments?prefix=\(deployment.prefix(8))").array?.count == 1)
        #expect(try await client.get("/deployment/\(deployment)")["TaskGroups"]["g"]["DesiredTotal"] == 1)
        #expect(try await client.get("/deployment/allocations/\(deployment)").array?.count == 1)
        // job plan, and job run -check-index with what it told
        let changed = CommandClient.job("svc", Self.waits + ":")
        let plan = try await client.put(
            "/job/svc/plan", CommandClient.order(["Job": changed, "Diff": true, "PolicyOverride": false]))
        #expect(plan["Diff"]["Type"] == "Edited" && plan["Annotations"]["DesiredTGUpdates"]["g"].object != nil)
        #expect(plan["FailedTGAllocs"] == .null && plan["JobModifyIndex"] == job["JobModifyIndex"])
        let enforced: [String: JSONValue] = [
            "Job": changed, "EnforceIndex": true, "JobModifyIndex": plan["JobModifyIndex"],
        ]
        let registered = try await client.put("/jobs", CommandClient.order(enforced))
        try await client.monitor(try #require(registered["EvalID"].string))
        await #expect(throws: CommandClient.Refused.self) {
            try await client.put("/jobs", CommandClient.order(enforced))
        }
        // job revert, job eval
        let revert = CommandClient.order([
            "JobID": "svc", "JobVersion": 0, "EnforcePriorVersion": .null, "VaultToken": "", "ConsulToken": "",
        ])
        try await client.monitor(try #require(try await client.put("/job/svc/revert", revert)["EvalID"].string))
        let options: JSONValue = ["JobID": "svc", "EvalOptions": ["ForceReschedule": false]]
        try await client.monitor(try #require(try await client.put("/job/svc/evaluate", options)["EvalID"].string))
        // job stop -purge
        #expect(try await client.get("/jobs?prefix=svc").array?.count == 1)
        #expect(try await client.get("/job/svc")["Version"] == 2)
        let stopped = try JSONParser.parse(try await client.answer(.DELETE, "/job/svc?purge=true").bytes)
        try await client.monitor(try #require(stopped["EvalID"].string))
        #expect(try await client.get("/jobs") == [])
        // system gc
        #expect(try await client.answer(.PUT, "/system/gc").bytes.isEmpty)
    }

    @Test func `alloc status, logs, fs, signal, restart and stop`() async throws {
        let nomad = try await JobServer()
        let client = CommandClient(nomad)
        let id = try await Self.run(client, CommandClient.job("svc", Self.waits))
        let short = String(id.prefix(8))
        _ = try await nomad.allocations(of: "svc") { $0.first?["ClientStatus"] == "running" }
        // alloc status
        let allocation = try await client.allocation(short)
        #expect(allocation["Job"]["TaskGroups"][0]["Tasks"][0]["Name"] == "t")
        #expect(allocation["AllocatedResources"]["Tasks"]["t"]["Memory"]["MemoryMB"] == 10)
        let stats = try await client.get("/client/allocation/\(id)/stats")
        #expect(stats["Tasks"]["t"]["ResourceUsage"]["MemoryStats"]["RSS"] != 0)
        // alloc logs: the node says where it is to be asked.
        let logs = "/client/fs/logs/\(id)?follow=false&offset=0&origin=start&task=t&type=stdout"
        let node = try await client.get("/node/\(try #require(allocation["NodeID"].string))")
        var direct = client
        direct.base = "http://\(try #require(node["HTTPAddr"].string))"
        #expect(direct.base == nomad.server.url && node["TLSEnabled"] == false)
        let asked = direct
        try await eventually("the line") { try await asked.answer(.GET, logs).answer.text.contains("cmVhZHkK") }
        // alloc signal, alloc restart
        let signal = CommandClient.order(["AllocID": .string(id), "Signal": "SIGHUP", "Task": ""])
        #expect(try await client.put("/client/allocation/\(id)/signal", signal) == ["Index": 0])
        try await eventually("the signal") {
            try await asked.answer(.GET, logs + "&plain=true").answer.text == "ready\nhup\n"
        }
        #expect(try await client.put("/client/allocation/\(id)/restart", ["TaskName": ""]) == ["Index": 0])
        _ = try await nomad.allocations(of: "svc") { $0.first.map { JobServer.events($0).last } == "Started" }
        // alloc fs
        let names = try await asked.get("/client/fs/ls/\(id)?path=alloc/logs").array?.compactMap { $0["Name"].string }
        #expect(names == ["t.stderr.0", "t.stdout.0"])
        let path = "path=alloc/logs/t.stdout.0"
        #expect(try await asked.get("/client/fs/stat/\(id)?\(path)")["IsDir"] == false)
        #expect(try await asked.answer(.GET, "/client/fs/cat/\(id)?\(path)").answer.text.hasPrefix("ready\n"))
        // alloc stop
        let stopped = try await client.put("/allocation/\(id)/stop")
        try await client.monitor(try #require(stopped["EvalID"].string))
        // eval status
        let evaluation = try #require(stopped["EvalID"].string)
        #expect(try await client.get("/evaluations?prefix=\(evaluation.prefix(8))").array?.count == 1)
        #expect(try await client.get("/evaluation/\(evaluation)")["TriggeredBy"] == "alloc-stop")
    }

    @Test func `node status and drain, status, server members, agent-info`() async throws {
        let nomad = try await JobServer()
        let client = CommandClient(nomad)
        let id = try #require(try await client.get("/agent/self")["stats"]["client"]["node_id"].string)
        let listed = try await client.get("/nodes")[0]
        #expect(listed["ID"].string == id && listed["SchedulingEligibility"] == "eligible")
        #expect(try await client.get("/nodes?prefix=\(id.prefix(8))").array?.count == 1)
        #expect(try await client.get("/node/\(id)")["Resources"]["CPU"] != 0)
        #expect(try await client.get("/node/\(id)/allocations") == [])
        #expect(try await client.get("/client/stats?node_id=\(id)")["Memory"]["Total"] != 0)
        _ = try await Self.run(client, CommandClient.job("svc", "exec sleep 600"))
        // status svc
        let search = try await client.put("/search", CommandClient.order(["Prefix": "svc", "Context": "all"]))
        #expect(search["Matches"]["jobs"] == ["svc"])
        // node drain -enable, then watching until nothing runs there; -disable
        let drain = CommandClient.order([
            "NodeID": .string(id), "MarkEligible": false,
            "DrainSpec": ["Deadline": 3_600_000_000_000, "IgnoreSystemJobs": false],
        ])
        _ = try await client.put("/node/\(id)/drain", drain)
        try await eventually("it is empty") {
            let (bytes, answer) = try await client.answer(.GET, "/node/\(id)/allocations?index=1&wait=5s")
            #expect(answer.header("X-Nomad-Index") != nil)
            return try JSONParser.parse(bytes).array?.allSatisfy { $0["ClientStatus"] == "complete" } == true
        }
        // It asks until there is no strategy any more.
        let done = try await eventually("the drain is over") {
            let node = try await client.get("/node/\(id)?index=1&wait=5s")
            return node["DrainStrategy"] == .null ? node : nil
        }
        #expect(done["SchedulingEligibility"] == "ineligible" && done["Drain"] == false)
        let end = CommandClient.order(["NodeID": .string(id), "DrainSpec": .null, "MarkEligible": true])
        _ = try await client.put("/node/\(id)/drain", end)
        let eligible = CommandClient.order(["NodeID": .string(id), "Eligibility": "eligible"])
        _ = try await client.put("/node/\(id)/eligibility", eligible)
        #expect(try await client.get("/node/\(id)")["SchedulingEligibility"] == "eligible")
        // server members
        #expect(try await client.get("/agent/members")["Members"][0]["Tags"]["role"] == "nomad")
        #expect(
            try JSONParser.parse(try await client.answer(.GET, "/status/leader").bytes).string?.contains(":4647")
                == true)
        #expect(try await client.get("/regions") == ["global"])
        #expect(try await client.get("/operator/raft/configuration")["Servers"].array?.count == 1)
    }

    /// The program writes the slash of such an id as `%2F`.
    @Test func `job dispatch, and the child's status`() async throws {
        let nomad = try await JobServer()
        let client = CommandClient(nomad)
        let members = CommandClient.job("par", "echo $NOMAD_META_x", type: "batch").object ?? [:]
        let rule: JSONValue = ["Payload": "", "MetaRequired": ["x"], "MetaOptional": .null]
        let job = JSONValue.object(members.merging(["ParameterizedJob": rule]) { $1 })
        #expect(try await client.put("/jobs", CommandClient.order(["Job": job]))["EvalID"] == "")
        let reply = try await client.put(
            "/job/par/dispatch", CommandClient.order(["JobID": "par", "Payload": .null, "Meta": ["x": "1"]]))
        try await client.monitor(try #require(reply["EvalID"].string))
        let child = try #require(reply["DispatchedJobID"].string)
        #expect(try await client.get("/jobs?prefix=par/dispatch-").array?.count == 1)
        let escaped = child.replacingOccurrences(of: "/", with: "%2F")
        #expect(try await client.get("/job/\(escaped)")["ParentID"] == "par")
        #expect(try await client.get("/job/\(escaped)/summary")["JobID"].string == child)
        #expect(try await client.get("/job/\(escaped)/allocations?all=false").array?.count == 1)
        #expect(try await client.get("/job/par/summary")["Children"].object?.count == 3)
    }
}
