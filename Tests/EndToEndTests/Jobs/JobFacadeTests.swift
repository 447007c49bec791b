import Foundation
import MartletCore
import Testing

/// jobs-replication contract B and F, cases 1–13.
@Suite struct JobFacadeTests {
    /// Case 1: words and statuses of the recordings.
    @Test func `what is wrong is told in Nomad's words`() async throws {
        let nomad = try await JobServer()
        let empty = try await nomad.send(.GET, "/jobs")
        #expect(empty.status == 200 && empty.text == "[]")
        #expect(empty.index >= 0)
        #expect(empty.header("X-Nomad-KnownLeader") == "true")
        #expect(empty.header("Content-Type") == "application/json")
        let none = "00000000-0000-0000-0000-000000000000"
        let cases: [(ScriptServer.Method, String, String?, Int, String)] = [
            (.DELETE, "/jobs", nil, 405, "Invalid method"), (.GET, "/jobs/parse", nil, 405, "Invalid method"),
            (.GET, "/system/gc", nil, 405, "Invalid method"), (.GET, "/nothing", nil, 404, ""),
            (.GET, "/job/nope", nil, 404, "job not found"), (.GET, "/job/nope/zzz", nil, 404, "job not found"),
            (.GET, "/job/nope/allocations", nil, 200, "[]"), (.GET, "/job/nope/evaluations", nil, 200, "[]"),
            (.GET, "/job/nope/deployments", nil, 200, "[]"), (.GET, "/job/nope/deployment", nil, 200, "null"),
            (.GET, "/job/nope/versions", nil, 404, "job versions not found"),
            (.GET, "/node/nope", nil, 500, "node lookup failed: index error: UUID must be 36 characters"),
            (
                .GET, "/nodes?prefix=1b402ff", nil, 500,
                "node lookup failed: index error: Input (without hyphens) must be"
            ),
            (.GET, "/allocation/xyz", nil, 500, "alloc lookup failed: index error: UUID must be 36 characters"),
            (.GET, "/evaluation/\(none)", nil, 404, "eval not found"),
            (.GET, "/client/fs/logs/\(none)?task=t&type=stdout", nil, 404, "Unknown allocation \"\(none)\""),
            (.GET, "/client/fs/logs/\(none)?type=stdout", nil, 400, "must provide task name"),
            (.GET, "/jobs?index=1&wait=abc", nil, 400, "Invalid wait time"),
            (.GET, "/jobs?index=x", nil, 400, "Invalid index"),
            (.GET, "/jobs?region=mars", nil, 500, "No path to region"),
            (.POST, "/jobs", "", 400, "EOF"), (.POST, "/jobs", "{\"Job\": {", 400, "unexpected EOF"),
            (.POST, "/jobs", "{}", 400, "Job must be specified"),
            (.POST, "/jobs", "{\"Job\": {\"Type\": \"batch\"}}", 400, "Job ID hasn't been provided"),
            (.POST, "/jobs", "{\"Job\": {\"ID\": \"only\"}}", 500, "2 errors occurred:\n\t* Missing job datacenters"),
            (.POST, "/jobs/parse", "{\"JobHCL\": \"\"}", 400, "Job spec is empty"),
            (.DELETE, "/job/nope?purge=abc", nil, 500, "Failed to parse value of \"purge\" (abc) as a bool"),
            (.GET, "/namespaces", nil, 501, "Nomad Enterprise only endpoint"),
            (.GET, "/acl/tokens", nil, 400, "ACL support disabled"),
        ]
        for (method, path, body, status, words) in cases {
            let answer = try await nomad.raw(method, path, body)
            #expect(answer.status == status, "\(method) \(path): \(answer.text)")
            #expect(answer.text.hasPrefix(words), "\(method) \(path): \(answer.text)")
        }
        // Case 7: of an unknown job, too, an evaluation is made.
        let gone = try await nomad.send(.DELETE, "/job/nope")
        #expect(gone.status == 200 && gone.json["EvalID"].string?.count == 36 && gone.json["VolumeEvalID"] == "")
    }

