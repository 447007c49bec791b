import Foundation
import MartletCore
import Testing

/// The program under the name of the replaced service, and its configuration.
@Suite struct CacheServiceTests {
    /// Starts it in `directory` by its old name; calls `body` with its address and what it has said so far.
    private static func serving(
        _ site: CacheSite, _ arguments: [String] = ["run", "-p", "0"], environment: [String: String] = [:],
        in directory: String, _ body: (String, @escaping () -> String) async throws -> Void
    ) async throws {
        let program = site.scratch.path("goosefs-cli2api")
        try? FileManager.default.createSymbolicLink(atPath: program, withDestinationPath: Server.binaries + "/martlet")
        let own = ["MARTLET_DATA_DIR": site.data, "GOOSEFS_STANDIN": site.standIn]
        let child = try Child(
            ["/usr/bin/env", "-C", directory, program] + arguments,
            environment: Server.environment.merging(own) { $1 }.merging(environment) { $1 },
            directory: site.scratch.url, name: "service-\(UUID())")
        defer { child.end() }
        func said() -> String {
            let err = child.output.deletingPathExtension().appendingPathExtension("err")
            return [child.output, err].map { (try? String(contentsOf: $0, encoding: .utf8)) ?? "" }.joined()
        }
        let url = try await eventually("it listens") {
            if child.reaped() != nil { throw TimedOut(what: "a start: \(said())") }
            return said().split(separator: "\n").first { $0.hasPrefix("listening on ") }.map {
                String($0.dropFirst(13))
            }
        }
        try await body(url, said)
    }

    private static func configure(_ site: CacheSite, _ name: String, bin: String) throws -> String {
        let file = URL(filePath: site.scratch.path("home/" + name))
        try FileManager.default.createDirectory(
            at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data("bin: \(bin)\noutput_dir: /tmp\ndingtalk_alert:\n  token: canary-token-123\n".utf8).write(to: file)
        return site.scratch.path("home")
    }

    private static func post(_ url: String, _ body: String) async throws -> ScriptServer.Answer {
        try await ScriptServer.send(.POST, to: url + "/api/v1/gfs", Array(body.utf8))
    }

    private static let list = #"{"action":"GooseFSList","path":["/"]}"#

    /// cache-load contract §5 case 55.
    @Test func `its own configuration is found, and its environment wins`() async throws {
        let site = try CacheSite()
        _ = try Self.configure(site, "config/config.yaml", bin: "/bin/false")
        let home = try Self.configure(site, "config.yaml", bin: CacheSite.goosefs)
        try await Self.serving(site, in: home) { url, said in
            #expect(url.hasPrefix("http://127.0.0.1:"))
            #expect(said().contains("configuration of goosefs-cli2api: \(home)/config.yaml\n"))
            #expect(said().contains("output_dir is not used"))
            #expect(said().contains(#"MARTLET_LISTEN='[{"address": "0.0.0.0:0", "facades": ["cacheLoad"]"#))
            #expect(!said().contains("canary-token-123"))
            let answer = try await Self.post(url, Self.list)
            #expect(answer.text.contains("/ns"))
        }
        try await Self.serving(site, environment: ["GOOSEFS_BIN": "/bin/echo"], in: home) { url, _ in
            let answer = try await Self.post(url, Self.list)
            #expect(answer.text == "fs ls /\n")
        }
        try FileManager.default.removeItem(atPath: home + "/config.yaml")
        try await Self.serving(site, in: home) { url, said in
            #expect(said().contains("\(home)/config/config.yaml"))
            let answer = try await Self.post(url, Self.list)
            #expect(answer.status == 500)
        }
    }

    @Test func `the server reads that file only when it is named`() async throws {
        let site = try CacheSite()
        let home = try Self.configure(site, "config.yaml", bin: CacheSite.goosefs)
        let named = try await Server(
            site.scratch, arguments: ["--goosefs-config", home + "/config.yaml"],
            environment: ["GOOSEFS_STANDIN": site.standIn, "GOOSEFS_DINGTALK_ALERT_TOKEN": "other-canary-456"])
        #expect(try await Self.post(named.url, Self.list).status == 200)
        let settings = try await site.end(["config", "--json"], environment: ["GOOSEFS_BIN": "/bin/echo"])
        #expect(settings.code == 0 && !settings.out.contains("/bin/echo"))
        let table = try await site.end(["config"])
        let open = "scripts, cacheLoad, clusterDeploy, jobs, kv, backups without a token, native, console with one"
        #expect(table.out.contains(open))
        let bad = site.scratch.path("bad.yaml")
        try Data("bin: [1]\n".utf8).write(to: URL(filePath: bad))
        let refused = try await site.end(["serve", "--listen", "127.0.0.1:0", "--goosefs-config", bad])
        #expect(refused.code == 1 && refused.err.contains("bin: expected a text"))
    }

    /// cache-load contract §5 case 56.
    @Test func `with tokens only those who have one may load`() async throws {
        let listen = #"[{"address": "127.0.0.1:0", "facades": ["native", "cacheLoad"], "auth": "token"}]"#
        let site = try CacheSite()
        let cache = try await CacheServer(site, listen: listen)
        let body = #"{"action":"GooseFSLoadMetadata","path":["/ns/a"]}"#
        #expect(try await cache.gfs(body).status == 401)
        #expect(
            try await cache.gfs(body, headers: ["Authorization": "Bearer \(cache.server.token.dropLast())x"]).status
                == 401)
        #expect(try await cache.gfs(body, headers: ["Authorization": "Bearer \(cache.server.token)"]).status == 200)
        #expect(try await cache.get("/hc").status == 200)
        #expect(try await cache.get("/api/v1/status").status == 401)
        #expect(try await cache.get("/api/v1/x").status == 401)
        let foreign = try await cache.send(.POST, "/api/v1/gfs", body, headers: ["Origin": "https://evil.example"])
        #expect(foreign.status == 403)
    }

