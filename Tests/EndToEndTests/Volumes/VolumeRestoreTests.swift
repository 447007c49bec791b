import Foundation
import MartletCore
import Testing

/// Bringing versions back.
@Suite struct VolumeRestoreTests {
    // backup contract §7.5 E1, F5, F16
    @Test func `a whole restore brings everything back as it was, in the same directory`() async throws {
        let site = try VolumeSite()
        try await site.makeTree()
        let server = try await site.server()
        #expect(try await server.backup()["outcome"] == "ok")
        let (before, root) = (
            try await site.tree(), try await site.shell("stat -c '%i %a %u %g' '\(site.path(VolumeSite.first))'")
        )
        #expect(before.count > 15 && before.contains { $0.contains("sparse") && $0.hasPrefix("'sparse'") })
        try await site.shell(
            """
            cd '\(site.path(VolumeSite.first))'
            echo changed >a.txt; rm -r sub/deep hard; mkdir hard; echo extra >extra; chmod 777 empty; rm link; ln -s /etc link
            setfattr -n user.colour -v red 'sub/a1.txt' 2>/dev/null || python3 -c 'import os; os.setxattr("sub/a1.txt", "user.colour", b"red")'
            """)
        let run = try await server.restore("1")
        #expect(run["outcome"] == "ok", "\(run)")
        #expect(try await site.tree() == before)
        #expect(try await site.shell("stat -c '%i %a %u %g' '\(site.path(VolumeSite.first))'") == root)
        #expect(try site.names().allSatisfy { !$0.hasPrefix(".martlet") })
        let beside = URL(filePath: site.path(VolumeSite.first)).deletingLastPathComponent().path
        #expect(try FileManager.default.contentsOfDirectory(atPath: beside) == ["data"])
        // The state before is a version of its own.
        #expect(try await server.modes() == ["safety", "full"])
        #expect(try await server.restore("2")["outcome"] == "ok")
        #expect(site.text("a.txt") == "changed\n" && site.text("extra") == "extra\n")
    }

