import Foundation
import MartletCore
import Testing

/// Lists of backups, and looks into them.
@Suite struct ControllerBackupTests {
    private static let backups = ControllerSite.backups

    // backup contract §7.2 B1, B2, B4, F46
    @Test func `backups are listed with what they are, and only those of the proc`() async throws {
        let site = try await ControllerSite()
        for volume in [ControllerSite.data, ControllerSite.second, ControllerSite.inc, ControllerSite.other] {
            #expect(try await site.back(volume)["state"] == "success")
        }
        let list = try await site.get(Self.backups + "?volume=/data").json.array ?? []
        #expect(list.count == 2 && list.map { $0["instanceNo"] } == [1, 2])
        for (index, entity) in list.enumerated() {
            let name = entity["name"].string ?? ""
            #expect(name.wholeMatch(of: /hello-hello\.web\.web-\d-data-\d{10}\.tar\.gz/) != nil, "\(name)")
            #expect(name.hasPrefix("hello-hello.web.web-\(index + 1)-"))
            #expect(entity["volume"] == "/data" && entity["size"].scalarText.flatMap(Int.init) ?? 0 > 0)
            #expect(entity["mode"] == "full" && entity["node"] == "here" && entity["state"] == "whole")
            #expect(entity["verified"] == false && entity["created"].string?.contains("T") == true)
            #expect(try await site.get("\(Self.backups)/\(name)").json == entity)
            #expect(try await site.get("/api/v2/app/hello/proc/hello.web.web/backups/\(name)/").json == entity)
            #expect(
                site.error(try await site.get("/api/v2/app/other/proc/web/backups/\(name)")) == "404 backup_not_found")
        }
        #expect(try await site.get(Self.backups).json.array?.count == 3)
        #expect(try await site.get(Self.backups + "?volume=data&volume=/inc").json.array?.count == 3)
        #expect(try await site.get(Self.backups + "?volume=/none").text == "[]")
        for proc in ["web", "hello.web.web"] {
            let path = "/api/v1/backup/json/app/hello/proc/\(proc)"
            #expect(try await site.get(path).text == "[]")
            #expect(try await site.get(path + "?volume=/data").json.array == list)
        }
        #expect(site.error(try await site.get("/api/v2/app/hello/proc/none/backups")) == "404 proc_not_found")
        #expect(site.error(try await site.get("/api/v2/app/none/proc/web/backups")) == "404 app_not_found")
        #expect(site.error(try await site.get("/api/v2/app/other/proc/hello.web.web/backups")) == "404 proc_not_found")
        // The drill's proof is shown with the version that it is of.
        #expect(try await site.volumes.run(.POST, "/\(ControllerSite.data)/drill")["outcome"] == "ok")
        let verified = try await site.get(Self.backups + "?volume=/data").json.array?.map { $0["verified"] }
        #expect(verified == [true, false])
    }

    // backup contract §7.2 B7, B8, B10, B13, F37, F40
    @Test func `directories of any backup are listed at any depth`() async throws {
        let site = try await ControllerSite()
        for volume in [ControllerSite.data, ControllerSite.inc] { _ = try await site.back(volume) }
        let root = try await site.get("\(Self.backups)/\(ControllerSite.inc)?open=true")
        #expect(root.json.array?.map { $0["name"] } == ["a.txt", "sub"], "\(root.text)")
        #expect(root.json[0]["dir"] == false && root.json[0]["size"] == 29 && root.json[1]["dir"] == true)
        #expect(root.json[0]["mod_time"].string?.contains("T") == true && root.json[0].object?.count == 4)
        let below = try await site.get("\(Self.backups)/\(ControllerSite.inc)/sub?open=true").text
        #expect(below.contains(#""name":"b.txt","size":6"#))
        for _ in 0..<20 {
            #expect(try await site.get("\(Self.backups)/\(ControllerSite.inc)/sub/?open=1").text == below)
        }
        let full = try #require(try await site.names().first)
        let inFull = try await site.get("\(Self.backups)/\(full)/sub?open=true").json
        #expect(inFull[0]["name"] == "b.txt" && inFull.array?.count == 1)
        let increment = try #require(try await site.names("/inc").first)
        #expect(try await site.get("\(Self.backups)/\(increment)?open=true").json == root.json)
        let first = "/api/v1/backup/filelist/app/hello/proc/hello.web.web/dir/\(ControllerSite.inc)"
        #expect(try await site.get(first).json == root.json)
        // A page, and the next one.
        let page = try await site.get("\(Self.backups)/\(full)?open=true&limit=1")
        #expect(page.json.array?.map { $0["name"] } == ["a.txt"])
        let next = try #require(page.header("X-Martlet-Next"))
        let last = try await site.get("\(Self.backups)/\(full)?open=true&limit=1&cursor=\(next)")
        #expect(last.json.array?.map { $0["name"] } == ["sub"] && last.header("X-Martlet-Next") == nil)
        for (path, error) in [
            ("none.tar.gz", "404 backup_not_found"), ("\(ControllerSite.inc)/none?open=true", "404 not_found"),
            ("\(full)/sub", "400 open_required"), ("\(full)?open=true&limit=x", "400 invalid"),
            ("\(ControllerSite.data)?open=true", "404 backup_not_found"),
        ] {
            #expect(site.error(try await site.get("\(Self.backups)/\(path)")) == error, "\(path)")
        }
    }

    // backup contract §7.2 B13
    @Test func `a large directory comes whole`() async throws {
        let site = try await ControllerSite()
        let path = site.site.path(ControllerSite.data, "many")
        try await site.site.shell("mkdir '\(path)'; cd '\(path)'; seq -f 'n%05g' 2500 | xargs touch")
        _ = try await site.back()
        let full = try #require(try await site.names().first)
        let all = try await site.get("\(Self.backups)/\(full)/many?open=true")
        #expect(all.json.array?.count == 2500 && all.json[2499]["name"] == "n02500")
    }

    // backup contract §7.2 B11, F42
    @Test func `a path that leads elsewhere is refused and recorded`() async throws {
        let site = try await ControllerSite()
        for path in [
            "../../../../etc?open=true", "%2e%2e%2f%2e%2e%2fetc?open=true", "%252e%252e%252fetc?open=true",
            "NAME/../../etc?open=true", "NAME/%2e%2e/x?open=true", "NAME/sub%00?open=true",
            "NAME//etc/passwd?open=true", "NAME/%2Fetc%2Fpasswd?open=true", "NAME/./sub?open=true",
        ] {
            let before = try await site.audit().count
            let answer = try await site.raw("\(Self.backups)/\(path.replacing("NAME", with: ControllerSite.inc))")
            #expect(
                answer.hasPrefix("HTTP/1.1 400 ") && answer.contains(#""code":"bad_path""#), "\(path): \(answer)")
            #expect(!answer.contains("root:"), "\(path)")
            let audit = try await site.audit()
            #expect(
                audit.count > before && audit.contains { $0["outcome"] == "400" }, "\(path): \(audit.first ?? .null)")
        }
        #expect(try await site.server.call(.GET, "/api/runs?job=volumes.list").json["items"].array?.isEmpty == true)
    }

    // backup contract §7.2 B14
    @Test func `a backup is downloaded as tar gz`() async throws {
        let site = try await ControllerSite()
        _ = try await site.back()
        let full = try #require(try await site.names().first)
        let answer = try await site.get("\(Self.backups)/\(full)/download")
        #expect(answer.status == 200 && answer.header("Content-Type") == "application/gzip")
        let file = site.site.scratch.path("got.tar.gz")
        try Data(answer.body).write(to: URL(filePath: file))
        let listed = try await site.site.shell("tar tzf '\(file)'")
        #expect(listed.contains("a.txt") && listed.contains("sub/b.txt"), "\(listed)")
        #expect(try await site.call(.HEAD, "\(Self.backups)/\(full)/download").status == 200)
        // One that cannot be made says so, instead of a head without an archive.
        let repositories = site.site.scratch.path("repos")
        try FileManager.default.moveItem(atPath: repositories, toPath: repositories + ".away")
        #expect(site.error(try await site.get("\(Self.backups)/\(full)/download")) == "503 unavailable")
    }

    // backup contract §7.6 G16
    @Test func `calls that are too large or too many are refused, and the server serves on`() async throws {
        let site = try await ControllerSite()
        let long = try await site.raw("\(Self.backups)/" + String(repeating: "a", count: 1 << 20))
        #expect(long.hasPrefix("HTTP/1.1 4") || long.isEmpty, "\(long.prefix(200))")
        let large = try await site.get("\(Self.backups)/" + String(repeating: "a", count: 9000))
        #expect(site.error(large) == "414 path_too_long")
        let files = Array(repeating: ("files", "hello-hello.web.web-1-data-1500000000.tar.gz"), count: 10_000)
        #expect(site.error(try await site.post("\(Self.backups)/actions/delete", files)) == "400 invalid")
        let huge = Array(repeating: ("files", String(repeating: "x", count: 1000)), count: 1100)
        #expect(site.error(try await site.post("\(Self.backups)/actions/delete", huge)) == "413 too_large")
        let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<200 { group.addTask { try await site.get("\(Self.backups)?volume=/data").status } }
            return try await group.reduce(into: [:]) { $0[$1, default: 0] += 1 }
        }
        #expect(Set(statuses.keys).isSubset(of: [200, 429, 503]) && statuses[200] ?? 0 > 0, "\(statuses)")
        #expect(try await site.get(Self.backups).text == "[]")
    }
}
