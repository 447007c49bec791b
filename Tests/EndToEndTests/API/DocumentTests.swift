import MartletCore
import Testing

/// The OpenAPI document of a real server, looked at with the tools that others use.
@Suite struct DocumentTests {
    static let tasks = """
        - {name: echo, cluster_type: TendbCluster, language: sh, executable: echo hello, collected: false}
        - {name: off, cluster_type: TendbCluster, language: sh, executable: echo, collected: false, enabled: false}
        - name: backup
          cluster_type: TendbHA
          language: sh
          executable: echo done
          collected: false
          description: Back a database up
          params:
            database: {required: true, pattern: "[a-z]+"}
            level: {type: integer, minimum: 1, maximum: 3, default: 2}
            mode: {choices: [full, diff]}

        """

    /// Nobody listens there: what is owed to it waits.
    static let channel = [
        "MARTLET_NOTICES_CHANNELS":
            #"[{"name":"ops","kind":"dingtalk","token":"tok0123456789","url":"http://127.0.0.1:1"}]"#
    ]

    @Test func `the document is valid, and its examples fit its schemas`() async throws {
        let scripts = try await ScriptServer(Self.tasks)
        let check = try await Conformance(server: scripts.server).run("validate.py")
        #expect(check.status == 0, "\(check.output)")
    }

    @Test func `every example is answered as the document promises`() async throws {
        let volumes = try VolumeSite()
        let clusters = try Scratch()
        try ClusterSite.install(clusters)
        let environment = Self.channel.merging(["MARTLET_CACHE_LOAD_BIN": "/bin/true"]) { $1 }
            .merging(volumes.environment) { $1 }.merging(ClusterSite.environment(clusters)) { $1 }
        let scripts = try await ScriptServer(Self.tasks, environment: environment)
        let check = try await Conformance(server: scripts.server).run("examples.py")
        #expect(check.status == 0, "\(check.output)")
    }

    @Test func `the metrics are what Prometheus reads`() async throws {
        let check = try await Conformance(server: Server(Scratch())).run("metrics.py")
        #expect(check.status == 0, "\(check.output)")
    }

    @Test func `both paths of every script task are described with their argument`() async throws {
        let scripts = try await ScriptServer(Self.tasks)
        let paths = try await scripts.server.call(.GET, "/api/openapi.json").json["paths"]
        let listed = try await scripts.get("/list").data.array ?? []
        #expect(listed.count == 13)
        for route in listed {
            let path = try #require(route["path"].string)
            let method = try #require(route["method"].string).lowercased()
            #expect(paths[path][method].object != nil, "\(path)")
            guard path.hasPrefix("/sync/") else { continue }
            let twin = "/async/" + path.dropFirst("/sync/".count)
            for path in [path, twin] {
                let schema = paths[path]["post"]["requestBody"]["content"]["application/json"]["schema"]
                #expect(schema.object?.isEmpty == false, "\(path)")
            }
        }
    }

    @Test func `an unknown path is answered in the style of what has its prefix`() async throws {
        let scripts = try await ScriptServer(Self.tasks)
        let token = ["Authorization": "Bearer \(scripts.server.token)"]
        for path in ["/sync", "/sync/no/task", "/async/no", "/list/x", "/discovery/x", "/api/v1/x"] {
            let answer = try await scripts.send(.GET, path, headers: token)
            #expect(answer.status == 404 && answer.text == "404 page not found", "\(path)")
            #expect(answer.header("Content-Type") == "text/plain", "\(path)")
        }
        for path in ["/no/task", "/consoles", "/v2/jobs", "/api", "/api/x", "/api/v3/x", "/metrics/x", "/ping/x"] {
            let answer = try await scripts.send(.GET, path, headers: token)
            #expect(answer.status == 404, "\(path)")
            #expect(answer.header("Content-Type") == "application/problem+json", "\(path)")
        }
        for path in ["/v1", "/v1/x", "/v1/job/"] {
            let answer = try await scripts.send(.GET, path, headers: token)
            #expect(answer.status == 404 && answer.text.isEmpty, "\(path)")
        }
        for path in ["/api/v2", "/api/v2/x", "/api/v1/cron", "/api/v1/backup/x"] {
            let answer = try await scripts.send(.GET, path, headers: token)
            #expect(answer.status == 404 && answer.text == #"{"msg":"404 not found"}"#, "\(path)")
        }
    }
}
