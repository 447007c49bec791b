import Foundation
import MartletCore
import Testing

/// What is served, and under which path.
@Suite(.few) struct ScriptListTests {
    @Test func `ping answers pong in plain text`() async throws {
        // contract §5 case 1
        let pong = try await ScriptServer().get("/ping")
        #expect(pong.status == 200)
        #expect(pong.header("Content-Type")?.hasPrefix("text/plain") == true)
        #expect(pong.body == Array("pong".utf8))
    }

    @Test func `the list has every path of this facade once, sorted`() async throws {
        // contract §5 case 2
        let list = try await ScriptServer().get("/list")
        #expect(list.status == 200)
        #expect(list.code == 0)
        let routes = (list.data.array ?? []).map { "\($0["method"].string ?? "") \($0["path"].string ?? "")" }
        let tasks = [
            "tendb-cluster/demo-1", "tendb-cluster/shell-counter", "tendb-cluster/shell-echo", "tendb-ha/counter",
            "test/f-args", "test/f-fail", "test/f-lines", "test/f-long", "test/f-raw", "test/f-tree", "test/f-slow",
            "test/f-silent", "test/f-bg", "test/f-trapterm", "test/f-gate",
        ]
        let wanted =
            tasks.flatMap { ["POST /sync/\($0)", "POST /async/\($0)"] }
            + ["POST /async/query", "POST /async/kill", "GET /list", "GET /ping", "GET /discovery"]
        #expect(routes.sorted() == wanted.sorted())
        let paths = (list.data.array ?? []).compactMap { $0["path"].string }
        #expect(paths == paths.sorted())
    }

    @Test func `discovery describes every task, the disabled example included`() async throws {
        // contract §5 case 4
        let answer = try await ScriptServer().get("/discovery")
        #expect(answer.code == 0)
        let tasks = answer.data.array ?? []
        let echo = tasks.filter { $0["name"] == "shell-echo" }
        #expect(
            echo == [
                [
                    "name": "shell-echo", "cluster_type": "TendbCluster", "empty_param": [], "enable": true,
                    "url": "tendb-cluster/shell-echo",
                ]
            ])
        let counter = tasks.filter { $0["name"] == "Counter" }
        #expect(
            counter == [
                [
                    "name": "Counter", "cluster_type": "TendbHA", "empty_param": ["counter": 0], "enable": false,
                    "url": "tendb-ha/counter",
                ]
            ])
        #expect(
            answer.text.contains(#"{"name":"shell-echo","cluster_type":"TendbCluster","empty_param":[],"enable":true,"#)
        )
    }

    @Test func `the envelope has its keys in order, no line end, and Go's escapes`() async throws {
        // contract §1.2
        let server = try await ScriptServer()
        let list = try await server.get("/list")
        #expect(list.header("Content-Type") == "application/json; charset=utf-8")
        #expect(list.text.hasPrefix(#"{"code":0,"data":[{"method":"#))
        #expect(list.text.hasSuffix(#","msg":""}"#))
        let echo = try await server.run("tendb-cluster/demo-1", ["<&>\u{2028}中文\"\\"])
        #expect(echo.text == #"{"code":0,"data":"hello aaa bbb \u003c\u0026\u003e\u2028中文\"\\","msg":""}"#)
    }

    @Test func `an unknown path and a wrong method are 404 in plain text`() async throws {
        // contract §5 case 22
        let server = try await ScriptServer()
        let wrong: [(ScriptServer.Method, String)] = [
            (.GET, "/sync/test/f-args"), (.POST, "/list"), (.POST, "/sync/test/unknown"),
            (.POST, "/async/test/unknown"),
            (.POST, "/sync/Test/F-Args/more"), (.POST, "/ping"), (.POST, "/discovery"), (.GET, "/async/query"),
            (.PUT, "/sync/test/f-args"), (.POST, "/sync"), (.GET, "/Ping/"),
        ]
        for (method, path) in wrong {
            let answer = try await server.send(method, path)
            #expect(answer.status == 404, "\(method) \(path)")
            if path != "/Ping/" { #expect(answer.text == "404 page not found", "\(method) \(path)") }
        }
        #expect(try await server.send(.HEAD, "/ping").status == 404)
        #expect(try await server.recorded().isEmpty)
    }

    @Test func `a slash too much leads to the path without it`() async throws {
        // contract §1.2
        let server = try await ScriptServer()
        let post = try await server.post("/sync/test/f-args/", "[]")
        #expect(post.status == 307)
        #expect(post.header("Location") == "/sync/test/f-args")
        #expect(
            try await server.post("/sync/test/f-args/?a=b%20c", "[]").header("Location") == "/sync/test/f-args?a=b%20c")
        let get = try await server.get("/list/")
        #expect(get.status == 301)
        #expect(get.header("Location") == "/list")
    }

    @Test func `the document's spelling and its path without sync reach the task and are not listed`() async throws {
        // contract §5 case 8
        let server = try await ScriptServer()
        for path in ["/tendb-cluster/demo1", "/sync/tendb-cluster/demo1", "/sync/tendb-cluster/demo-1"] {
            let answer = try await server.post(path, #"["123", "456"]"#)
            #expect(answer.text == #"{"code":0,"data":"hello aaa bbb 123 456","msg":""}"#, "\(path)")
        }
        #expect(try await !server.get("/list").text.contains("demo1"))
    }

    @Test func `two tasks of one name have paths and sessions of their own`() async throws {
        // contract §5 case 70; for their logs see ScriptLogTests
        let tasks =
            Fixtures.task("same", executable: "echo one", in: "TendbHA")
            + Fixtures.task("same", executable: "echo two", in: "redis")
        let server = try await ScriptServer(tasks)
        let one = try await server.start("tendb-ha/same")
        let two = try await server.start("redis/same")
        let ended = try await (server.done(one), server.done(two))
        #expect(ended.0["message"] == "one")
        #expect(ended.0["cluster_type"] == "TendbHA")
        #expect(ended.1["message"] == "two")
        #expect(ended.1["cluster_type"] == "redis")
    }
}
