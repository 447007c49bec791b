import Foundation
import MartletCore
import NIOHTTP1
import Testing

/// Looking into versions, handing them out, and letting them go.
@Suite struct VolumeKeepingTests {
    // backup contract §7.2 B7, B8, B10, B13
    @Test func `directories are listed level by level, in pages, and the same each time`() async throws {
        let site = try VolumeSite()
        try await site.makeTree()
        try await site.shell(
            "mkdir '\(site.path(VolumeSite.first, "many"))'; cd '\(site.path(VolumeSite.first, "many"))'; seq -f 'f%05g' 3000 | xargs touch"
        )
        let server = try await site.server()
        try await server.backup()
        let base = "/\(VolumeSite.first)/versions/1/files"
        let root = try await server.call(.GET, base).json
        let names = root["items"].array?.compactMap { $0["name"].string } ?? []
        #expect(try names.sorted() == site.names().sorted() && root["next"] == .null)
        let sub = try await server.call(.GET, base + "?path=sub").json["items"].array ?? []
        #expect(sub.map { $0["name"] } == ["a1.txt", "a[1]*?.txt", "deep"])
        #expect(sub.map { $0["type"] } == ["file", "file", "dir"] && sub[2]["mode"] == "2750" && sub[2]["uid"] == 1234)
        #expect(try await server.call(.GET, base + "?path=/sub/a1.txt").json["items"].array?.count == 1)
        for path in ["nope", "sub/nope/x", "a.txt/x", "sub*"] {
            #expect(try await server.call(.GET, base + "?path=\(path)").status == 404, "\(path)")
        }
        var seen: [String] = []
        var cursor: String?
        repeat {
            let page = try await server.call(
                .GET, base + "?path=many&limit=1000" + (cursor.map { "&cursor=\($0)" } ?? "")
            ).json
            seen += page["items"].array?.compactMap { $0["name"].string } ?? []
            cursor = page["next"].string
        } while cursor != nil
        #expect(seen.count == 3000 && seen == seen.sorted())
        // Read from the repository once: no further run.
        let runs = try await server.server.call(.GET, "/api/runs?limit=1000").json["items"].array?.count
        for _ in 0..<20 { #expect(try await server.call(.GET, base).json == root) }
        #expect(try await server.server.call(.GET, "/api/runs?limit=1000").json["items"].array?.count == runs)
        for cursor in ["v1-0", "v1-3", "v1-99999999", "v1-x", "x"] {
            #expect(try await server.call(.GET, base + "?cursor=\(cursor)").status == 400, "\(cursor)")
        }
    }

    // backup contract §7.5 E16, E19
    @Test func `a deleted version is gone from the list and from the repository`() async throws {
        let site = try VolumeSite()
        let server = try await site.server()
        for text in ["one", "two"] {
            try site.write(text, to: "a.txt")
            try await server.backup()
        }
        let run = try await server.run(.DELETE, "/\(VolumeSite.first)/versions/1")
        #expect(run["outcome"] == "ok", "\(run)")
        #expect(try await server.versions().map { $0["number"] } == [2])
        #expect(try await server.call(.DELETE, "/\(VolumeSite.first)/versions/1").status == 404)
        let password = try await server.server.call(.GET, "/api/secrets/volumes.shop/value").json["value"].string ?? ""
        let left = try await site.shell(
            "RESTIC_PASSWORD='\(password)' restic -r '\(site.repository())' --cache-dir '\(site.scratch.path("c"))' snapshots --json"
        )
        #expect(try JSONParser.parse(Array(left.utf8)).array?.count == 1)
        #expect(try await server.restore("2")["outcome"] == "ok" && site.text("a.txt") == "two")
    }

    // backup contract §7.6 G2, G4, F13, F14
    @Test func `rules remove what they do not keep, and never the last good one`() async throws {
        let site = try VolumeSite(rules: "[{mode: full, expire: 0s}, {mode: increment}]")
        let server = try await site.server(["MARTLET_BACKUPS_EXPIRES": "false"])
        for mode in ["full", "increment", "increment", "full", "full"] { try await server.backup(mode: mode) }
        let preview = try await server.call(.POST, "/\(VolumeSite.first)/expire", ["dryRun": true])
        #expect(preview.status == 200 && preview.json["run"] == .null)
        let decisions = try #require(preview.json["items"].array, "\(preview.text)")
        try #require(decisions.count == 5, "\(preview.text)")
        #expect(decisions.map { $0["isKept"] } == [true, false, true, true, false])
        #expect(decisions[0]["reasons"] == ["the last good one"] && decisions[2]["reasons"] == ["no rule removes it"])
        #expect(try await server.versions().count == 5)
        let reply = try await server.call(.POST, "/\(VolumeSite.first)/expire")
        #expect(reply.status == 202)
        #expect(try await server.server.ended(reply.json["run"].string ?? "")["outcome"] == "ok")
        #expect(try await server.versions().map { $0["number"] } == [5, 3, 2])
        #expect(try await server.call(.POST, "/\(VolumeSite.first)/expire").status == 200)
        #expect(try await server.restore("5")["outcome"] == "ok")
    }

    // backup contract §7.2 B14
    @Test func `a version is downloaded as a real archive`() async throws {
        let site = try VolumeSite()
        try await site.makeTree()
        let server = try await site.server()
        try await server.backup()
        let reply = try await server.call(.GET, "/\(VolumeSite.first)/versions/1/archive")
        #expect(reply.status == 200 && reply.headers["Content-Type"] == ["application/gzip"])
        #expect(reply.headers["Content-Disposition"].first?.contains("shop-shop.web.web-1-data-") == true)
        try Data(reply.body).write(to: site.scratch.url.appending(path: "x.tar.gz"))
        try await site.shell(
            """
            mkdir '\(site.scratch.path("x"))'; tar xzf '\(site.scratch.path("x.tar.gz"))' -C '\(site.scratch.path("x"))'
            diff -r --no-dereference --exclude=pipe '\(site.scratch.path("x"))' '\(site.path(VolumeSite.first))'
            """)
        #expect(try await server.call(.GET, "/\(VolumeSite.first)/versions/7/archive").status == 404)
    }

    // backup contract §7.2 B14
    @Test func `a download that is broken off leaves no process, and a broken one is not whole`() async throws {
        let site = try VolumeSite()
        try await site.fill(100)
        let server = try await site.server()
        try await server.backup()
        let url = server.server.url + "/api/volumes/\(VolumeSite.first)/versions/1/archive"
        let curl = [
            "/usr/bin/curl", "-sS", "--fail", "-H", "Authorization: Bearer \(server.server.token)", "-o",
            site.scratch.path("part"), url,
        ]
        let slow = try Child(
            curl + ["--limit-rate", "1M"], environment: Server.environment, directory: site.scratch.url, name: "slow")
        try await eventually("the archive is made") { site.engines("dump").first }
        slow.end()
        try await eventually("the engine is gone", within: 30) { site.engines("dump").isEmpty ? true : nil }
        let broken = try Child(
            curl + ["--limit-rate", "1M"], environment: Server.environment, directory: site.scratch.url, name: "broken")
        let second = try await eventually("the archive is made") { site.engines("dump").first }
        kill(second, SIGKILL)
        #expect(try await broken.ended() != 0)
    }

    // backup contract §7.6 G13
    @Test func `a token sees and does what its role and its labels reach`() async throws {
        let site = try VolumeSite()
        let server = try await site.server()
        try await server.backup()
        try await server.backup(VolumeSite.other)
        let reader = try await server.token("read")
        let base = "/\(VolumeSite.first)"
        for path in [
            "", base, base + "/versions", base + "/versions/1", base + "/versions/1/files",
            base + "/versions/1/archive",
        ] {
            #expect(try await server.call(.GET, path, token: reader).status == 200, "\(path)")
            #expect(try await server.call(.GET, path, token: "nobody").status == 401, "\(path)")
        }
        for path in ["/backup", "/versions/1/restore", "/check", "/drill", "/expire"] {
            #expect(try await server.call(.POST, base + path, token: reader).status == 403, "\(path)")
        }
        let owner = try await server.token("run", labels: ["volumes/app": "shop"])
        let seen = try await server.call(.GET, "", token: owner).json["items"].array?.compactMap { $0["app"].string }
        #expect(seen.map(Set.init) == ["shop"])
        #expect(try await server.call(.GET, "/\(VolumeSite.other)/versions", token: owner).status == 404)
        #expect(try await server.call(.POST, "/\(VolumeSite.other)/backup", token: owner).status == 404)
        #expect(try await server.call(.DELETE, base + "/versions/1", token: owner).status == 403)
        let reply = try await server.call(.POST, base + "/backup", token: owner)
        #expect(reply.status == 202, "\(reply.text)")
        _ = try await server.server.ended(reply.json["id"].string ?? "")
    }

    // backup contract §7.5 E15
    @Test func `a volume of another machine and one without a rule are told at once`() async throws {
        let site = try VolumeSite()
        let server = try await site.server()
        let elsewhere = try await server.call(.POST, "/gone-g-1-data/backup")
        #expect(elsewhere.status == 503 && elsewhere.text.contains("elsewhere"), "\(elsewhere.text)")
        let mode = try await server.call(.POST, "/\(VolumeSite.other)/backup", ["mode": "increment"])
        #expect(mode.status == 400 && mode.text.contains("there are: full"), "\(mode.text)")
        for body in [["mode": "safety"], ["mode": 7], ["surprise": 1], []] as [JSONValue] {
            #expect(try await server.call(.POST, "/\(VolumeSite.first)/backup", body).status == 400, "\(body)")
        }
    }

    // backup contract §7.6 G5, F14
    @Test func `versions of a volume that left the inventory stay, and can be looked into`() async throws {
        let site = try VolumeSite()
        try site.write("kept", to: "a.txt")
        let server = try await site.server()
        try await server.backup()
        let file = site.scratch.url.appending(path: "volumes.yaml")
        let text = try String(contentsOf: file, encoding: .utf8).replacing(
            "{1: {container: c1}, 2: {container: c2}}", with: "[2]")
        try Data(text.utf8).write(to: file)
        server.server.child.signal(SIGHUP)
        let orphan = try await eventually("the volume is not declared any more") {
            let view = try await server.call(.GET, "/\(VolumeSite.first)").json
            return view["isDeclared"] == false ? view : nil
        }
        #expect(orphan["versions"] == 1)
        #expect(try await server.call(.POST, "/\(VolumeSite.first)/backup").status == 404)
        #expect(try await server.call(.GET, "/\(VolumeSite.first)/versions/1/files").status == 200)
        let kept = try await server.call(.POST, "/\(VolumeSite.first)/expire", ["dryRun": true]).json["items"]
        #expect(kept[0]["isKept"] == true)
        #expect(try await server.restore("1", ["to": ["instance": 2]])["outcome"] == "ok")
        #expect(site.text("a.txt", in: VolumeSite.second) == "kept")
    }

    // backup contract §7.6 G14
    @Test func `the metrics tell how old the backups and the proofs are, by app`() async throws {
        let site = try VolumeSite()
        let server = try await site.server()
        try await server.backup(VolumeSite.other)
        _ = try await server.run(.POST, "/\(VolumeSite.other)/drill")
        let page = try await server.server.call(.GET, "/metrics").text
        func value(_ sample: String) -> Double? {
            page.split(separator: "\n").first { $0.hasPrefix(sample + " ") }.flatMap {
                Double($0.dropFirst(sample.count + 1))
            }
        }
        for name in ["backup", "proof"] {
            let age = try #require(value("martlet_volume_\(name)_age_seconds{app=\"other\"}"), "\(page)")
            #expect(age >= 0 && age < 600)
            #expect(value("martlet_volumes_without{app=\"other\",what=\"\(name)\"}") == 0)
            #expect(value("martlet_volumes_without{app=\"shop\",what=\"\(name)\"}") == 4)
        }
    }

    // backup contract §7.6 G8
    @Test func `a lost catalogue is made anew of the repository`() async throws {
        let site = try VolumeSite()
        try await site.makeTree()
        let server = try await site.server()
        for mode in ["full", "increment"] { try await server.backup(mode: mode) }
        try await server.backup(VolumeSite.second, mode: "increment")
        let before = try await server.versions()
        let password = try await server.server.call(.GET, "/api/secrets/volumes.shop/value").json["value"]
        try await server.killed()
        try FileManager.default.removeItem(atPath: server.server.data)
        let next = try await site.server()
        #expect(try await next.versions().isEmpty)
        // No new password for an old repository.
        #expect(try await next.call(.POST, "/\(VolumeSite.first)/backup").status == 409)
        let secret: JSONValue = ["value": password]
        #expect(try await next.server.call(.PUT, "/api/secrets/volumes.shop", body: secret).status < 300)
        let run = try await next.run(.POST, "/\(VolumeSite.first)/adopt")
        #expect(run["outcome"] == "ok" && run["results"]["found"] == 2, "\(run)")
        let after = try await next.versions()
        func facts(_ versions: [JSONValue]) -> [[JSONValue]] {
            versions.map { [$0["mode"], $0["run"]] }
        }
        #expect(facts(after) == facts(before))
        for (old, new) in zip(before, after) {
            // A backup counts what links say as well.
            let sizes = [old, new].compactMap { if case .int(let size) = $0["bytes"] { size } else { nil } }
            #expect(sizes.count == 2 && abs(sizes[0] - sizes[1]) < 100, "\(sizes)")
            // The engine's own second, which is the run's or one of the next.
            let seconds = [old, new].map { Int64($0["name"].string?.filter(\.isNumber).suffix(10) ?? "") ?? 0 }
            #expect(abs(seconds[0] - seconds[1]) < 300, "\(old) \(new)")
        }
        #expect(try await next.run(.POST, "/\(VolumeSite.first)/adopt")["results"]["found"] == 0)
        #expect(try await next.versions().count == 2)
        #expect(try await next.restore("latest")["outcome"] == "ok")
    }

    @Test(arguments: ["gzip", "zstd", "none"])
    func `an archive of the replaced system becomes a version of its time`(compression: String) async throws {
        let site = try VolumeSite()
        try await site.makeTree()
        let server = try await site.server()
        let program = compression == "none" ? "" : "--use-compress-program=\(compression)"
        let ending = ["gzip": "tar.gz", "zstd": "tar.zst"][compression] ?? "tar"
        let file = site.scratch.path("\(VolumeSite.first)-1500000000.\(ending)")
        let before = try await site.tree()
        try await site.shell(
            "cd '\(site.path(VolumeSite.first))/..'; tar \(program) --xattrs --xattrs-include='*' -cf '\(file)' data")
        let run = try await server.run(.POST, "/\(VolumeSite.first)/import", ["file": .string(file)])
        #expect(run["outcome"] == "ok", "\(run)")
        let version = try #require(try await server.versions().first)
        #expect(version["name"].string == "\(VolumeSite.first)-1500000000.tar.gz")
        #expect(version["createdAt"] == "2017-07-14T02:40:00.000Z" && version["run"] == run["id"])
        try await site.shell("cd '\(site.path(VolumeSite.first))'; rm -rf sub; echo new >a.txt; echo more >more")
        #expect(try await server.restore("latest")["outcome"] == "ok")
        #expect(try await site.tree() == before)

        for (body, field) in [
            (["file": .string(file), "createdAt": "2999-01-01T00:00:00Z"], "createdAt"),
            (["file": .string(file), "createdAt": "yesterday"], "createdAt"), (["file": "x.tar"], "file"),
            (["file": .string(site.scratch.url.path)], "file"), ([:], "file"),
        ] as [(JSONValue, String)] {
            let reply = try await server.call(.POST, "/\(VolumeSite.first)/import", body)
            #expect(reply.status == 400 && reply.json["errors"][0]["field"].string == field, "\(reply.text)")
        }
        try Data("no archive".utf8).write(to: site.scratch.url.appending(path: "bad.tar"))
        let bad = try await server.run(
            .POST, "/\(VolumeSite.first)/import", ["file": .string(site.scratch.path("bad.tar"))])
        #expect(bad["state"] == "failed" && bad["results"]["error"] == "archive", "\(bad)")
        #expect(try await server.modes() == ["safety", "full"])
    }

    @Test func `every command prints what the API answers`() async throws {
        let site = try VolumeSite()
        let server = try await site.server()
        func command(_ name: String, _ words: [String] = []) async throws -> (code: Int32, out: String) {
            let child = try Child(
                [Server.binaries + "/martlet", "volumes", name] + words,
                environment: Server.environment.merging(["MARTLET_DATA_DIR": server.server.data]) { $1 },
                directory: site.scratch.url, name: "command")
            let code = try await child.ended()
            return (code, try String(contentsOf: child.output, encoding: .utf8))
        }
        let volume = VolumeSite.first
        let calls: [[String]] = [
            ["backup", volume, "--wait"], ["list"], ["show", volume], ["versions", volume], ["ls", volume],
            ["ls", volume, "latest", "/"], ["restore", volume, "latest", "--dry-run"],
            ["restore", volume, "1", "--path", "a.txt", "--wait"], ["expire", volume, "--dry-run"],
            ["verify", volume, "--depth", "structure", "--wait"], ["drill", volume, "--wait"],
            ["adopt", volume, "--wait"],
        ]
        for call in calls {
            let text = try await command(call[0], Array(call.dropFirst()))
            #expect(text.code == 0 && !text.out.isEmpty, "\(call) \(text.out)")
            let json = try await command(call[0], Array(call.dropFirst()) + ["--json"])
            #expect(json.code == 0, "\(call) \(json.out)")
            #expect(throws: Never.self, "\(call) \(json.out)") { try JSONParser.parse(Array(json.out.utf8)) }
        }
        let file = site.scratch.path("x.tar.gz")
        #expect(try await command("download", [volume, "1", "--output", file]).code == 0)
        #expect(try await site.shell("tar tzf '\(file)'") == "a.txt\n")
        #expect(try await command("download", [volume, "1", "--output", file]).code == 1)
        #expect(try await command("delete", [volume, "1", "--wait"]).code == 0)
        #expect(try await command("restore", [volume, "1", "--wait"]).code == 1)
        #expect(try await command("ls", ["nosuch"]).code == 1)
    }
}
