import Foundation
import MartletCore
import Testing

/// Restores, moves and removals as the replaced system's callers ask for them.
@Suite struct ControllerRestoreTests {
    private static let backups = ControllerSite.backups

    // backup contract §7.5 E1, E3, E4, E13
    @Test func `a backup comes back whole, in part, or on trial`() async throws {
        let site = try await ControllerSite()
        for volume in [ControllerSite.data, ControllerSite.inc] { _ = try await site.back(volume) }
        let full = try #require(try await site.names().first)
        func change(_ volume: String) async throws {
            let path = site.site.path(volume)
            try await site.site.shell(
                "cd '\(path)'; echo changed >a.txt; echo x >extra; rm sub/b.txt; echo y >sub/more")
        }
        try await change(ControllerSite.data)
        let inode = try await site.site.shell("stat -c %i '\(site.site.path(ControllerSite.data))'")
        let trial = try await site.post("\(Self.backups)/\(full)/actions/recover", [("dryRun", "true")])
        #expect(trial.status == 200 && trial.json["removed"] == 2 && trial.json["bytes"] != .null, "\(trial.text)")
        #expect(site.site.text("extra", in: ControllerSite.data) == "x\n")
        let record = try await site.ended(try await site.post("\(Self.backups)/\(full)/actions/recover"))
        #expect(record["action"] == "backup_recover" && record["id"] == "" && record["spec"] == "")
        #expect(record["type"] == "once" && record["state"] == "success" && record["args"]["backup"].string == full)
        #expect(record["args"]["destDir"].string == site.site.path(ControllerSite.data), "\(record)")
        #expect(record["args"]["namespace"] == "here" && record["args"]["files"] == ["*"])
        #expect(site.site.text("a.txt", in: ControllerSite.data) == "of \(ControllerSite.data)\n")
        #expect(try site.site.names(ControllerSite.data) == ["a.txt", "sub"])
        #expect(try await site.site.shell("stat -c %i '\(site.site.path(ControllerSite.data))'") == inode)
        // What a restore keeps is no backup of the app's.
        #expect(try await site.names() == [full])

        let inc = "\(Self.backups)/\(ControllerSite.inc)/actions/recover"
        #expect(site.error(try await site.post(inc)) == "400 files_required")
        try await change(ControllerSite.inc)
        _ = try await site.ended(try await site.post(inc, [("files", "sub")]))
        #expect(try site.site.names(ControllerSite.inc, "sub") == ["b.txt", "more"])
        #expect(site.site.text("a.txt", in: ControllerSite.inc) == "changed\n")
        let first = "/api/v1/backup/recover/increment/app/hello/proc/hello.web.web/dir/\(ControllerSite.inc)"
        _ = try await site.ended(try await site.post(first, [("files", "*"), ("instanceNo", "1")]))
        #expect(try site.site.names(ControllerSite.inc) == ["a.txt", "sub"])
        let missing = try await site.ended(try await site.post(inc, [("files", "none")]))
        #expect(missing["state"] == "failed" && missing["reason"].string?.contains("/none") == true, "\(missing)")
    }

    // backup contract §7.5 E9, E10, rulings on from and instanceNo
    @Test func `a backup moves to where the app declares a volume`() async throws {
        let site = try await ControllerSite()
        for volume in [ControllerSite.data, ControllerSite.inc] { _ = try await site.back(volume) }
        let full = try #require(try await site.names().first)
        let migrate = "\(Self.backups)/\(full)/actions/migrate"
        _ = try await site.ended(try await site.post(migrate, [("volume", "/data"), ("to", "2")]))
        #expect(site.site.text("a.txt", in: ControllerSite.second) == "of \(ControllerSite.data)\n")
        let first = "/api/v1/backup/migrate/app/hello/proc/web/file/\(full)"
        let moved = try await site.ended(
            try await site.post(first, [("volume", "/other"), ("to", "1"), ("from", "1")]))
        #expect(moved["state"] == "success")
        #expect(site.site.text("a.txt", in: "hello-hello.web.web-1-other") == "of \(ControllerSite.data)\n")
        let part = "/api/v1/backup/migrate/increment/app/hello/proc/web/dir/\(ControllerSite.inc)"
        _ = try await site.ended(try await site.post(part, [("files", "sub"), ("volume", "/other"), ("to", "2")]))
        #expect(try site.site.names("hello-hello.web.web-2-other") == ["sub"])
        for (form, error) in [
            ([("volume", "/data")], "400 invalid"), ([("volume", "/data"), ("to", "x")], "400 invalid"),
            ([("volume", "/data"), ("to", "9")], "404 instance_not_found"),
            ([("volume", "/none"), ("to", "2")], "403 volume_not_declared"), ([("to", "2")], "400 invalid"),
            ([("volume", "/../../other"), ("to", "2")], "403 volume_not_declared"),
            ([("volume", "/data"), ("to", "2"), ("from", "2")], "400 instance_mismatch"),
            ([("volume", "/data"), ("to", "2"), ("instanceNo", "x")], "400 invalid"),
        ] as [([(String, String)], String)] {
            #expect(site.error(try await site.post(migrate, form)) == error, "\(form)")
        }
        let mismatch = try await site.post(first, [("volume", "/data"), ("to", "2"), ("from", "2")])
        #expect(mismatch.text.contains("from is 2") && mismatch.text.contains(full))
        let text = try await site.call(.POST, migrate, "{}")
        #expect(text.status == 400)
    }