    @Test func `the command line does what the API does`() async throws {
        let cache = try await CacheServer(paths: ["/ns/a", "/ns/b"], rules: ["/ns/b": ["fail_all": true]])
        func martlet(_ words: String...) async throws -> Site.Ending {
            try await cache.site.end(["cache"] + words + ["--server", cache.server.url])
        }
        let load = try await martlet("load", "--name", "g", "--force", "/ns/a", "/ns/b")
        #expect(load.code == 0 && load.out.split(separator: "\n").count == 2)
        _ = try await cache.done("task_name=g")
        let status = try await martlet("status", "--name", "g")
        #expect(status.out.contains("2 tasks: notallsuccess") && status.out.contains("/ns/b"))
        #expect(try await martlet("status", "--json", "--name", "g").out.contains("\"failed_count\":1"))
        #expect(try await martlet("output", "--name", "g", "--tail", "1").out.contains("Failed to complete loading"))
        try cache.site.rules([:])
        #expect(try await martlet("retry", "--name", "g").out.hasSuffix("  /ns/b/f\n"))
        _ = try await cache.done("task_name=g")
        #expect(try await martlet("stop", "--name", "g").out == "")
        #expect(try await martlet("list", "/ns").out.contains("/ns/a"))
        #expect(try await martlet("free", "/ns/a").out == "success\n")
        #expect(try await martlet("report").out.hasPrefix("GooseFS cluster summary: \n"))
        let wrong = try await martlet("load", "ns/a")
        #expect(wrong.code == 1 && wrong.err.contains("must be absolute"))
    }
}

extension CacheSite {
    /// Runs the program to its end.
    func end(_ arguments: [String], environment more: [String: String] = [:]) async throws -> Site.Ending {
        let own = ["MARTLET_DATA_DIR": data].merging(more) { $1 }
        let child = try Child(
            [Server.binaries + "/martlet"] + arguments, environment: Server.environment.merging(own) { $1 },
            directory: scratch.url, name: "ending-\(UUID())")
        defer { child.end() }
        let code = try await child.ended()
        let err = child.output.deletingPathExtension().appendingPathExtension("err")
        return Site.Ending(
            code: code, out: try String(contentsOf: child.output, encoding: .utf8),
            err: try String(contentsOf: err, encoding: .utf8))
    }
}
