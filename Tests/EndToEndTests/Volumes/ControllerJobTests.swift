import Foundation
import MartletCore
import Testing

/// Jobs as the replaced system's callers see them.
@Suite struct ControllerJobTests {
    // backup contract §7.1 A1, A7, A8, A11, A14; §1.3 test vectors
    @Test func `every node has its jobs, and what cannot fire says why`() async throws {
        let site = try await ControllerSite(
            """
            nodes: {here: {address: 127.0.0.1}, b: {address: 127.0.0.2}, idle: {address: 127.0.0.3}}
            apps:
              hello:
                procs:
                  hello.web.web:
                    instances: {1: {containers: [c1]}, 2: {node: b, containers: [c2, c3]}}
                    volumes:
                      /data:
                        path: /data/lain/volumes/hello/hello.web.web/{instance}/data
                        backups:
                          - mode: full
                            schedule: 0 3 * * *
                            expire: 30d
                            pre: {runner: container, command: [pre.sh, a, b]}
                            post: {runner: container, command: [/abs/post.sh]}
                      /inc:
                        path: /data/lain/volumes/hello/hello.web.web/{instance}/inc
                        backups: [{mode: increment, schedule: 0 4 * * *, expire: 10d}]
              resource.mysql.hello:
                procs:
                  resource.mysql.hello.worker.db:
                    volumes:
                      /never: {backups: [{mode: full, schedule: 0 0 5 0 0}]}
                      /often: {backups: [{mode: full, schedule: "*/3 * * * * *"}]}
                      /db: {backups: [{mode: full, schedule: "@daily"}]}
            """)
        let all = try await eventually("what is known of rules and nodes stands still") {
            let all = try await site.get("/api/v2/system/cron/jobs/")
            let isSettled = all.json["127.0.0.1"].array?.allSatisfy { $0["state"] != "pending" } == true
            let other = try await site.get("/api/v1/cron/jobs/all")
            return isSettled && other.json == all.json ? all : nil
        }
        #expect(all.status == 200)
        let counts = all.json.object?.mapValues { $0.array?.count }
        #expect(counts == ["127.0.0.1": 6, "127.0.0.2": 3, "127.0.0.3": 0], "\(all.text)")
        let own = all.json["127.0.0.1"].array ?? []
        #expect(own[0]["id"] == "7f000001b38f6f83b82a188e61d4f91ef748714e")
        #expect(own[1]["id"] == "7f0000010a09990c20fc7b0a389cbbb363e19f2b")
        #expect(own[5]["action"] == "backup_expire" && own[5]["id"] == "" && own[5]["spec"] == "* * * * *")
        #expect(
            own[5]["args"]["info"] == [
                "/data/lain/volumes/hello/hello.web.web/1/data", "30d",
                "/data/lain/volumes/hello/hello.web.web/1/inc@increment", "10d",
            ])
        #expect(all.json["127.0.0.2"][0]["args"]["containers"] == ["c2", "c3"])

        let path = "/api/v2/app/resource.mysql.hello/cron/jobs"
        let jobs = try await eventually("the rules that can fire do") {
            let jobs = try await site.get(path).json.array ?? []
            return jobs.contains { $0["job"]["state"] == "pending" } ? nil : jobs
        }
        let states = Dictionary(
            uniqueKeysWithValues: jobs.map { ($0["job"]["args"]["volume"].string, $0["job"]["state"]) })
        #expect(states == ["/never": "invalid", "/often": "invalid", "/db": "active"])
        let problems = jobs.compactMap { $0["job"]["problem"]["code"].string }
        #expect(Set(problems) == ["bad_schedule", "too_frequent"])
        try await eventually("the schedules are stored") {
            let jobs = try await site.get(path).json.array ?? []
            return jobs.allSatisfy { ($0["next"] == "0001-01-01T00:00:00Z") == ($0["job"]["state"] == "invalid") }
        }
        #expect(jobs.allSatisfy { $0["prev"] == "0001-01-01T00:00:00Z" && $0["job"]["args"]["path"] == .null })