    // backup contract §7.5 E6, E7, E12, F44, F45
    @Test func `nothing leads out of the volume or to another app`() async throws {
        let hook = #"{runner: host, command: [sh, -c, "while [ ! -e $SITE/go ]; do sleep 0.01; done"]}"#
        let site = try await ControllerSite(
            ControllerSite.inventory(data: "[{mode: full}, {mode: increment, pre: \(hook)}]"))
        for volume in [ControllerSite.inc, ControllerSite.other, ControllerSite.data] {
            _ = try await site.back(volume)
        }
        try await site.site.shell("ln -s /etc '\(site.site.path(ControllerSite.inc, "way"))'")
        let before = try await site.site.tree(ControllerSite.inc)
        let inc = "\(Self.backups)/\(ControllerSite.inc)/actions/recover"
        for file in ["../other-other.web.web-1-data.tar.gz", "/etc/passwd", "sub/../../x", "way/passwd", "", "a\0b"] {
            #expect(site.error(try await site.post(inc, [("files", file)])) == "400 bad_path", "\(file)")
        }
        let many = [(String, String)](repeating: ("files", "x"), count: 10_000)
        #expect(site.error(try await site.post(inc, many)) == "400 invalid")
        #expect(
            site.error(try await site.post(inc, [("files", String(repeating: "x", count: 2 << 20))])) == "413 too_large"
        )
        #expect(try await site.site.tree(ControllerSite.inc) == before)
        let foreign = try #require(try await site.names("/data", "other").first)
        for action in ["recover", "migrate"] {
            let answer = try await site.post(
                "\(Self.backups)/\(foreign)/actions/\(action)", [("volume", "/data"), ("to", "1")])
            #expect(site.error(answer) == "404 backup_not_found")
        }
        #expect(try await site.audit().contains { $0["outcome"] == "400" })

        let entries =
            try await site.get("\(ControllerSite.v2)/cron/jobs?args_mode=increment&args_volume=/data").json.array ?? []
        let id = entries.first { $0["job"]["args"]["instanceNo"] == 1 }?["job"]["id"].string ?? ""
        let running = try await site.post("\(ControllerSite.v2)/cron/jobs/\(id)/actions/run")
        let full = try #require(try await site.names().first)
        let refused = try await site.post("\(Self.backups)/\(full)/actions/recover")
        #expect(site.error(refused) == "409 busy" && refused.json["error"]["details"]["rid"] == running.json)
        try Data().write(to: site.site.scratch.url.appending(path: "go"))
        _ = try await site.ended(running)
    }

    // backup contract §7.5 E16, E18, E19, F43
    @Test func `backups are removed all or none`() async throws {
        let site = try await ControllerSite()
        for volume in [
            ControllerSite.data, ControllerSite.second, ControllerSite.other, ControllerSite.inc, ControllerSite.inc,
        ] {
            _ = try await site.back(volume)
        }
        let names = try await site.names()
        let foreign = try #require(try await site.names("/data", "other").first)
        let delete = "\(Self.backups)/actions/delete"
        for (files, error) in [
            (["\(names[0])/../../../../victim"], "400 bad_path"), (["\(names[0])/sub"], "400 bad_path"),
            ([foreign], "404 backup_not_found"), ([names[0], "none"], "400 backup_not_found"),
            ([names[0], "../x", foreign], "400 bad_path"), ([""], "400 bad_path"),
            ([ControllerSite.other], "404 backup_not_found"),
        ] {
            let answer = try await site.post(delete, files.map { ("files", $0) })
            #expect(site.error(answer) == error, "\(files)")
            if files.count > 1 { #expect(answer.json["error"]["details"]["files"][0].string == files[1]) }
        }
        #expect(try await site.names() == names)
        for _ in 0..<2 {
            #expect(try await site.post(delete, names.map { ("files", $0) }).status == 204)
        }
        #expect(try await site.names() == [])
        #expect(try await site.names("/data", "other") == [foreign])
        let password = try await site.server.call(.GET, "/api/secrets/volumes.hello/value").json["value"].string ?? ""
        let kept = try await site.site.shell(
            "RESTIC_PASSWORD=\(password) restic -r '\(site.site.repository("hello"))' --no-cache snapshots --json --no-lock"
        )
        #expect(kept.components(separatedBy: "\"short_id\"").count == 3)
        // The archive's name means all its increments.
        #expect(try await site.names("/inc").count == 2)
        #expect(try await site.post(delete, [("files", ControllerSite.inc)]).status == 204)
        #expect(try await site.names("/inc") == [])
        #expect(try await site.post(delete).status == 204)
        let removals = try await site.get("\(ControllerSite.v2)/cron/records").json.array?.filter {
            $0["action"] == "backup_expire"
        }
        #expect(removals?.map { $0["result"]["removed"] } == [2, 2])
    }
}
