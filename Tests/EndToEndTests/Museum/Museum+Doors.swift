import Foundation
import MartletCore
import Testing

/// Who gets in.
extension Museum {
    @Test func `CVE-2020-13927 an API that is open by default`() async throws {
        let scratch = try Scratch()
        for address in ["0.0.0.0:0", "[::]:0", #"[{"address":"0.0.0.0:0","auth":"open","facades":["scripts"]}]"#] {
            let (code, text) = try await Self.refused(scratch, ["--listen", address])
            #expect(code == 1 && text.contains("allow"), "\(address): \(text)")
        }
        for facade in ["native", "console"] {
            let open = #"[{"address":"127.0.0.1:0","auth":"open","facades":["\#(facade)"]}]"#
            #expect(try await Self.refused(scratch, ["--listen", open]).code == 1)
        }
        let server = try await Server(scratch)
        for path in ["/api/runs", "/api/jobs", "/api/audit", "/api/tokens", "/api/nothing"] {
            #expect(try await server.call(.GET, path, headers: ["Authorization": ""]).status == 401, "\(path)")
        }
    }

    @Test func `CVE-2022-29186 CVE-2020-17526 one key for every installation`() async throws {
        let servers = [try await Server(Scratch()), try await Server(Scratch())]
        func bytes(_ server: Server, _ name: String) throws -> Data {
            let path = server.data + "/" + name
            let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
            #expect(mode == 0o600, "\(name)")
            return try Data(contentsOf: URL(filePath: path))
        }
        for name in ["secret.key", "admin.token"] {
            #expect(try bytes(servers[0], name) != bytes(servers[1], name), "\(name)")
        }
        for program in ["martlet", "martlet-keeper"] {
            let image = try Data(contentsOf: URL(filePath: Server.binaries + "/" + program), options: .alwaysMapped)
            for server in servers { #expect(image.range(of: Data(server.token.utf8)) == nil) }
        }
    }

    @Test func `CVE-2025-9264 a token that everybody knows, and an id of somebody else`() async throws {
        let server = try await Server(Scratch())
        for word in [
            "default_token", "admin", "token", "null", "undefined", "", "mlt_",
            "mlt_" + String(repeating: "0", count: 64),
        ] {
            let headers = ["Authorization": "Bearer \(word)", "XXL-JOB-ACCESS-TOKEN": word]
            #expect(try await server.call(.GET, "/api/runs", headers: headers).status == 401, "\(word)")
        }
        try await Self.put(server, "own")
        try await Self.put(server, "foreign")
        let holder = try await Self.token(server, ["name": "t", "role": "run", "jobs": ["own"]])
        let foreign = try await server.submit(["job": "foreign"])
        for path in ["", "/log", "/lines", "/events"] {
            #expect(
                try await server.call(.GET, "/api/runs/\(foreign)\(path)", headers: holder).status == 404, "\(path)")
        }
        for command in ["stop", "rerun", "pause", "resume"] {
            let reply = try await server.call(.POST, "/api/runs/\(foreign)/\(command)", headers: holder)
            #expect(reply.status == 404, "\(command)")
        }
    }