    /// Case 2.
    @Test func `a batch job runs, and everything about it can be read`() async throws {
        let nomad = try await JobServer()
        let evaluation = try await nomad.register(
            JobServer.job(
                "echo1", "echo hello $NOMAD_TASK_NAME; echo ${NOMAD_META_k}; echo bad >&2", ["Meta": ["k": "v"]]))
        let allocations = try await nomad.allocations(of: "echo1") { $0.first?["ClientStatus"] == "complete" }
        let allocation = try #require(allocations.first)
        #expect(
            allocations.count == 1 && allocation["Name"] == "echo1.g[0]" && allocation["EvalID"].string == evaluation)
        #expect(JobServer.events(allocation) == ["Received", "Task Setup", "Started", "Terminated"])
        #expect(allocation["TaskStates"]["t"]["State"] == "dead" && allocation["TaskStates"]["t"]["Failed"] == false)
        #expect(allocation["TaskStates"]["t"]["Events"][3]["DisplayMessage"] == "Exit Code: 0")
        #expect(try await nomad.get("/evaluation/\(evaluation)")["Status"] == "complete")
        #expect(try await nomad.get("/job/echo1") { $0["Status"] == "dead" }["Version"] == 0)
        let stub = try await nomad.get("/jobs?prefix=ech")[0]
        #expect(stub["JobSummary"]["Summary"]["g"]["Complete"] == 1)

