import Foundation
import MartletCore
import NIOHTTP1
import Testing

/// The console: what the server sends, what of it needs no browser, and the pages in a real one (Tests/Console).
@Suite struct ConsoleTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    private func files(_ shell: String) -> [String] {
        shell.matches(of: /\/console\/files\/[^"]*/).map { String($0.output) }
    }

    @Test func `every address of the console is the page, which takes nothing from elsewhere`() async throws {
        let server = try await Server(Scratch())
        for path in ["/", "/console", "/console/runs", "/console/runs/x?y=z", "/console/no/such/page"] {
            let reply = try await server.call(.GET, path, headers: ["Authorization": ""])
            #expect(reply.status == 200 && reply.text.hasPrefix("<!doctype html>"), "\(path)")
            let policy = try #require(reply.headers["Content-Security-Policy"].first)
            let parts = Set(policy.components(separatedBy: "; "))
            #expect(
                parts.isSuperset(of: [
                    "default-src 'none'", "script-src 'self'", "style-src 'self'", "connect-src 'self'",
                    "frame-ancestors 'none'", "base-uri 'none'", "require-trusted-types-for 'script'",
                ]) && !policy.contains("unsafe"), "\(policy)")
            #expect(reply.headers["X-Content-Type-Options"] == ["nosniff"])
            #expect(reply.headers["Cache-Control"] == ["no-cache"])
        }
        #expect(try await server.call(.POST, "/console").status == 405)
    }

    @Test func `files are kept by browsers for as long as they do not change`() async throws {
        let server = try await Server(Scratch())
        let shell = try await server.call(.GET, "/")
        let script = try #require(files(shell.text).first { $0.hasSuffix("/app.js") })
        let reply = try await server.call(.GET, script)
        #expect(reply.headers["Cache-Control"] == ["public, max-age=31536000, immutable"])
        #expect(reply.headers["Content-Type"] == ["text/javascript; charset=utf-8"])
        let tag = try #require(shell.headers["ETag"].first)
        let again = try await server.call(.GET, "/", headers: ["If-None-Match": tag])
        #expect(again.status == 304 && again.body.isEmpty)
        let version = try #require(script.split(separator: "/").dropFirst(2).first)
        for path in [
            script.replacing(version, with: "old"), script.replacing("app.js", with: "nothing.js"),
            script.replacing("app.js", with: "..%2findex.html"), "/console/files/", "/console/files/\(version)",
        ] {
            #expect(try await server.call(.GET, path).status == 404, "\(path)")
        }
    }