    @Test func `CVE-2023-1782 another spelling of a path goes round the check`() async throws {
        let server = try await Server(Scratch())
        let spellings = [
            "/api/runs", "//api/runs", "/api//runs", "/./api/runs", "/x/../api/runs", "/api%2fruns", "/%61pi/runs",
            "/API/runs", "/api/runs/", "/api/runs?x", "/api/runs;x=1", "http://localhost/api/runs", "/api/runs#x",
        ]
        for path in spellings {
            for method in ["GET", "HEAD", "get"] {
                let head = try await Self.raw(
                    server, "\(method) \(path) HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
                let status = head.split(separator: " ").dropFirst().first ?? ""
                #expect(["400", "401", "404", "405", "421", ""].contains(status), "\(method) \(path): \(head)")
            }
        }
        let forged = ["X-Forwarded-For", "X-Real-IP", "X-Original-URL", "X-Rewrite-URL", "X-Nomad-Token", "Forwarded"]
        for name in forged {
            let headers = ["Authorization": "", name: "127.0.0.1"]
            #expect(try await server.call(.GET, "/api/runs", headers: headers).status == 401, "\(name)")
        }
    }

    @Test func `CVE-2023-1299 CVE-2025-0937 no rule is no permission, and a wildcard is not everything`() async throws {
        let server = try await Server(Scratch())
        try await Self.put(server, "job")
        let run = try await server.submit(["job": "job"])
        let own = try await server.submit(["command": ["true"]])
        let none = try await Self.token(server, ["name": "none", "role": "read", "jobs": ["other"]])
        #expect(try await server.call(.GET, "/api/runs", headers: none).json["items"] == [])
        #expect(try await server.call(.GET, "/api/jobs", headers: none).json["items"] == [])
        // A command of one's own has no job: a pattern for jobs, however wide, is not for it.
        let wide = try await Self.token(server, ["name": "wide", "role": "read", "jobs": ["*"]])
        #expect(try await server.call(.GET, "/api/runs/\(run)", headers: wide).status == 200)
        #expect(try await server.call(.GET, "/api/runs/\(own)", headers: wide).status == 404)
        #expect(try await server.call(.GET, "/api/runs", headers: wide).json["items"].array?.count == 1)
        #expect(try await server.call(.POST, "/api/tokens", body: ["name": "x"]).status == 400, "no role is no token")
    }

    @Test func `CVE-2026-42357 CVE-2026-41280 CVE-2020-13922 a reader who changes, triggers or deletes`() async throws {
        let server = try await Server(Scratch())
        try await Self.put(server, "job")
        let reader = try await Self.token(server, ["name": "reader", "role": "read"])
        let runner = try await Self.token(server, ["name": "runner", "role": "run"])
        for (method, path) in [
            (Server.Verb.PUT, "/api/jobs/job"), (.DELETE, "/api/jobs/job"), (.POST, "/api/tokens"),
            (.DELETE, "/api/tokens/reader"), (.POST, "/api/scripts/reload"), (.GET, "/api/audit"),
        ] {
            for headers in [reader, runner] {
                #expect(
                    try await server.call(method, path, body: [:], headers: headers).status == 403, "\(method) \(path)")
            }
        }
        #expect(try await server.call(.POST, "/api/runs", body: ["job": "job"], headers: reader).status == 403)
        #expect(try await server.call(.POST, "/api/runs", body: ["job": "job"], headers: runner).status == 202)
    }

    @Test func `CVE-2021-41111 a list that shows the objects of others, and their tokens`() async throws {
        let server = try await Server(Scratch())
        try await Self.put(server, "own", labels: ["team": "db"])
        try await Self.put(server, "foreign", labels: ["team": "web"])
        let holder = try await Self.token(server, ["name": "t", "role": "read", "labels": ["team": "db"]])
        let list = try await server.call(.GET, "/api/jobs", headers: holder)
        #expect(list.text.contains("own") && !list.text.contains("foreign"))
        let secret = try #require(holder["Authorization"]?.dropFirst("Bearer ".count))
        let tokens = try await server.call(.GET, "/api/tokens").text
        #expect(tokens.contains(#""name":"t""#) && !tokens.contains(secret) && !tokens.contains(server.token))
    }

    @Test func `CVE-2022-43183 CVE-2024-24113 an address that the client chose`() async throws {
        let listen = #"[{"address":"127.0.0.1:0","auth":"token","allow":["10.0.0.0/8"]}]"#
        let closed = try await Server(Scratch(), listen: listen)
        let believed = ["X-Forwarded-For": "10.0.0.1", "Forwarded": "for=10.0.0.1", "X-Real-IP": "10.0.0.1"]
        #expect(try await closed.call(.GET, "/api/runs", headers: believed).status == 403)
        let server = try await Server(Scratch())
        let body: JSONValue = ["command": ["true"]]
        #expect(try await server.call(.POST, "/api/runs", body: body, headers: believed).status == 202)
        #expect(try await server.call(.GET, "/api/audit").json["items"][0]["address"] == "127.0.0.1")
    }

    @Test func `CVE-2022-30034 a name that only ends like ours`() async throws {
        let server = try await Server(Scratch())
        for host in [
            "evil-localhost", "localhost.evil.example", "127.0.0.1.evil.example", "evil.example", "localhost@evil",
        ] {
            let head = try await Self.raw(
                server, "GET /livez HTTP/1.1\r\nHost: \(host)\r\nConnection: close\r\n\r\n")
            #expect(head.hasPrefix("HTTP/1.1 4"), "\(host): \(head)")
            let origin = ["Origin": "http://\(host)", "Authorization": "Bearer \(server.token)"]
            #expect(try await server.call(.GET, "/api/runs", headers: origin).status == 403, "\(host)")
        }
    }

