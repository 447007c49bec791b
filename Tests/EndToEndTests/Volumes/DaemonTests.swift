import Foundation
import MartletCore
import MartletTesting
import Synchronization
import Testing

/// The API of the replaced system's daemon on an agent: backup contract §1.4 and §1.5.
@Suite struct DaemonTests {
    private static func record(_ request: FakeRobot.Request) -> JSONValue {
        (try? JSONParser.parse(request.body)) ?? .null
    }

    @Test func `jobs are taken as a whole, shown as they were told, and outlast a restart`() async throws {
        let site = try DaemonSite()
        var daemon = try await site.agent()
        let escape = site.job(String(repeating: "a", count: 40), "x", mode: "full", path: "/etc")
        let late = site.job(
            String(repeating: "b", count: 40), "late", mode: "full", spec: "0 0 5 0 0")
        #expect(try await daemon.push(site.jobs + [escape, late]).json == "OK")
        for _ in 0..<2 {
            let entries = try await eventually("the rules have their times") {
                let entries = try await daemon.get("/cron/jobs").json.array ?? []
                return entries.first?["next"].string?.hasPrefix("0001") == false && entries.count == 5 ? entries : nil
            }
            #expect(
                entries.map { $0["job"]["id"].string } == [DaemonSite.full, DaemonSite.increment, ""]
                    + ["a", "b"].map { String(repeating: $0, count: 40) })
            #expect(entries.map { $0["prev"] } == Array(repeating: "0001-01-01T00:00:00Z", count: 5))
            #expect(entries[0]["job"]["args"] == site.jobs[0]["args"] && entries[0]["job"]["state"] == "active")
            #expect(entries[3]["job"]["state"] == "invalid")
            #expect(entries[3]["job"]["problem"]["message"].string?.contains("is not below") == true)
            #expect(entries[4]["job"]["problem"]["code"] == "bad_schedule")
            let one = try await daemon.get("/cron/jobs?args_volume=/inc&unknown=1").json.array
            #expect(one?.count == 1 && one?[0]["job"]["id"].string == DaemonSite.increment)
            #expect(try await daemon.get("/cron/jobs/\(DaemonSite.full)").json["spec"] == "0 3 * * *")
            let state = try await daemon.get("/debug").json
            #expect(state["crond_status"] == "started" && state["updateTime"].string?.hasPrefix("0001") == false)
            daemon.server.child.end()
            daemon = try await site.agent()
        }
        // An empty list is a list: nothing is left to do.
        #expect(try await daemon.push([]).status == 200)
        #expect(try await daemon.get("/cron/jobs").json == [])
    }

    @Test func `a run is told at its start and its end, and its backup is listed, looked into, restored and removed`()
        async throws
    {
        let site = try DaemonSite()
        let daemon = try await site.agent()
        let controller = try FakeRobot { _, _ in .reply(200, "") }
        let address = controller.url + "/api/v2/system/notify"
        _ = try await daemon.push(site.jobs)
        #expect(try await daemon.send(.PUT, "/notify", [("addr", address)]).json == "OK")
        #expect(try await daemon.get("/notify").json == ["addr": [.string(address)]])
        let backup = try await daemon.backUp(DaemonSite.full, site.path("data"))
        let name = try #require(backup["name"].string)
        #expect(name.wholeMatch(of: /hello-hello\.web\.web-1-data-\d{10}\.tar\.gz/) != nil)
        #expect(backup["mode"] == "full" && backup["source"].string == site.path("data"))
        #expect(backup["size"] == 4 && backup["server"].string == DaemonSite.node)
        #expect(backup["containers"] == ["c1"] && backup["instanceNo"] == 1)
        try await eventually("the end is told") {
            controller.requests.contains { Self.record($0)["state"] == "success" }
        }
        let records = controller.requests.map(Self.record)
        #expect(records.last?["state"] == "success" && records.last?["result"]["file"].string == name)
        #expect(records.allSatisfy { $0["id"].string == DaemonSite.full && $0["rid"] == records.last?["rid"] })
        #expect(controller.requests.allSatisfy { $0.headers["content-type"] == "application/json" })

        #expect(try await daemon.get("/backup/info/file/\(name)").json["name"].string == name)
        let files = try await daemon.get("/backup/filelist/dir/\(name)").json.array
        #expect(files?.map { $0["name"] } == ["a.txt"] && files?.first?["dir"] == false)
        try Data("two\n".utf8).write(to: URL(filePath: site.path("data") + "/a.txt"))
        let form = [
            ("namespace", DaemonSite.node), ("destDir", site.path("data")), ("app", "hello"), ("proc", "hello.web.web"),
        ]
        let restore = try await daemon.send(.POST, "/backup/full/recover/file/\(name)", form)
        #expect(restore.status == 202 && restore.json["rid"].string?.utf8.count == 42)
        try await eventually("the volume is back") {
            FileManager.default.contents(atPath: site.path("data") + "/a.txt") == Data("one\n".utf8)
        }
        try await eventually("the restore is told") {
            controller.requests.map(Self.record).contains {
                $0["action"] == "backup_recover" && $0["state"] == "success" && $0["rid"] == restore.json["rid"]
            }
        }
        #expect(try await daemon.send(.POST, "/backup/delete", [("files", name)]).status == 204)
        #expect(try await daemon.get("/backup/json?dir=\(ControllerSite.encoded(site.path("data")))").json == .null)
    }

    @Test func `files of an increment come back one by one, and nothing from elsewhere`() async throws {
        let site = try DaemonSite()
        let daemon = try await site.agent()
        _ = try await daemon.push(site.jobs)
        _ = try await daemon.backUp(DaemonSite.increment, site.path("inc"))
        let archive = "hello-hello.web.web-1-inc"
        try Data("two\n".utf8).write(to: URL(filePath: site.path("inc") + "/a.txt"))
        let path = "/backup/increment/recover/dir/\(archive)"
        let to = ("destDir", site.path("inc"))
        for form in [
            [to], [to, ("files", "../a.txt")], [to, ("files", "/etc/passwd")], [("destDir", "/etc"), ("files", "*")],
            [to, ("files", "*"), ("namespace", "10.9.9.9")], [to, ("files", "*"), ("app", "other")],
        ] {
            let answer = try await daemon.send(.POST, path, form)
            #expect(
                answer.status == 503
                    && answer.json.string?.hasPrefix("Error happend when doing backup action: ") == true)
        }
        #expect(try await daemon.send(.POST, path, [to, ("files", "a.txt")]).status == 202)
        try await eventually("the file is back") {
            FileManager.default.contents(atPath: site.path("inc") + "/a.txt") == Data("one\n".utf8)
        }
    }

    @Test func `a controller that is away is told later`() async throws {
        let site = try DaemonSite()
        var daemon = try await site.agent()
        let isAway = Atomic(true)
        let answers = try FakeRobot { _, _ in .reply(isAway.load(ordering: .relaxed) ? 502 : 200, "") }
        func ends(after count: Int) -> Int {
            answers.requests.dropFirst(count).count { Self.record($0)["state"] == "success" }
        }
        _ = try await daemon.push(site.jobs)
        _ = try await daemon.send(.PUT, "/notify", [("addr", answers.url + "/n")])
        _ = try await daemon.backUp(DaemonSite.full, site.path("data"))
        try await eventually("the end is told in vain, twice") { ends(after: 0) >= 2 }
        daemon.server.child.end()
        let told = answers.requests.count
        isAway.store(false, ordering: .relaxed)
        daemon = try await site.agent()
        try await eventually("the end is told") { ends(after: told) >= 1 }
        #expect(try await daemon.send(.POST, "/notify/actions/remove", [("addr", answers.url + "/n")]).status == 203)
        #expect(try await daemon.get("/notify").json == ["addr": []])
    }

    @Test func `jobs sleep and wake up, and a stopped node starts nothing`() async throws {
        let site = try DaemonSite()
        let daemon = try await site.agent()
        _ = try await daemon.push(site.jobs)
        let actions = "/cron/jobs/\(DaemonSite.full)/actions"
        try await eventually("the rule is there") { try await daemon.send(.POST, actions + "/Sleep").status == 201 }
        #expect(try await daemon.get("/cron/jobs").json.array?[0]["job"]["sleep"] == true)
        #expect(try await daemon.send(.POST, actions + "/wakeup").status == 204)
        #expect(try await daemon.get("/cron/jobs").json.array?[0]["job"]["sleep"] == false)
        #expect(try await daemon.send(.PUT, "/cron/stop").status == 201)
        #expect(try await daemon.get("/debug").json["crond_status"] == "stopped")
        #expect(try await daemon.send(.PUT, "/cron/start").json == "")
        #expect(try await daemon.get("/debug").json["crond_status"] == "started")
    }

    @Test func `what is wrong is said in the daemon's words, and changes nothing`() async throws {
        let site = try DaemonSite()
        let daemon = try await site.agent()
        _ = try await daemon.push(site.jobs)
        for (path, form) in [
            ("/cron/jobs", [("data", "[{")]), ("/cron/jobs", [("data", "{}")]), ("/cron/jobs", []),
            ("/cron/jobs", [("data", #"[{"action":"rm"}]"#)]), ("/notify", [("addr", "ftp://x")]), ("/notify", []),
        ] {
            let answer = try await daemon.send(.PUT, path, form)
            #expect(
                answer.status == 400 && answer.json.string?.hasPrefix("Unvalid Argument: ") == true, "\(path) \(form)")
        }
        for path in ["/cron/once/\(String(repeating: "0", count: 40))", "/cron/jobs/\(DaemonSite.full)/actions/bogus"] {
            #expect(try await daemon.send(.POST, path).status == 400)
        }
        #expect(try await daemon.get("/cron/jobs/count").status == 400)
        #expect(try await daemon.get("/backup/info/file/nothing").status == 503)
        let unknown = try await daemon.get("/cron/records")
        #expect(unknown.status == 404 && unknown.json == ["msg": "404 not found"])
        #expect(try await daemon.get("/backup/filelist/dir/x/%2e%2e/y").status == 400)
        #expect(try await daemon.get("/cron/jobs").json.array?.count == 3)
    }

    @Test func `under a controller's plan the jobs are that controller's`() async throws {
        let site = try FleetSite()
        try site.write(rule: "{mode: full, schedule: 0 3 * * *}")
        let agent = try await site.agent("a")
        let controller = try await site.controller()
        try await controller.confirmed("a")
        let token = try String(contentsOfFile: site.scratch.path("token"), encoding: .utf8).split(separator: "\n")[0]
        func call(_ method: ScriptServer.Method, _ path: String, _ body: String? = nil, isKnown: Bool = true)
            async throws
            -> ScriptServer.Answer
        {
            var headers = ["Content-Type": "application/x-www-form-urlencoded"]
            if isKnown { headers["Authorization"] = "Bearer \(token)" }
            return try await ScriptServer.send(
                method, to: agent.url + "/api/v1" + path, body.map { Array($0.utf8) }, headers: headers)
        }
        #expect(try await call(.GET, "/cron/jobs", isKnown: false).status == 401)
        let jobs = try await call(.GET, "/cron/jobs").json.array
        #expect(jobs?.map { $0["job"]["action"] } == ["backup", "backup_expire"])
        #expect(try await call(.PUT, "/cron/jobs", "data=%5B%5D").status == 400)
        #expect(try await call(.GET, "/backup/json").status == 503)
    }
}