    @Test func `a listener without the console has none`() async throws {
        let scratch = try Scratch()
        let server = try await Server(scratch, listen: #"[{"address":"127.0.0.1:0","facades":["native","scripts"]}]"#)
        #expect(try await server.call(.GET, "/").status == 404)
        #expect(try await server.call(.GET, "/console").status == 404)
    }

    /// While somebody works on the console: no build between a change and its look.
    @Test func `a directory can take the place of the files in the program`() async throws {
        let scratch = try Scratch()
        try FileManager.default.createDirectory(atPath: scratch.path("web"), withIntermediateDirectories: true)
        try "shell {{files}}".write(toFile: scratch.path("web/index.html"), atomically: true, encoding: .utf8)
        try "secret".write(toFile: scratch.path("beside.js"), atomically: true, encoding: .utf8)
        let server = try await Server(scratch, environment: ["MARTLET_CONSOLE_DIRECTORY": scratch.path("web")])
        #expect(try await server.call(.GET, "/").text == "shell /console/files/now")
        try "1".write(toFile: scratch.path("web/a.js"), atomically: true, encoding: .utf8)
        #expect(try await server.call(.GET, "/console/files/now/a.js").text == "1")
        for path in ["../beside.js", "..%2fbeside.js", "./../beside.js", "%2e%2e/beside.js"] {
            #expect(try await server.call(.GET, "/console/files/now/\(path)").status == 404, "\(path)")
        }
    }

    @Test func `the first start prints a link that logs in, and so does martlet login`() async throws {
        let scratch = try Scratch()
        let server = try await Server(scratch)
        let printed = try await eventually("the link is printed") {
            let text = (try? String(contentsOf: server.child.output, encoding: .utf8)) ?? ""
            return text.split(separator: "\n").first { $0.hasPrefix("console: ") }.map(String.init)
        }
        #expect(printed.contains("\(server.url)/console/login#mlk_"))
        let child = try Child(
            [Server.binaries + "/martlet", "login", "--data-dir", server.data], environment: Server.environment,
            directory: scratch.url, name: "login")
        #expect(try await child.ended() == 0)
        let made = try String(contentsOfFile: scratch.path("login.out"), encoding: .utf8)
        #expect(made.hasPrefix("\(server.url)/console/login#mlk_") && !printed.contains(made.suffix(40)))
        for line in [printed, made] {
            let link = try #require(line.firstMatch(of: /mlk_[0-9a-f]+/)).output
            let headers = ["Authorization": "", "X-Martlet-Console": "1"]
            let body: JSONValue = ["link": .string(String(link))]
            #expect(try await server.call(.POST, "/api/session", body: body, headers: headers).status == 201)
            #expect(try await server.call(.POST, "/api/session", body: body, headers: headers).status == 400)
        }
    }

    @Test func `what needs no browser works`() async throws {
        let scratch = try Scratch()
        let child = try Child(
            ["/usr/bin/env", "node", "--test", Self.root.appending(path: "Tests/Console/core.test.js").path],
            environment: Server.environment, directory: scratch.url, name: "node")
        let status = try await child.ended(within: 600)
        let output = try String(contentsOfFile: scratch.path("node.out"), encoding: .utf8)
        #expect(status == 0, "\(output.suffix(4000))")
    }

    @Test func `every file of the console is in the program`() throws {
        let folder = Self.root.appending(path: "Sources/ConsoleFiles")
        let source = try String(contentsOf: folder.appending(path: "files.c"), encoding: .utf8)
        let names = Set(source.matches(of: /embed "web\/([^"]*)"/).map { String($0.1) })
        let web = folder.appending(path: "web")
        let found = FileManager.default.enumerator(atPath: web.path)?.compactMap { $0 as? String } ?? []
        let paths = found.filter { path in
            var isFolder: ObjCBool = false
            return FileManager.default.fileExists(atPath: web.appending(path: path).path, isDirectory: &isFolder)
                && !isFolder.boolValue && !path.hasPrefix(".")
        }
        #expect(Set(paths) == names, "run scripts/console-files")
    }

    /// The main deed of each page by clicking, in both languages, light and dark, narrow and wide.
    @Test(arguments: ["pages.py", "streams.py"])
    func `pages work in a browser`(_ program: String) async throws {
        let server = try await Server(Scratch())
        let check = try await Conformance(server: server, folder: "Tests/Console").run(
            program, environment: ["MARTLET_DATA": server.data], within: 1500)
        #expect(check.status == 0, "\(check.output)")
        print(check.output)
    }

    /// The first view, a log of a gigabyte, a million runs.
    @Test func `pages stay small and quick`() async throws {
        let server = try await Server(Scratch(), environment: ["MARTLET_LOG_CAP": "2GiB"])
        let check = try await Conformance(server: server, folder: "Tests/Console").run(
            "figures.py", environment: ["MARTLET_DATA": server.data], within: 1500)
        #expect(check.status == 0, "\(check.output)")
        print(check.output)
    }

    /// Jobs, scripts, schedules and notices: with a task file, and a channel that nobody answers for.
    @Test func `pages of jobs, schedules and notices work in a browser`() async throws {
        let scratch = try Scratch()
        try FileManager.default.copyItem(
            at: Self.root.appending(path: "Tests/Console/tasks.yaml"), to: scratch.url.appending(path: "tasks.yaml"))
        let server = try await Server(
            scratch,
            environment: [
                "MARTLET_SCRIPTS_TASKS": scratch.path("tasks.yaml"),
                "MARTLET_NOTICES_CHANNELS":
                    #"[{"name":"hook","kind":"webhook","url":"http://127.0.0.1:9/none","rules":[]}]"#,
            ])
        let check = try await Conformance(server: server, folder: "Tests/Console").run("work.py", within: 1200)
        #expect(check.status == 0, "\(check.output)")
        print(check.output)
    }

    /// Those that need volumes and jobs of the job API.
    @Test(arguments: ["backups.py", "job_api.py", "tokens.py", "audit.py", "settings.py"])
    func `pages of what the server looks after work in a browser`(_ program: String) async throws {
        let scratch = try Scratch()
        let volumes = scratch.path("volumes")
        for instance in 1...2 {
            try FileManager.default.createDirectory(atPath: "\(volumes)/\(instance)", withIntermediateDirectories: true)
        }
        let inventory = """
            apps:
              shop:
                procs:
                  shop.web.web:
                    instances: [1, 2]
                    volumes:
                      /data:
                        path: "\(volumes)/{instance}"
                        backups: [{mode: full, schedule: "0 3 1 1 *", expire: 30d}, {mode: increment, schedule: "30 4 1 1 *"}]
            """
        try inventory.write(toFile: scratch.path("volumes.yaml"), atomically: true, encoding: .utf8)
        let settings = [
            "MARTLET_BACKUPS_INVENTORY": scratch.path("volumes.yaml"),
            "MARTLET_BACKUPS_REPOSITORY": scratch.path("repositories") + "/{app}",
            "MARTLET_BACKUPS_EXPIRES": "false", "MARTLET_CLUSTERS_PASSWORD": "open sesame",
        ]
        let server = try await Server(scratch, environment: settings)
        let check = try await Conformance(server: server, folder: "Tests/Console").run(
            program, environment: ["MARTLET_VOLUMES": volumes], within: 1200)
        #expect(check.status == 0, "\(check.output)")
        print(check.output)
    }
}