    // backup contract §7.5 E3, §4.1: patterns
    @Test func `chosen paths come back alone, whatever characters they have`() async throws {
        let site = try VolumeSite()
        try await site.makeTree()
        let server = try await site.server()
        try await server.backup()
        try await site.shell(
            """
            cd '\(site.path(VolumeSite.first))'
            echo changed >a.txt; echo changed >'sub/a1.txt'; echo changed >'sub/a[1]*?.txt'; echo mine >sub/mine; rm -r sub/deep
            chmod 711 sub
            """)
        let run = try await server.restore(
            "1", ["paths": ["sub/a[1]*?.txt", "/sub/deep/er", "数据"], "keepState": false])
        #expect(run["outcome"] == "ok", "\(run)")
        #expect(site.text("sub/a[1]*?.txt") == "glob\n" && site.text("sub/deep/er/file") != nil)
        #expect(
            site.text("a.txt") == "changed\n" && site.text("sub/a1.txt") == "changed\n"
                && site.text("sub/mine") == "mine\n")
        // What is above the chosen paths is not touched.
        #expect(try await site.shell("stat -c %a '\(site.path(VolumeSite.first, "sub"))'") == "711\n")
        #expect(try await server.modes() == ["full"])
        let missing = try await server.restore("1", ["paths": ["a.txt", "a*", "no/such"]])
        #expect(missing["results"]["error"] == "notFound" && site.text("a.txt") == "changed\n", "\(missing)")
        #expect(missing["reason"]["en"].string?.contains("/a*, /no/such") == true)
    }

    // backup contract §7.5 E13
    // A disk that is mounted below a volume is in none of its versions.
    @Test func `what is mounted below the volume stays`() async throws {
        let site = try VolumeSite()
        let server = try await site.server()
        let inner = site.path(VolumeSite.first, "disk")
        try FileManager.default.createDirectory(atPath: inner, withIntermediateDirectories: true)
        try await site.shell("mount -t tmpfs none '\(inner)'; echo precious >'\(inner)/file'")
        defer { umount2(inner, Int32(MNT_DETACH)) }
        try await server.backup()
        try site.write("new", to: "new.txt")
        let preview = try await server.restore("latest", ["dryRun": true])
        #expect(preview["results"]["removed"] == 1, "\(preview)")
        #expect(try await server.restore("latest")["outcome"] == "ok")
        #expect(site.text("disk/file") == "precious\n" && site.text("new.txt") == nil)
    }

    @Test func `a restore leaves alone what is beside a volume whose name begins like its own`() async throws {
        let site = try VolumeSite()
        let server = try await site.server()
        try await server.backup()
        let beside = site.path(VolumeSite.first) + "/.."
        let run = "01a20150-81c2-7000-bdae-006078e13f4b"
        let (other, own) = ("\(beside)/.martlet-restore-data-2-\(run)", "\(beside)/.martlet-restore-data-\(run)")
        for path in [other, own] {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        }
        #expect(try await server.restore("latest")["outcome"] == "ok")
        #expect(FileManager.default.fileExists(atPath: other) && !FileManager.default.fileExists(atPath: own))
    }

    @Test func `a dry run tells what would change and writes nothing`() async throws {
        let site = try VolumeSite()
        try await site.makeTree()
        let server = try await site.server()
        try await server.backup()
        try await site.shell(
            "cd '\(site.path(VolumeSite.first))'; echo other >a.txt; rm sub/a1.txt; mkdir new; echo x >new/x")
        let before = try await site.tree()
        let run = try await server.restore("1", ["dryRun": true])
        #expect(run["outcome"] == "ok", "\(run)")
        let results = run["results"]
        // The other name of a.txt changed with it.
        #expect(results["added"] == 1 && results["changed"] == 2 && results["removed"] == 2, "\(results)")
        #expect(results["files"].object == nil && results["bytes"] != .null && results["free"] != .null)
        #expect(results["samples"].array?.contains(["change": "add", "path": "/sub/a1.txt"]) == true)
        #expect(try await site.tree() == before)
        #expect(try await server.versions().count == 1)
    }

    // backup contract §7.5 E9, E10, F6, F7, F45
    @Test func `a version goes to another volume of the app where that is declared, and nowhere else`() async throws {
        let site = try VolumeSite()
        try site.write("one", to: "a.txt")
        try site.write("two", to: "mine", in: VolumeSite.second)
        let server = try await site.server()
        try await server.backup()
        let run = try await server.restore("1", ["to": ["instance": 2]])
        #expect(run["outcome"] == "ok" && run["labels"]["volumes/volume"].string == VolumeSite.second, "\(run)")
        #expect(try site.names(VolumeSite.second) == ["a.txt"])
        #expect(try await server.modes(VolumeSite.second) == ["safety"])
        // Its directory is made where it is missing, so that others may pass.
        // It was not there: whose it is has to be set.
        #expect(try await server.restore("1", ["to": ["volume": "/more"]])["outcome"] == "warning")
        let more = site.scratch.path("vols/shop/shop.web.web/1/more")
        #expect(try String(contentsOfFile: more + "/a.txt", encoding: .utf8) == "one")
        #expect(try await site.shell("stat -c %a '\(more)'") == "755\n")
        for (target, status) in [
            (["instance": 9], 404), (["volume": "/other"], 403), (["volume": "/../../other"], 400),
            (["instance": 0], 400),
            (["instance": "x"], 400), (["app": "other"], 400),
        ] as [(JSONValue, Int)] {
            let path = "/\(VolumeSite.first)/versions/1/restore"
            let reply = try await server.call(.POST, path, ["to": target])
            #expect(reply.status == status, "\(target) \(reply.text)")
        }
    }

    // backup contract §7.5 E7, E18, F44–F46
    @Test func `a version of another volume is not there`() async throws {
        let site = try VolumeSite()
        let server = try await site.server()
        try await server.backup(VolumeSite.other)
        try await server.backup()
        let foreign = try #require(try await server.versions(VolumeSite.other).first?["name"].string)
        for word in ["1", foreign, "latestx", "0", "-1", "99", "%2e%2e%2f1"] {
            for (method, end) in [(.GET, ""), (.GET, "/files"), (.GET, "/archive"), (.POST, "/restore"), (.DELETE, "")]
                as [(Server.Verb, String)]
            {
                let reply = try await server.call(method, "/\(VolumeSite.first)/versions/\(word)\(end)")
                #expect(reply.status == 404, "\(method) \(word)\(end) \(reply.text)")
            }
        }
        #expect(try await server.call(.GET, "/nosuch/versions").status == 404)
        #expect(try await server.versions(VolumeSite.other).count == 1)
    }

    // backup contract §7.2 B11, §7.5 E6, F42
    @Test func `a path that leaves the volume is refused before anything is done`() async throws {
        let site = try VolumeSite()
        try site.write("x", to: "real/x")
        try await site.shell("ln -s /etc '\(site.path(VolumeSite.first, "way"))'")
        let server = try await site.server()
        try await server.backup()
        try await site.shell(
            "cd '\(site.path(VolumeSite.first))'; rm -r real; ln -s '\(site.scratch.path("vols"))' real")
        let base = "/\(VolumeSite.first)/versions/1"
        for path in [
            "../other", "/a/../../b", "sub/../../x", "a\u{0}b", "a\nb", "real/x", "/",
            String(repeating: "x", count: 5000),
        ] {
            let reply = try await server.call(.POST, base + "/restore", ["paths": ["real", .string(path)]])
            #expect(reply.status == 400 && reply.text.contains("paths[1]"), "\(path.prefix(20)) \(reply.text)")
        }
        let many = JSONValue.array((0..<10_000).map { .string("f\($0)") })
        #expect(try await server.call(.POST, base + "/restore", ["paths": many]).status == 400)
        #expect(try await server.call(.POST, base + "/restore", ["paths": []]).status == 400)
        for path in ["..%2f..%2fetc", "%2fetc%2f..%2f..", "a%00b", "%252e%252e%2f"] {
            let reply = try await server.call(.GET, base + "/files?path=\(path)")
            #expect(reply.status == (path.hasPrefix("%25") ? 404 : 400), "\(path) \(reply.text)")
        }
        #expect(!FileManager.default.fileExists(atPath: site.scratch.path("vols/x")))
        // A volume that is itself a link is somebody's trick.
        try await site.shell("cd '\(site.path(VolumeSite.first))/..'; mv data away; ln -s away data")
        #expect(try await server.restore("1")["results"]["error"] == "badTarget")
        #expect(try await server.backup()["results"]["error"] == "pathMissing")
    }

    // backup contract §7.6 G7, F3, F6
    @Test func `damaged data is found by restore, drill and check, and the volume stays as it is`() async throws {
        let site = try VolumeSite()
        try await site.fill(3)
        let server = try await site.server()
        try await server.backup()
        #expect(try await server.run(.POST, "/\(VolumeSite.first)/drill")["outcome"] == "ok")
        let good = try await server.call(.GET, "/\(VolumeSite.first)").json["proof"]
        #expect(good["isGood"] == true && good["lastGoodAt"] == good["at"] && good["files"] == 2, "\(good)")
        try site.flipByte()
        try site.write("still here", to: "mine")
        #expect(try await server.restore("1")["state"] == "failed")
        #expect(
            site.text("mine") == "still here"
                && FileManager.default.fileExists(atPath: site.path(VolumeSite.first, "large")))
        let drill = try await server.run(.POST, "/\(VolumeSite.first)/drill", ["version": 1])
        #expect(drill["state"] == "failed", "\(drill)")
        let bad = try await server.call(.GET, "/\(VolumeSite.first)").json["proof"]
        #expect(bad["isGood"] == false && bad["lastGoodAt"] == good["at"], "\(bad)")
        // The structure alone does not show it.
        #expect(try await server.run(.POST, "/\(VolumeSite.first)/check", ["depth": "structure"])["outcome"] == "ok")
        #expect(try await server.run(.POST, "/\(VolumeSite.first)/check", ["depth": "all"])["state"] == "failed")
        // Nothing is left of the scratch space.
        let scratch = server.server.data + "/volumes/scratch"
        #expect(try FileManager.default.contentsOfDirectory(atPath: scratch).isEmpty)
    }

    @Test func `a killed restore leaves the volume, and the next one cleans up after it`() async throws {
        let site = try VolumeSite()
        try await site.fill(150)
        let server = try await site.server()
        try await server.backup()
        try site.write("mine", to: "mine")
        let id = try await server.start(.POST, "/\(VolumeSite.first)/versions/1/restore")
        try await eventually("the engine works") { site.engines("restore").first }
        for pid in site.engines("restore", program: "martlet") { kill(pid, SIGKILL) }
        #expect(try await server.server.ended(id)["state"] == "failed")
        let beside = URL(filePath: site.path(VolumeSite.first)).deletingLastPathComponent().path
        #expect(site.engines("restore").isEmpty && site.text("mine") == "mine")
        #expect(try FileManager.default.contentsOfDirectory(atPath: beside).count == 2)
        #expect(try await server.restore("1")["outcome"] == "ok")
        #expect(try FileManager.default.contentsOfDirectory(atPath: beside) == ["data"])
        #expect(site.text("mine") == nil)
    }
}