        // Filters, and one by its id.
        let inc = try await site.get("\(ControllerSite.v2)/cron/jobs?args_mode=increment&args_app=other&x=y").json.array
        #expect(inc?.isEmpty == true)
        let found = try await site.get("\(ControllerSite.v2)/cron/jobs?args_mode=increment&type=cron&action=backup")
        #expect(found.json.array?.count == 2)
        let id = found.json[0]["job"]["id"].string ?? ""
        #expect(try await site.get("\(ControllerSite.v2)/cron/jobs/\(id)").json == found.json[0]["job"])
        for wrong in ["x", "7f00", String(repeating: "0", count: 40)] {
            #expect(site.error(try await site.get("\(ControllerSite.v2)/cron/jobs/\(wrong)")) == "404 job_not_found")
        }
        #expect(site.error(try await site.get("\(path)/\(id)")) == "404 job_not_found")

        // backup contract §7.6 G10, F47
        #expect(try await site.get("/api/v2/server/127.0.0.1/cron/jobs").json == all.json["127.0.0.1"])
        #expect(try await site.get("/api/v2/server/10.9.9.9/cron/jobs").text == "[]")
        #expect(site.error(try await site.get("/api/v2/server/10.9.9.9/debug")) == "404 not_found")
        #expect(site.error(try await site.get("/api/v2/server/localhost/debug")) == "400 bad_address")
        let debug = try await site.get("/api/v2/server/127.0.0.1/debug").json
        #expect(debug["crond_status"] == "started" && debug["running_tasks"] == 0 && debug["goroutines"] != 0)
        #expect(debug["updateTime"] != "0001-01-01T00:00:00Z" && debug["mem_stats"]["Alloc"] != 0, "\(debug)")
        // The other machine cannot be reached: that is said, and nothing is left behind.
        let remote = all.json["127.0.0.2"][0]["id"].string ?? ""
        let answer = try await site.post("\(ControllerSite.v2)/cron/jobs/\(remote)/actions/run")
        #expect(site.error(answer) == "503 node_down")
        #expect(try await site.get("\(ControllerSite.v2)/cron/records").text == "[]")
    }

    // backup contract §7.3 C2, C3; §1.6, §1.7
    @Test func `a job runs when it is asked to, and unknown words are refused`() async throws {
        let site = try await ControllerSite()
        let id = try #require(try await site.jobs()[ControllerSite.data])
        let record = try await site.ended(try await site.post("/api/v1/cron/once/app/hello/id/\(id)"))
        #expect(record["state"] == "success" && record["id"].string == id && record["type"] == "once", "\(record)")
        #expect(record["spec"] == "0 3 * * *" && record["action"] == "backup" && record["reason"] == "")
        #expect(record["args"]["volume"] == "/data" && record["args"]["instanceNo"] == 1)
        #expect(record["result"]["file"].string == (try await site.names()).first)
        #expect(record["result"]["size"].scalarText.flatMap(Int.init) ?? 0 > 0)
        let jobs = "\(ControllerSite.v2)/cron/jobs"
        // The same call again starts nothing.
        let keyed = try await site.call(.POST, "\(jobs)/\(id)/actions/run", key: "once")
        #expect(try await site.ended(keyed)["state"] == "success")
        #expect(try await site.call(.POST, "\(jobs)/\(id)/actions/run", key: "once").json == keyed.json)
        #expect(try await site.names().count == 2)
        #expect(try await site.ended(try await site.post("\(jobs)/\(id)/actions/RUN"))["state"] == "success")
        #expect(site.error(try await site.post("\(jobs)/\(id)/actions/bogus")) == "400 unknown_action")
        #expect(site.error(try await site.post("\(jobs)/abc/actions/run")) == "404 job_not_found")
        // Another app's job is not there.
        #expect(site.error(try await site.post("/api/v2/app/other/cron/jobs/\(id)/actions/run")) == "404 job_not_found")
        for (method, path) in [
            (.GET, "\(jobs)/\(id)/actions/run"), (.POST, jobs), (.DELETE, "\(jobs)/\(id)"), (.GET, "/api/v2/app/hello"),
            (.GET, "/api/v2"), (.POST, "/api/v1/cron/jobs/all"), (.GET, "/api/v1/backup/json/app/hello"),
        ] as [(ScriptServer.Method, String)] {
            let answer = try await site.call(method, path)
            #expect(answer.status == 404 && answer.text == #"{"msg":"404 not found"}"#, "\(path) \(answer.text)")
        }
        let head = try await site.call(.HEAD, jobs)
        #expect(head.status == 200 && head.body.isEmpty)
    }

    // backup contract §7.3 C5, §7.6 G11
    @Test func `what sleeps or stands on a stopped machine does not fire, also after a restart`() async throws {
        let site = try await ControllerSite(
            ControllerSite.inventory(data: "[{mode: full, schedule: '* * * * * *', frequent: true, expire: 1h}]"))
        let id = try #require(try await site.jobs()[ControllerSite.data])
        let job = "\(ControllerSite.v2)/cron/jobs/\(id)"
        try await eventually("it fires by itself") { try await site.names().count > 0 }
        let fired = try await site.get("\(ControllerSite.v2)/cron/records?total=1").json[0]
        #expect(fired["type"] == "cron", "\(fired)")
        #expect(try await site.post("\(job)/actions/sleep").json == "OK")
        #expect(try await site.get(job).json["sleep"] == true)
        try await eventually("what had begun is over") {
            try await site.get("\(ControllerSite.v2)/cron/records?total=5").json.array?.allSatisfy {
                $0["state"] != "running"
            } ?? false
        }
        let stop = "/api/v2/server/127.0.0.1/cron/actions/"
        #expect(try await site.call(.PUT, stop + "stop").json == "OK")
        #expect(site.error(try await site.call(.PUT, stop + "bogus")) == "400 unknown_action")
        #expect(site.error(try await site.call(.PUT, "/api/v2/server/10.0.0.9/cron/actions/stop")) == "404 not_found")
        let count = try await site.names("/data").count
        let second = try await site.jobs()[ControllerSite.second] ?? ""
        try await site.volumes.killed()

        let next = try await site.site.server()
        let after = ControllerSite(site.site, next)
        #expect(try await after.get("/api/v2/server/127.0.0.1/debug").json["crond_status"] == "stopped")
        #expect(try await after.get(job).json["sleep"] == true)
        #expect(try await after.get("\(ControllerSite.v2)/cron/jobs/\(second)").json["sleep"] == false)
        #expect(try await after.call(.PUT, stop + "start").json == "OK")
        // The one that was awake goes on; the sleeper sleeps.
        let seconds =
            try await after.get(ControllerSite.backups + "?volume=/data").json.array?.count { $0["instanceNo"] == 2 }
            ?? 0
        try await eventually("the other one fires") {
            try await after.get(ControllerSite.backups + "?volume=/data").json.array?.count { $0["instanceNo"] == 2 }
                ?? 0 > seconds
        }
        let firsts = try await after.get(ControllerSite.backups + "?volume=/data").json.array?.count {
            $0["instanceNo"] == 1
        }
        #expect(firsts ?? 0 <= count)
        #expect(try await after.post("\(job)/actions/wakeup").json == "OK")
        try await eventually("it fires again") {
            try await after.get(ControllerSite.backups + "?volume=/data").json.array?.count { $0["instanceNo"] == 1 }
                ?? 0 > firsts ?? 0
        }
        let fires = try await after.server.call(.GET, "/api/schedules/full.\(ControllerSite.data)/fires?limit=500").json
        #expect(fires["items"].array?.contains { $0["outcome"] == "skipped" } == true)
    }

    // backup contract §7.3 C6
    @Test func `one run at a time works on a volume, and a second is told which`() async throws {
        let hook = #"{runner: host, command: [sh, -c, "while [ ! -e $SITE/go ]; do sleep 0.01; done"]}"#
        let site = try await ControllerSite(
            ControllerSite.inventory(data: "[{mode: full, pre: \(hook)}, {mode: increment}]"))
        let entries = try await site.get("\(ControllerSite.v2)/cron/jobs?args_volume=/data").json.array ?? []
        let ids = entries.filter { $0["job"]["args"]["instanceNo"] == 1 }.map { $0["job"]["id"].string ?? "" }
        #expect(ids.count == 2 && entries.allSatisfy { $0["job"]["state"] == "manual" && $0["job"]["spec"] == "" })
        let jobs = "\(ControllerSite.v2)/cron/jobs"
        let first = try await site.post("\(jobs)/\(ids[0])/actions/run")
        let rid = try #require(first.json.string)
        for id in ids {
            let second = try await site.post("\(jobs)/\(id)/actions/run")
            #expect(
                site.error(second) == "409 busy" && second.json["error"]["details"]["rid"].string == rid,
                "\(second.text)")
        }
        #expect(try await site.get("\(ControllerSite.v2)/cron/records/\(rid)").json["end"] == "0001-01-01T00:00:00Z")
        try Data().write(to: site.site.scratch.url.appending(path: "go"))
        #expect(try await site.ended(first)["state"] == "success")
    }

    // backup contract §7.3 C6
    @Test func `with queue=true a run waits until the volume is free, one at most`() async throws {
        let hook = #"{runner: host, command: [sh, -c, "while [ ! -e $SITE/go ]; do sleep 0.01; done"]}"#
        let site = try await ControllerSite(
            ControllerSite.inventory(data: "[{mode: full, schedule: 0 3 1 1 *, pre: \(hook)}]"))
        let jobs = "\(ControllerSite.v2)/cron/jobs"
        let id = try #require(try await site.jobs()[ControllerSite.data])
        try await eventually("the rule is in force") {
            try await site.get("\(jobs)/\(id)").json["state"] == "active"
        }
        let first = try await site.post("\(jobs)/\(id)/actions/run")
        for _ in 0..<3 {
            let waiting = try await site.post("\(jobs)/\(id)/actions/run", [("queue", "true")])
            #expect(waiting.status == 202 && waiting.json == ["queued": true], "\(waiting.text)")
        }
        #expect(try await site.get("\(ControllerSite.v2)/cron/records").json.array?.count == 1)
        try Data().write(to: site.site.scratch.url.appending(path: "go"))
        #expect(try await site.ended(first)["state"] == "success")
        let records = try await eventually("the one that waited has ended") {
            let records = try await site.get("\(ControllerSite.v2)/cron/records").json.array ?? []
            return records.count == 2 && records.allSatisfy { $0["state"] == "success" } ? records : nil
        }
        #expect(records[0]["start"].string ?? "" >= records[1]["end"].string ?? "~")
        // A volume that is free need not wait.
        #expect(
            try await site.ended(try await site.post("\(jobs)/\(id)/actions/run", [("queue", "true")]))["state"]
                == "success")
    }

    // backup contract §7.3 C18
    @Test func `jobs that are due at once are spread, each always by the same time`() async throws {
        let volumes = (1...40).map { "/v\($0): {backups: [{mode: full, schedule: 0 0 1 1 *}]}" }
        let inventory =
            "apps: {hello: {procs: {hello.web.web: {volumes: {\(volumes.joined(separator: ", "))}}}}}"
        let site = try await ControllerSite(inventory, environment: ["MARTLET_BACKUPS_JITTER": "10m"])
        func times() async throws -> [String: String] {
            try await eventually("all rules are in force") {
                let jobs = try await site.get("\(ControllerSite.v2)/cron/jobs").json.array ?? []
                guard jobs.count == 40, jobs.allSatisfy({ $0["job"]["state"] == "active" }) else { return nil }
                return Dictionary(
                    uniqueKeysWithValues: jobs.map { ($0["job"]["id"].string ?? "", $0["next"].string ?? "") })
            }
        }
        let first = try await times()
        #expect(Set(first.values).count > 30)
        #expect(first.values.allSatisfy { $0.dropFirst(11).hasPrefix("00:0") }, "\(first.values)")
        site.server.child.end()
        let again = ControllerSite(site.site, try await site.site.server(["MARTLET_BACKUPS_JITTER": "10m"]))
        #expect(try await again.get("\(ControllerSite.v2)/cron/jobs").json.array?.map { $0["next"].string }.count == 40)
        for entry in try await again.get("\(ControllerSite.v2)/cron/jobs").json.array ?? [] {
            #expect(entry["next"].string == first[entry["job"]["id"].string ?? ""])
        }
    }
}