    @Test func `CVE-2020-7218 connections without end`() async throws {
        let server = try await Server(Scratch(), environment: ["MARTLET_LIMITS_CONNECTIONS": "16"])
        let request = "GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n"
        var held: [RawSocket] = []
        for _ in 0..<16 {
            let socket = try RawSocket(url: server.url)
            socket.send(request)
            _ = try await eventually("it is served") { socket.received() }
            held.append(socket)
        }
        let late = try RawSocket(url: server.url)
        late.send(request)
        // The sixteen are served on, the next is not.
        for socket in held {
            socket.send(request)
            _ = try await eventually("it is still served") { socket.received() }
        }
        #expect(late.received() == nil)
        held.removeLast()
        #expect(try await eventually("its turn has come") { late.received() }.hasPrefix("HTTP/1.1 200"))
    }

    @Test func `CVE-2020-7218 bodies without end`() async throws {
        let limits = ["MARTLET_LIMITS_CONNECTIONS": "16", "MARTLET_LIMITS_BODY_TIME": "2s"]
        let server = try await Server(Scratch(), environment: limits)
        // Half of them refused at the gate, half taken by an open facade, which waits for the rest.
        let calls = ["/api/runs", "/async/query"]
        let held = try (0..<16).map { number in
            let socket = try RawSocket(url: server.url)
            socket.send(Self.dripping(calls[number % 2]))
            return socket
        }
        let late = try RawSocket(url: server.url)
        late.send("GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n")
        let dripping = Task {
            while !Task.isCancelled {
                for socket in held { socket.send(" ") }
                try await Task.sleep(for: .milliseconds(200))
            }
        }
        defer { dripping.cancel() }
        #expect(try await eventually("its turn has come") { late.received() }.hasPrefix("HTTP/1.1 200"))
        let refused = try await Self.whole(held[0])
        #expect(refused.hasPrefix("HTTP/1.1 401"), "\(refused)")
        let waited = try await Self.whole(held[1])
        #expect(waited.hasPrefix("HTTP/1.1 408") && waited.contains("limits.bodyTime"), "\(waited)")
        // What comes at once, or comes on, is taken; on a busy machine the second part of a call may come late.
        try await eventually("what comes at once is taken") {
            try await server.call(.POST, "/async/query", body: ["id": "none"]).status == 200 ? true : nil
        }
    }

    /// The beginning of a call whose body is promised to be long.
    private static func dripping(_ path: String) -> String {
        "POST \(path) HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 4000\r\n\r\n{"
    }

    /// All that the server says until it ends the connection.
    private static func whole(_ socket: RawSocket) async throws -> String {
        var text = ""
        return try await eventually("the server ends the connection") {
            while let more = socket.received() {
                if more.isEmpty { return text }
                text += more
            }
            return nil
        }
    }

    @Test func `a slow body that comes on is taken`() async throws {
        let server = try await Server(Scratch(), environment: ["MARTLET_LIMITS_BODY_TIME": "1s"])
        let body = #"{"command":["true"],"params":{"#.count
        let pieces = 100 << 10
        // One of ten: a busy machine may make this test slower than it must be.
        var replies: [String] = []
        while replies.count < 10, !replies.contains(where: { $0.hasPrefix("HTTP/1.1 202") }) {
            let socket = try RawSocket(url: server.url)
            socket.send(
                "POST /api/runs HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer \(server.token)\r\n"
                    + "Content-Type: application/json\r\nContent-Length: \(body + pieces + 2)\r\n\r\n"
                    + #"{"command":["true"],"params":{"#)
            // 25 KiB at a time, four times: longer than the first second, and never slower than it must be.
            for _ in 0..<4 {
                socket.send(String(repeating: " ", count: pieces / 4))
                try await Task.sleep(for: .milliseconds(400))
            }
            socket.send("}}")
            replies.append(try await eventually("it is answered") { socket.received() })
        }
        #expect(replies.last?.hasPrefix("HTTP/1.1 202") == true, "\(replies)")
    }
}
