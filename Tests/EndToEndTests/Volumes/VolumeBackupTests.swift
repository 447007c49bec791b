import Foundation
import MartletCore
import Testing

/// Backups with the real engine.
@Suite struct VolumeBackupTests {
    // backup contract §7.2 B1, §7.3 C11, F40
    @Test func `a backup is listed with what it holds, under its old name`() async throws {
        let site = try VolumeSite()
        try site.write("hello\n", to: "a.txt")
        let server = try await site.server()
        let run = try await server.backup()
        #expect(run["state"] == "succeeded" && run["outcome"] == "ok", "\(run)")
        #expect(run["results"]["files"] == 1 && run["results"]["bytes"] == 6)
        let version = try #require(try await server.versions().first)
        let second = try #require(
            version["name"].string?.firstMatch(of: /^shop-shop\.web\.web-1-data-(\d{10})\.tar\.gz$/))
        #expect(abs(Double(second.output.1)! - Date().timeIntervalSince1970) < 600)
        #expect(version["files"] == 1 && version["bytes"] == 6 && version["node"] == "here")
        #expect(version["run"] == run["id"] && version["isPartial"] == false)
        let view = try await server.call(.GET, "/\(VolumeSite.first)").json
        #expect(view["versions"] == 1 && view["latest"] == version && view["isDeclared"] == true)
        // The password is the app's own, stored sealed, and nobody sees it.
        let secret = try await server.server.call(.GET, "/api/secrets/volumes.shop/value").json["value"].string
        let password = try #require(secret)
        #expect(password.utf8.count == 64)
        #expect(try await !server.server.log(run["id"].string ?? "").contains(password))
        #expect(try await !server.server.call(.GET, "/api/runs/\(run["id"].string ?? "")").text.contains(password))
    }

    // backup contract §5: alias and versions
    @Test func `increments are versions of one archive, whose bare name means the newest`() async throws {
        let site = try VolumeSite()
        try site.write("one", to: "a.txt")
        let server = try await site.server()
        try await server.backup(mode: "increment")
        try site.write("two and more", to: "a.txt")
        try await server.backup(mode: "increment")
        try await server.backup(mode: "full")
        #expect(try await server.modes() == ["full", "increment", "increment"])
        let alias = try await server.call(.GET, "/\(VolumeSite.first)/versions/\(VolumeSite.first)").json
        #expect(alias["number"] == 2 && alias["bytes"] == 12)
        let names = try await server.versions().compactMap { $0["name"].string }
        for name in names {
            #expect(try await server.call(.GET, "/\(VolumeSite.first)/versions/\(name)").json["name"].string == name)
        }
        #expect(Set(names).count == 3 && names[1].hasPrefix(VolumeSite.first + "@"))
    }

    // backup contract §7.3 C6, C11, §7.5 E12
    @Test func `one run at a time works on a volume, and a second is told which`() async throws {
        let hook =
            #"{runner: host, command: [sh, -c, "touch $SITE/begun; while [ ! -e $SITE/go ]; do sleep 0.01; done"]}"#
        let site = try VolumeSite(rules: "[{mode: full, pre: \(hook)}, {mode: increment}]")
        try site.write("x", to: "a.txt")
        let server = try await site.server()
        try await server.backup(mode: "increment")
        let slow = try await server.start(.POST, "/\(VolumeSite.first)/backup", ["mode": "full"])
        try await eventually("the hook runs") {
            FileManager.default.fileExists(atPath: site.scratch.path("begun")) ? true : nil
        }
        for (path, body) in [
            ("backup", ["mode": "full"]), ("backup", ["mode": "increment"]), ("versions/1/restore", [:]),
        ] as [(String, JSONValue)] {
            let reply = try await server.call(.POST, "/\(VolumeSite.first)/\(path)", body)
            #expect(reply.status == 409 && reply.text.contains(slow), "\(path) \(reply.text)")
        }
        // Another volume of the app does not wait, and neither does a look into a version.
        #expect(try await server.backup(VolumeSite.second, mode: "increment")["state"] == "succeeded")
        #expect(try await server.call(.GET, "/\(VolumeSite.first)/versions/1/files").status == 200)
        #expect(try await server.versions().count == 1)
        try await site.shell("touch '\(site.scratch.path("go"))'")
        #expect(try await server.server.ended(slow)["state"] == "succeeded")
        #expect(try await server.versions().count == 2)
    }

    // backup contract §7.3 C17
    @Test func `a volume that is missing is told, and no hook runs`() async throws {
        let hook = #"{runner: host, command: [sh, -c, "touch $SITE/hooked"]}"#
        let site = try VolumeSite(rules: "[{mode: full, pre: \(hook), post: \(hook)}]")
        try FileManager.default.removeItem(atPath: site.path(VolumeSite.first))
        let server = try await site.server()
        let run = try await server.backup()
        #expect(run["state"] == "failed" && run["results"]["error"] == "pathMissing", "\(run)")
        #expect(run["reason"]["en"].string?.contains("is missing or not a directory") == true)
        #expect(!FileManager.default.fileExists(atPath: site.scratch.path("hooked")))
        #expect(try await server.versions().isEmpty)
    }

    // backup contract §7.3 C9
    @Test func `an unreadable file is a warning that names it, and the rest is kept`() async throws {
        let weak = """
            #!/bin/sh
            exec setpriv --bounding-set=-dac_override,-dac_read_search --inh-caps=-dac_override,-dac_read_search \\
                /usr/bin/restic "$@"
            """
        let site = try VolumeSite(bin: ["restic": weak])
        try site.write("secret", to: "closed")
        try site.write("open", to: "open")
        try await site.shell("chmod 000 '\(site.path(VolumeSite.first, "closed"))'")
        let server = try await site.server()
        let run = try await server.backup()
        #expect(run["state"] == "succeeded" && run["outcome"] == "warning", "\(run)")
        #expect(run["reason"]["en"].string?.contains("closed") == true)
        #expect(try await server.versions().first?["isPartial"] == true)
    }

    @Test func `an empty volume is a warning: the engine makes no version of nothing`() async throws {
        let site = try VolumeSite()
        let server = try await site.server()
        let run = try await server.backup(VolumeSite.second)
        #expect(run["state"] == "succeeded" && run["outcome"] == "warning", "\(run)")
        #expect(run["reason"]["en"].string?.contains("the volume is empty") == true)
        #expect(try await server.versions(VolumeSite.second).isEmpty)
    }

    // backup contract §7.3 C8, F2
    @Test func `a file that grows meanwhile spoils nothing`() async throws {
        let site = try VolumeSite()
        try await site.fill(30)
        let server = try await site.server()
        let writer = try Child(
            ["/bin/sh", "-c", "while :; do echo grow; sleep 0.001; done >>'\(site.path(VolumeSite.first, "log"))'"],
            environment: Server.environment, directory: site.scratch.url, name: "writer")
        defer { writer.end() }
        let run = try await server.backup()
        #expect(run["state"] == "succeeded", "\(run)")
        #expect(try await server.versions().count == 1)
    }

    // backup contract §7.4 D6, §4.1
    @Test func `a killed engine leaves no version, and its lock is in nobody's way`() async throws {
        let site = try VolumeSite()
        let server = try await site.server()
        try await server.backup()
        try await site.fill(200)
        let id = try await server.start(.POST, "/\(VolumeSite.first)/backup")
        let pid = try await eventually("the engine works") { site.locks().isEmpty ? nil : site.engines("backup").first }
        kill(pid, SIGKILL)
        let run = try await server.server.ended(id)
        #expect(run["state"] == "failed" && run["outcome"] == "signal", "\(run)")
        #expect(try await server.versions().count == 1 && !site.locks().isEmpty)
        // Exclusive work and the next backup both go on.
        #expect(
            try await server.run(.POST, "/\(VolumeSite.first)/check", ["depth": "structure"])["state"] == "succeeded")
        #expect(try await server.backup()["state"] == "succeeded")
        #expect(site.locks().isEmpty)
    }

    // backup contract §4.1: the engine leaves locks at TERM and none at INT
    @Test func `a stopped backup leaves neither lock nor version`() async throws {
        let site = try VolumeSite()
        let server = try await site.server()
        try await server.backup()
        try await site.fill(200)
        let id = try await server.start(.POST, "/\(VolumeSite.first)/backup")
        // Not while it makes its lock: then it may leave it to the next backup.
        try await eventually("the engine reads") {
            try await server.server.run(id)["message"].string?.contains("files") == true ? true : nil
        }
        #expect(try await server.server.call(.POST, "/api/runs/\(id)/stop").status < 300)
        #expect(try await server.server.ended(id)["state"] == "cancelled")
        #expect(site.locks().isEmpty && site.engines("backup").isEmpty)
        #expect(try await server.versions().count == 1)
    }

    @Test func `a server that is killed meanwhile finds the backup again`() async throws {
        let site = try VolumeSite()
        try await site.fill(200)
        let server = try await site.server()
        let id = try await server.start(.POST, "/\(VolumeSite.first)/backup")
        try await eventually("the engine works") { site.engines("backup").first }
        try await server.killed()
        let next = try await site.server()
        let run = try await next.server.ended(id)
        #expect(run["state"] == "succeeded" && run["attempt"] == 1, "\(run)")
        #expect(try await next.versions().map { $0["run"].string } == [id])
        #expect(try await next.versions().first?["bytes"] == .int(200 << 20 | 6))
    }

    // backup contract §3.2 row 4
    @Test func `exclusive work waits for a backup of the same repository, and the other way round`() async throws {
        let site = try VolumeSite()
        let server = try await site.server()
        try await server.backup()
        try await site.fill(150)
        let backup = try await server.start(.POST, "/\(VolumeSite.first)/backup")
        try await eventually("the engine works") { site.engines("backup").first }
        let removal = try await server.start(.DELETE, "/\(VolumeSite.first)/versions/1")
        let other = try await server.start(.POST, "/\(VolumeSite.second)/backup")
        for id in [backup, removal, other] {
            let run = try await server.server.ended(id)
            #expect(run["state"] == "succeeded" && run["attempt"] == 1, "\(run)")
        }
        #expect(try await server.versions().map { $0["number"] } != [1])
    }

    @Test func `the password is never made anew where there are versions`() async throws {
        let site = try VolumeSite()
        let server = try await site.server()
        try await server.backup()
        #expect(try await server.server.call(.DELETE, "/api/secrets/volumes.shop").status < 300)
        let reply = try await server.call(.POST, "/\(VolumeSite.first)/backup")
        #expect(reply.status == 409 && reply.text.contains("martlet secret set volumes.shop"), "\(reply.text)")
        let wrong: JSONValue = ["value": "not the password"]
        #expect(try await server.server.call(.PUT, "/api/secrets/volumes.shop", body: wrong).status < 300)
        let run = try await server.backup()
        #expect(
            run["reason"]["en"].string?.contains("the stored password does not open the repository") == true, "\(run)")
    }

    // The disk of the repositories is not mounted.
    @Test func `no new repository is made where versions are known, and none is forgotten`() async throws {
        let site = try VolumeSite(rules: "[{mode: full, expire: 0s}, {mode: increment}]")
        let server = try await site.server(["MARTLET_BACKUPS_EXPIRES": "false"])
        for _ in 0..<2 { try await server.backup() }
        try await site.shell("mv '\(site.repository())' '\(site.repository())-away'")
        let run = try await server.backup()
        #expect(run["state"] == "failed" && run["results"]["error"] == "repositoryMissing", "\(run)")
        #expect(!FileManager.default.fileExists(atPath: site.repository() + "/config"))
        // Somebody else's lies there.
        let password = try await server.server.call(.GET, "/api/secrets/volumes.shop/value").json["value"].string ?? ""
        try await site.shell("RESTIC_PASSWORD='\(password)' restic -q init -r '\(site.repository())'")
        let removal = try await server.call(.POST, "/\(VolumeSite.first)/expire")
        let ended = try await server.server.ended(removal.json["run"].string ?? "")
        #expect(ended["state"] == "failed" && ended["results"]["error"] == "wrongRepository", "\(ended)")
        #expect(try await server.versions().count == 2)
    }

    @Test func `a run about a volume is not repeated as it was`() async throws {
        let site = try VolumeSite()
        let server = try await site.server()
        let ids = [try await server.backup()["id"].string, try await server.restore("latest")["id"].string]
        for id in ids {
            let reply = try await server.server.call(.POST, "/api/runs/\(id ?? "")/rerun")
            #expect(reply.status == 409 && reply.text.contains("start it anew"), "\(reply.text)")
        }
    }

    @Test func `a bad inventory keeps the server from starting, and a reload keeps the last good one`() async throws {
        let site = try VolumeSite()
        let server = try await site.server()
        let file = site.scratch.url.appending(path: "volumes.yaml")
        try Data("apps: {shop: 7}".utf8).write(to: file)
        server.server.child.signal(SIGHUP)
        try await eventually("the reload is told") {
            let logs = try FileManager.default.contentsOfDirectory(atPath: site.scratch.url.path).filter {
                $0.hasSuffix(".err")
            }
            let text = logs.compactMap { try? String(contentsOfFile: site.scratch.path($0), encoding: .utf8) }.joined()
            return text.contains("inventory not loaded, the last good one stays") && text.contains("apps.shop")
                ? true : nil
        }
        #expect(try await server.call(.GET, "/\(VolumeSite.first)").status == 200)
        try Data("{}".utf8).write(to: file)
        server.server.child.signal(SIGHUP)
        try await eventually("the new one counts") {
            try await server.call(.GET, "").json["items"] == [] ? true : nil
        }
        try await server.killed()
        try Data("apps: {shop: 7}".utf8).write(to: file)
        await #expect(throws: Server.ServerEnded.self) { _ = try await site.server() }
    }
}
