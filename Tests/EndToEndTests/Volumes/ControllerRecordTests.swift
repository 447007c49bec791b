import Foundation
import MartletCore
import Testing

/// Records, rights, and what the shipped client calls.
@Suite struct ControllerRecordTests {
    // backup contract §7.4 D12, D14, D15, F32–F34
    @Test func `records are the newest first, each with its own facts`() async throws {
        let site = try await ControllerSite()
        for volume in [ControllerSite.data, ControllerSite.inc, ControllerSite.second, ControllerSite.other] {
            _ = try await site.back(volume)
        }
        let records = try await site.get("\(ControllerSite.v2)/cron/records?total=10").json.array ?? []
        #expect(
            records.map { $0["args"]["archive"].string } == [
                ControllerSite.second, ControllerSite.inc, ControllerSite.data,
            ])
        let files = try await site.names() + site.names("/inc")
        #expect(Set(records.compactMap { $0["result"]["file"].string }) == Set(files))
        #expect(Set(records.compactMap { $0["id"].string }).count == 3)
        let rids = records.compactMap { $0["rid"].string }
        #expect(rids == rids.sorted(by: >) && rids.allSatisfy { $0.utf8.count == 42 })
        #expect(try await site.get("\(ControllerSite.v2)/cron/records?total=2").json.array == Array(records.prefix(2)))
        // v1 answers, too.
        #expect(try await site.get("/api/v1/cron/records/app/hello").json.array == records)
        for record in records {
            let rid = record["rid"].string ?? ""
            #expect(try await site.get("\(ControllerSite.v2)/cron/records/\(rid)").json == record)
            #expect(try await site.get("/api/v1/cron/record/app/hello/id/\(rid)").json == record)
            #expect(site.error(try await site.get("/api/v2/app/other/cron/records/\(rid)")) == "404 record_not_found")
            let swapped = String(rid.prefix(9)) + (rid.dropFirst(9).first == "0" ? "1" : "0") + rid.dropFirst(10)
            #expect(
                site.error(try await site.get("\(ControllerSite.v2)/cron/records/\(swapped)")) == "404 record_not_found"
            )
        }
        let unknown = "1763717709019aa5c47d217000b5f30c6f1d3a9e42"
        for wrong in [unknown, "x", String(repeating: "0", count: 42)] {
            #expect(
                site.error(try await site.get("\(ControllerSite.v2)/cron/records/\(wrong)")) == "404 record_not_found")
        }
        let year = Calendar(identifier: .gregorian).component(.year, from: Date())
        let month = Calendar(identifier: .gregorian).component(.month, from: Date())
        #expect(
            try await site.get("\(ControllerSite.v2)/cron/records?year=\(year)&month=\(month)").json.array == records)
        #expect(try await site.get("\(ControllerSite.v2)/cron/records?year=2018").text == "[]")
        for wrong in ["total=x", "total=0", "month=13", "year=x"] {
            #expect(
                site.error(try await site.get("\(ControllerSite.v2)/cron/records?\(wrong)")) == "400 invalid",
                "\(wrong)")
        }
        // A failure has its reason; the name of a removed backup is still told.
        try await site.site.shell("rm -r '\(site.site.path(ControllerSite.second))'")
        let failed = try await site.back(ControllerSite.second)
        #expect(failed["state"] == "failed" && failed["reason"] != "" && failed["result"] == .null, "\(failed)")
        let name = try #require(try await site.names("/inc").first)
        #expect(try await site.post("\(ControllerSite.backups)/actions/delete", [("files", name)]).status == 204)
        let record = try await site.get("\(ControllerSite.v2)/cron/records/\(rids[1])").json
        #expect(record["result"]["file"].string == name && record["result"]["size"] == records[1]["result"]["size"])
        // Looking into a backup and trying a restore are no records.
        let full = try #require(try await site.names().first)
        _ = try await site.get("\(ControllerSite.backups)/\(full)?open=true")
        _ = try await site.post("\(ControllerSite.backups)/\(full)/actions/recover", [("dryRun", "1")])
        #expect(try await site.get("\(ControllerSite.v2)/cron/records").json.array?.count == 5)
    }

    // backup contract §7.6 G13
    @Test func `tokens are for their apps, and on a closed listener everybody needs one`() async throws {
        let site = try await ControllerSite()
        for volume in [ControllerSite.data, ControllerSite.other] { _ = try await site.back(volume) }
        let id = try #require(try await site.jobs()[ControllerSite.data])
        let own = try await site.volumes.token("run", labels: ["volumes/app": "hello"])
        let foreign = try await site.volumes.token("run", labels: ["volumes/app": "other"])
        let reader = try await site.volumes.token("read", labels: ["volumes/app": "hello"])
        let full = try #require(try await site.names().first)
        let appPaths: [(ScriptServer.Method, String)] = [
            (.GET, "\(ControllerSite.v2)/cron/jobs"), (.GET, "\(ControllerSite.v2)/cron/jobs/\(id)"),
            (.GET, ControllerSite.backups), (.GET, "\(ControllerSite.backups)/\(full)?open=true"),
            (.GET, "\(ControllerSite.v2)/cron/records"), (.POST, "\(ControllerSite.v2)/cron/jobs/\(id)/actions/sleep"),
            (.POST, "\(ControllerSite.v2)/cron/jobs/\(id)/actions/wakeup"),
            (.POST, "\(ControllerSite.backups)/actions/delete"),
            (.POST, "\(ControllerSite.backups)/\(full)/actions/recover?dryRun=true"),
            (.GET, "/api/v1/backup/json/app/hello/proc/web?volume=/data"),
            (.GET, "/api/v1/cron/records/app/hello"),
        ]
        for (method, path) in appPaths {
            #expect(try await site.call(method, path, token: own).status < 300, "\(path)")
            #expect(site.error(try await site.call(method, path, token: foreign)) == "403 forbidden", "\(path)")
            let read = try await site.call(method, path, token: reader)
            #expect(method == .GET ? read.status == 200 : site.error(read) == "403 forbidden", "\(path)")
            #expect(try await site.call(method, path, token: "mlt_wrong").status != 500)
        }
        for (method, path) in [
            (.GET, "/api/v2/server/127.0.0.1/debug"), (.PUT, "/api/v2/server/127.0.0.1/cron/actions/stop"),
            (.POST, "/api/v2/system/backup"),
        ] as [(ScriptServer.Method, String)] {
            #expect(site.error(try await site.call(method, path, token: own)) == "403 forbidden", "\(path)")
        }
        // What is of all apps is narrowed to the token's.
        let all = try await site.get("/api/v2/system/cron/jobs", token: foreign).json["127.0.0.1"].array
        #expect(all?.map { $0["action"] } == ["backup", "backup_expire"] && all?[0]["args"]["app"] == "other")
        try await site.volumes.killed()

        let closed = #"[{"address":"127.0.0.1:0","facades":["native","backups"],"auth":"token"}]"#
        let next = try await Server(site.site.scratch, listen: closed, environment: site.site.environment)
        for (method, path) in appPaths + [(.GET, "/api/v2/x")] {
            let answer = try await ScriptServer.send(method, to: next.url + path, nil)
            #expect(answer.status == 401 && answer.json["error"]["code"] == "unauthorised", "\(path) \(answer.text)")
        }
        let bearer = ["Authorization": "Bearer \(own)"]
        #expect(
            try await ScriptServer.send(.GET, to: next.url + ControllerSite.backups, nil, headers: bearer).status == 200
        )
    }

    // backup contract §1.8: lain-cli's eight commands
    @Test func `the shipped client's commands work`() async throws {
        let site = try await ControllerSite()
        // jobs
        let jobs = try await site.get("/api/v2/app/hello/cron/jobs")
        #expect(jobs.status == 200 && jobs.header("Content-Type")?.hasPrefix("application/json") == true)
        for archive in [ControllerSite.data, ControllerSite.inc] {
            let path = archive == ControllerSite.data ? "/data" : "/inc"
            let job = jobs.json.array?.first { $0["job"]["args"]["volume"].string == path }?["job"]["id"].string ?? ""
            // run
            _ = try await site.ended(try await site.call(.POST, "/api/v2/app/hello/cron/jobs/\(job)/actions/run"))
        }
        // records, and one of them
        let records = try await site.get("/api/v2/app/hello/cron/records?total=10").json.array ?? []
        let rid = try #require(records.first?["rid"].string)
        #expect(try await site.get("/api/v2/app/hello/cron/records/\(rid)").json == records.first)
        // get
        let got = try await site.get("/api/v2/app/hello/proc/web/backups?volume=/data").json
        let name = try #require(got[0]["name"].string)
        // list
        let listed = try await site.get("/api/v2/app/hello/proc/web/backups/\(ControllerSite.inc)/sub?open=true").json
            .array
        #expect(
            listed?.allSatisfy { $0["size"].scalarText != nil && $0["name"].string != nil && $0["dir"] == false }
                == true)
        // recover, with and without files
        _ = try await site.ended(
            try await site.call(.POST, "/api/v2/app/hello/proc/web/backups/\(name)/actions/recover"))
        let recover = "/api/v2/app/hello/proc/web/backups/\(ControllerSite.inc)/actions/recover"
        _ = try await site.ended(try await site.post(recover, [("files", "a.txt"), ("files", "sub")]))
        // migrate, with and without files
        let whole = "/api/v2/app/hello/proc/web/backups/\(name)/actions/migrate"
        _ = try await site.ended(try await site.post(whole, [("volume", "/data"), ("to", "2")]))
        let part = "/api/v2/app/hello/proc/web/backups/\(ControllerSite.inc)/actions/migrate"
        _ = try await site.ended(try await site.post(part, [("volume", "/inc"), ("to", "2"), ("files", "a.txt")]))
        // delete
        let deleted = try await site.post("/api/v2/app/hello/proc/web/backups/actions/delete", [("files", name)])
        #expect(deleted.status == 204 && deleted.body.isEmpty)
    }

    // backup contract §1.7; rulings §14
    @Test func `a copy of the store is recorded, is the administrator's, and does not come without number`()
        async throws
    {
        let site = try await ControllerSite()
        let (path, place) = ("/api/v2/system/backup", site.site.scratch.path("data/copies"))
        #expect(try await site.post(path, [("dir", "daily")]).status == 200)
        let record = try await site.server.call(.GET, "/api/audit?limit=1").json["items"][0]
        #expect(record["target"] == "store copy daily" && record["outcome"] == "done", "\(record)")
        #expect(record["caller"] == "anonymous" && record["action"].string == "POST \(path)")
        let run = try await site.volumes.token("run", labels: [:])
        #expect(site.error(try await site.post(path, [("dir", "daily")], token: run)) == "403 forbidden")
        #expect(try await site.post(path, [("dir", "daily")], token: site.server.token).status == 200)
        for number in 1..<16 {
            try await site.site.shell("mkdir '\(place)/\(number)' && touch '\(place)/\(number)/martlet.tar.gz'")
        }
        #expect(site.error(try await site.post(path, [("dir", "one/more")])) == "409 conflict")
        #expect(!FileManager.default.fileExists(atPath: place + "/one"))
        #expect(try await site.post(path, [("dir", "daily")]).status == 200)
        #expect(site.error(try await site.post(path, [("dir", "a/b/c/d/e")])) == "400 invalid")
    }

    // backup contract §1.7, F48
    @Test func `the store is copied below its place only`() async throws {
        let site = try await ControllerSite()
        let empty = try await site.post("/api/v2/system/backup")
        #expect(empty.status == 403 && empty.json["error"]["message"] == "dir is empty")
        let done = try await site.post("/api/v2/system/backup", [("dir", "daily/one")])
        #expect(done.status == 200 && done.json == "CREATED", "\(done.text)")
        let file = site.site.scratch.path("data/copies/daily/one/martlet.tar.gz")
        #expect(try await site.site.shell("tar tzf '\(file)'").contains("martlet.db"))
        #expect(try await site.site.shell("stat -c %a '\(file)'") == "600\n")
        #expect(
            try await site.post("/api/v2/system/backup", [("dir", site.site.scratch.path("data/copies/daily/one"))])
                .status == 200)
        try await site.site.shell("ln -s /tmp '\(site.site.scratch.path("data/copies/way"))'")
        for wrong in ["/etc", "../x", "daily/../../x", site.site.scratch.path("data/copiesx")] {
            #expect(
                site.error(try await site.post("/api/v2/system/backup", [("dir", wrong)])) == "400 bad_path", "\(wrong)"
            )
        }
        #expect(site.error(try await site.post("/api/v2/system/backup", [("dir", "way/x")])) == "400 invalid")
    }
}