        let id = try #require(allocation["ID"].string)
        let whole = try await nomad.get("/allocation/\(id)")
        #expect(whole["Job"]["ID"] == "echo1" && whole["TaskResources"]["t"]["CPU"] == 20)
        let logs = "/client/fs/logs/\(id)?task=t"
        #expect(try await nomad.send(.GET, logs + "&type=stdout&plain=true").text == "hello t\nv\n")
        #expect(try await nomad.send(.GET, logs + "&type=stderr&plain=true").text == "bad\n")
        #expect(try await nomad.send(.GET, logs + "&type=stdout&plain=true&origin=end&offset=2").text == "v\n")
        #expect(
            try await nomad.get(logs + "&type=stderr") == [
                "Data": "YmFkCg==", "File": "alloc/logs/t.stderr.0", "Offset": 4,
            ])
        let path = "/client/fs/cat/\(id)?path=/alloc/logs/t.stdout.0"
        #expect(try await nomad.send(.GET, path).text == "hello t\nv\n")
        let part = "/client/fs/readat/\(id)?path=/alloc/logs/t.stdout.0&offset=2&limit=3"
        #expect(try await nomad.send(.GET, part).text == "llo")
        let names = try await nomad.get("/client/fs/ls/\(id)?path=/alloc/logs").array?.map { $0["Name"] }
        #expect(names == ["t.stderr.0", "t.stdout.0"])
        #expect(try await nomad.raw(.GET, "/client/fs/cat/\(id)?path=/alloc/logs/../../x", nil).status == 500)
        // The same work in the house's own words.
        let runs = try await nomad.server.call(.GET, "/api/runs?label=nomad/alloc=\(id)").json["items"]
        #expect(runs[0]["state"] == "succeeded" && runs.array?.count == 1)
    }

    /// Case 4: restarts, then another allocation, then no more.
    @Test func `what fails is restarted, placed anew once, and then failed`() async throws {
        let nomad = try await JobServer()
        let group: [String: JSONValue] = [
            "RestartPolicy": ["Attempts": 1, "Interval": 3_600_000_000_000, "Delay": 100_000_000, "Mode": "fail"],
            "ReschedulePolicy": [
                "Attempts": 1, "Interval": 3_600_000_000_000, "Delay": 5_000_000_000, "DelayFunction": "constant",
            ],
        ]
        try await nomad.register(JobServer.job("bad", "exit 3", group: group))
        let all = try await nomad.allocations(of: "bad") { all in
            all.count == 2 && all.allSatisfy { $0["ClientStatus"] == "failed" }
        }
        let first = try #require(all.first { $0["RescheduleTracker"] == .null })
        let second = try #require(all.first { $0["RescheduleTracker"] != .null })
        #expect(second["RescheduleTracker"]["Events"][0]["PrevAllocID"] == first["ID"])
        let events = JobServer.events(first)
        #expect(
            events == [
                "Received", "Task Setup", "Started", "Terminated", "Restarting", "Started", "Terminated",
                "Not Restarting",
            ],
            "\(events)")
        #expect(first["TaskStates"]["t"]["Restarts"] == 1 && first["TaskStates"]["t"]["Failed"] == true)
        let summary = try await nomad.get("/job/bad/summary") { $0["Summary"]["g"]["Failed"] == 2 }
        #expect(summary["Summary"]["g"]["Running"] == 0)
        #expect(try await nomad.get("/job/bad") { $0["Status"] == "dead" }["Type"] == "batch")
    }

    /// Case 5.
    @Test func `the same job again is no new version, another one takes its place`() async throws {
        let nomad = try await JobServer()
        let group: [String: JSONValue] = ["Update": ["MaxParallel": 0]]
        try await nomad.register(JobServer.job("svc", "exec sleep 600", type: "service", group: group))
        let first = try await nomad.allocations(of: "svc") { $0.first?["ClientStatus"] == "running" }
        try await nomad.register(JobServer.job("svc", "exec sleep 600", type: "service", group: group))
        #expect(try await nomad.get("/job/svc")["Version"] == 0)
        let changed = JobServer.job("svc", "exec sleep 601", type: "service", group: group)
        let plan = try await nomad.send(
            .POST, "/job/svc/plan", .object((changed.object ?? [:]).merging(["Diff": true]) { $1 })
        ).json
        #expect(plan["Annotations"]["DesiredTGUpdates"]["g"]["DestructiveUpdate"] == 1)
        #expect(plan["Diff"]["Type"] == "Edited")
        try await nomad.register(changed)
        let all = try await nomad.allocations(of: "svc") { all in
            let isNew = all.contains { $0["ClientStatus"] == "running" && $0["JobVersion"] == 1 }
            return all.count == 2 && isNew && all.contains { $0["ClientStatus"] == "complete" }
        }
        let old = try #require(all.first { $0["ID"] == first[0]["ID"] })
        #expect(old["DesiredStatus"] == "stop" && old["ClientStatus"] == "complete")
        let versions = try await nomad.get("/job/svc/versions?diffs=true")
        #expect(versions["Versions"].array?.map { $0["Version"] } == [1, 0] && versions["Diffs"].array?.count == 1)
        let back = try await nomad.send(.POST, "/job/svc/revert", ["JobID": "svc", "JobVersion": 0])
        #expect(back.status == 200, "\(back.text)")
        #expect(try await nomad.get("/job/svc")["Version"] == 2)

        #expect(try await nomad.send(.DELETE, "/job/svc").status == 200)
        _ = try await nomad.get("/job/svc") { $0["Status"] == "dead" && $0["Stop"] == true }
        #expect(try await nomad.send(.DELETE, "/job/svc?purge=true").status == 200)
        #expect(try await nomad.send(.GET, "/job/svc").status == 404)
        #expect(try await nomad.get("/job/svc/allocations").array?.isEmpty == false)
        #expect(try await nomad.send(.PUT, "/system/gc").status == 200)
        #expect(try await nomad.get("/job/svc/allocations") == [])
    }

    /// Case 8.
    @Test func `a query waits for a change, or for its time`() async throws {
        let nomad = try await JobServer()
        try await nomad.register(JobServer.job("one", "true"))
        _ = try await nomad.get("/job/one") { $0["Status"] == "dead" }
        let before = try await nomad.send(.GET, "/jobs")
        let index = before.index
        let idle = try await nomad.send(.GET, "/jobs?index=\(index)&wait=1s")
        #expect(idle.index == index)
        async let waiting = nomad.send(.GET, "/jobs?index=\(index)&wait=50s")
        try await nomad.register(JobServer.job("two", "true"))
        let woken = try await waiting
        #expect(woken.index > index)
        #expect(woken.json.array?.contains { $0["ID"] == "two" } == true)
        #expect(try await nomad.send(.GET, "/jobs?index=1&wait=50s").json.array?.count == 2)
    }

    /// Case 11.
    @Test func `pages are pretty where that is asked for, and keys of any case are read`() async throws {
        let nomad = try await JobServer()
        let body =
            #"{"job":{"id":"lower","datacenters":["dc1"],"type":"batch","nonsense":1,"taskgroups":[{"name":"g","tasks":[{"name":"t","driver":"raw_exec","config":{"command":"/bin/true"}}]}]}} trailing"#
        #expect(try await nomad.raw(.POST, "/jobs", body).status == 200)
        let pretty = try await nomad.send(.GET, "/job/lower?pretty").text
        #expect(pretty.hasPrefix("{\n    \"Affinities\": null,\n") && pretty.hasSuffix("\n}\n"))
    }

    /// Case 13.
    @Test func `a node that is not eligible gets nothing, and a drained one is emptied`() async throws {
        let nomad = try await JobServer(environment: ["MARTLET_JOBS_NODE": "n1", "MARTLET_JOBS_DATACENTER": "dc1"])
        let node = try await nomad.get("/nodes")[0]
        let id = try #require(node["ID"].string)
        #expect(node["Name"] == "n1" && node["Drivers"]["raw_exec"]["Attributes"]["driver.raw_exec"] == "true")
        #expect(try await nomad.get("/node/\(id)")["Attributes"]["driver.raw_exec"] == "1")
        let off = try await nomad.send(.POST, "/node/\(id)/eligibility", ["Eligibility": "ineligible"])
        #expect(off.status == 200 && off.json["EvalIDs"] == .null)
        try await nomad.register(JobServer.job("wait", "exec sleep 600", type: "service"))
        _ = try await nomad.get("/job/wait/evaluations") { all in
            all.array?.contains { $0["Status"] == "blocked" } == true
        }
        #expect(try await nomad.get("/job/wait/allocations") == [])
        #expect(try await nomad.send(.POST, "/node/\(id)/eligibility", ["Eligibility": "eligible"]).status == 200)
        _ = try await nomad.allocations(of: "wait") { $0.first?["ClientStatus"] == "running" }
        let drain = try await nomad.send(.POST, "/node/\(id)/drain", ["DrainSpec": ["Deadline": 0]])
        #expect(drain.status == 200, "\(drain.text)")
        _ = try await nomad.allocations(of: "wait") { all in all.allSatisfy { $0["ClientStatus"] == "complete" } }
        // It is empty: the drain is over, and it still takes nothing.
        _ = try await nomad.get("/nodes") { $0[0]["Drain"] == false && $0[0]["SchedulingEligibility"] == "ineligible" }
    }

    @Test func `a dispatched job gets its own values`() async throws {
        let nomad = try await JobServer()
        let rule: JSONValue = ["Payload": "forbidden", "MetaRequired": ["x"]]
        try await nomad.register(JobServer.job("par", "echo $NOMAD_META_x", ["ParameterizedJob": rule]))
        let wrong = try await nomad.send(.POST, "/job/par/dispatch", ["Meta": ["y": "1"]])
        #expect(wrong.status == 500 && wrong.text.hasPrefix("Dispatch request included unpermitted metadata keys"))
        let reply = try await nomad.send(.POST, "/job/par/dispatch", ["Meta": ["x": "one"]]).json
        let child = try #require(reply["DispatchedJobID"].string)
        #expect(child.hasPrefix("par/dispatch-"))
        let all = try await nomad.allocations(of: child) { $0.first?["ClientStatus"] == "complete" }
        let logs = "/client/fs/logs/\(all[0]["ID"].string ?? "")?task=t&type=stdout&plain=true"
        #expect(try await nomad.send(.GET, logs).text == "one\n")
        #expect(try await nomad.get("/job/par")["Status"] == "running")
        #expect(try await nomad.get("/job/\(child)")["ParentID"] == "par")
    }

    @Test func `who may have commands run`() async throws {
        let nomad = try await JobServer()
        let body = Array(try JSONEncoder().encode(JobServer.job("j", "true")))
        func post(_ token: String?) async throws -> JobServer.Answer {
            try await ScriptServer.send(
                .POST, to: nomad.server.url + "/v1/jobs", body, headers: token.map { ["X-Nomad-Token": $0] } ?? [:])
        }
        let anonymous = try await post(nil)
        #expect(anonymous.status == 403 && anonymous.text.contains("jobs.openCommands"), "\(anonymous.text)")
        let made = try await nomad.server.call(.POST, "/api/tokens", body: ["name": "runner", "role": "run"])
        let runner = try #require(made.json["token"].string)
        #expect(try await post(runner).status == 403)
        #expect(try await post(nomad.server.token).status == 200)
        let open = try await JobServer(environment: ["MARTLET_JOBS_OPEN_COMMANDS": "true"])
        let reply = try await ScriptServer.send(.POST, to: open.server.url + "/v1/jobs", body)
        #expect(reply.status == 200, "\(reply.text)")
    }

    /// A password is in no answer, and a job that is sent back as it was read keeps it.
    @Test func `passwords of jobs are masked`() async throws {
        let nomad = try await JobServer()
        let config: JSONValue = [
            "ConnectionConfig": ["Host": "192.0.2.1", "Port": 3306, "User": "u", "Password": "s3cret-pw"]
        ]
        let source: [String: JSONValue] = ["Name": "src"]
        let job = JobServer.job(
            "repl", "", type: "service", group: source, task: ["Driver": "dtle", "Config": config])
        try await nomad.register(job)
        let read = try await nomad.send(.GET, "/job/repl")
        #expect(!read.text.contains("s3cret-pw"))
        #expect(read.json["TaskGroups"][0]["Tasks"][0]["Config"]["ConnectionConfig"]["Password"] == "••••••••")
        try await nomad.register(["Job": read.json])
        #expect(try await nomad.get("/job/repl")["Version"] == 0)
        // Nobody has a stored password sent elsewhere.
        let elsewhere: JSONValue = [
            "ConnectionConfig": ["Host": "192.0.2.9", "Port": 3306, "User": "u", "Password": "••••••••"]
        ]
        let stolen = JobServer.job(
            "repl", "", type: "service", group: source, task: ["Driver": "dtle", "Config": elsewhere])
        #expect(try await nomad.send(.POST, "/jobs", stolen).status == 500)
        try await nomad.clear(["repl"])
    }

    @Test func `passwords are told to a token that may read secrets, and the trail says so`() async throws {
        let nomad = try await JobServer()
        let config: JSONValue = [
            "ConnectionConfig": ["Host": "192.0.2.1", "Port": 3306, "User": "u", "Password": "s3cret-pw"]
        ]
        try await nomad.register(
            JobServer.job(
                "a/repl", "", type: "service", group: ["Name": "src"], task: ["Driver": "dtle", "Config": config]))
        let path = "/api/nomad-jobs/a%2Frepl/passwords"
        // No role has the right by itself, not even the highest.
        let admin = try await nomad.server.call(.POST, "/api/tokens", body: ["name": "plain", "role": "admin"])
        let plain = ["Authorization": "Bearer \(admin.json["token"].string ?? "")"]
        let refused = try await nomad.server.call(.GET, path, headers: plain)
        #expect(refused.status == 403 && refused.text.contains("--secrets-read"), "\(refused.text)")
        let made = try await nomad.server.call(
            .POST, "/api/tokens", body: ["name": "reader", "role": "read", "secretsRead": true])
        let reader = try #require(made.json["token"].string)
        let told = try await nomad.server.call(.GET, path, headers: ["Authorization": "Bearer \(reader)"])
        #expect(told.json == ["src/t/ConnectionConfig/Password": "s3cret-pw"], "\(told.text)")
        let trail = try await nomad.server.call(.GET, "/api/audit?limit=10").json["items"].array ?? []
        let reads = trail.filter { $0["action"] == "GET /api/nomad-jobs/{nomadJob}/passwords" }
        let records = reads.map { [$0["caller"].string, $0["outcome"].string] }
        #expect(records == [["reader", "done"], ["plain", "forbidden"]], "\(trail)")
        #expect(reads.allSatisfy { $0["target"] == "nomad job a/repl" }, "\(reads)")
        try await nomad.clear(["a%2Frepl"])
    }

    @Test func `a wrong configuration fails the allocation as recorded`() async throws {
        let nomad = try await JobServer()
        let job = JobServer.job(
            "badcfg", "", group: ["ReschedulePolicy": ["Attempts": 0, "Unlimited": false]],
            task: ["Config": ["cmd": "/bin/true"]])
        try await nomad.register(job)
        let all = try await nomad.allocations(of: "badcfg") { $0.first?["ClientStatus"] == "failed" }
        #expect(JobServer.events(all[0]) == ["Received", "Task Setup", "Failed Validation", "Not Restarting"])
        #expect(
            all[0]["TaskStates"]["t"]["Events"][2]["ValidationError"]
                == "3 errors occurred:\n\t* failed to parse config: \n\t* Missing required argument: The argument \"command\" is required, but no definition was found.\n\t* Invalid label: No argument or block type is named \"cmd\".\n\n"
        )
    }

    @Test func `a token that may read changes nothing, whatever a job is called`() async throws {
        let nomad = try await JobServer()
        try await nomad.register(JobServer.job("plan", "exec sleep 600", type: "service"))
        let made = try await nomad.server.call(.POST, "/api/tokens", body: ["name": "reader", "role": "read"])
        let reader = try #require(made.json["token"].string)
        let body = Array(try JSONEncoder().encode(JobServer.job("plan", "true", type: "service")))
        for (method, path): (ScriptServer.Method, String) in [
            (.DELETE, "/job/plan?purge=true"), (.POST, "/job/plan"), (.DELETE, "/job/x/plan"), (.POST, "/jobs"),
        ] {
            let answer = try await ScriptServer.send(
                method, to: nomad.server.url + "/v1" + path, body, headers: ["X-Nomad-Token": reader])
            #expect(answer.status == 403, "\(method) \(path): \(answer.text)")
        }
        let plan = try await ScriptServer.send(
            .POST, to: nomad.server.url + "/v1/job/plan/plan", body, headers: ["X-Nomad-Token": reader])
        #expect(plan.status == 200, "\(plan.text)")
        #expect(try await nomad.get("/job/plan")["Stop"] == false)
    }

    @Test func `numbers and depths that break things are refused, and others do no harm`() async throws {
        let nomad = try await JobServer()
        func nested(_ levels: Int) -> JSONValue { (0..<levels).reduce(JSONValue.int(1)) { value, _ in ["a": value] } }
        func refused(_ job: JSONValue) async throws -> Bool { try await nomad.send(.POST, "/jobs", job).status == 500 }
        try await nomad.register(JobServer.job("deep", "", task: ["Driver": "none", "Config": nested(60)]))
        #expect(try await nomad.send(.GET, "/jobs").json[0]["ID"] == "deep")
        #expect(try await nomad.send(.GET, "/job/deep").status == 200)
        #expect(try await refused(JobServer.job("deeper", "", task: ["Driver": "none", "Config": nested(70)])))
        let policy: JSONValue = ["Delay": .int(.max), "DelayFunction": "constant", "Unlimited": true, "Attempts": 0]
        #expect(try await refused(JobServer.job("late", "exit 1", group: ["ReschedulePolicy": policy])))
        let much: JSONValue = ["CPU": .int(.max), "MemoryMB": 10]
        #expect(try await refused(JobServer.job("much", "true", task: ["Resources": much])))
        // One that would be tried for ever.
        let hard: JSONValue = [
            "LTarget": "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!", "Operand": "regexp", "RTarget": "(a*)*$",
        ]
        let body = JobServer.job("hard", "true", ["Constraints": [hard]])
        if try await nomad.send(.POST, "/jobs", body).status == 200 {
            _ = try await nomad.get("/job/hard/evaluations") {
                $0.array?.contains { $0["Status"] == "blocked" } == true
            }
        }
        try await nomad.register(JobServer.job("after", "true"))
        _ = try await nomad.get("/job/after") { $0["Status"] == "dead" }
    }

    @Test func `a job that is sent as stopped never runs`() async throws {
        let nomad = try await JobServer()
        let mark = nomad.scratch.path("ran")
        try await nomad.register(JobServer.job("still", "touch \(mark)", ["Stop": true]))
        _ = try await nomad.get("/job/still") { $0["Status"] == "dead" && $0["Stop"] == true }
        #expect(try await nomad.get("/job/still/allocations") == [])
        #expect(!FileManager.default.fileExists(atPath: mark))
    }
}
