import Foundation
import MartletCore
import Testing

/// Requests that nobody makes by mistake.
@Suite(.few) struct ScriptHostileTests {
    @Test func `what no process can be given is said as a failed start`() async throws {
        // contract §1.4
        let server = try await ScriptServer()
        let nul = try await server.post("/sync/test/f-args", #"["a\u0000b"]"#)
        #expect(nul.code == 1)
        #expect(nul.msg.hasPrefix("exec start failed:"), "\(nul.msg)")
        #expect(nul.msg.contains("invalid argument"), "\(nul.msg)")
        let long = try await server.run("f-args", [String(repeating: "x", count: 128 << 10)])
        #expect(long.code == 1)
        #expect(long.msg.hasPrefix("exec start failed:"), "\(long.msg)")
        #expect(long.msg.contains("argument list too long"), "\(long.msg)")
        let most = try await server.run("f-args", [String(repeating: "x", count: (128 << 10) - 1)])
        #expect(most.code == 0, "\(most.msg)")
        // Each one is short, all of them are more than a process may have.
        let many = try await server.post(
            "/sync/test/f-args", "[" + Array(repeating: "\"\"", count: 340_000).joined(separator: ",") + "]")
        #expect(many.code == 1)
        #expect(many.msg.contains("argument list too long"), "\(many.msg)")
    }

    @Test func `an enormous body, a long list and a deep document are refused at once`() async throws {
        // contract §5 case 20
        let server = try await ScriptServer()
        let pid = server.server.child.pid
        _ = try await server.run("f-args")
        let before = Processes.memory(pid)
        let list = "[" + Array(repeating: "\"\"", count: 1_000_000).joined(separator: ",") + "]"
        let deep = String(repeating: "[", count: 100_000)
        let bodies = [
            Array(list.utf8), Array(deep.utf8), Array((deep + String(repeating: "]", count: 100_000)).utf8),
        ]
        for path in ["/sync/test/f-args", "/async/test/f-args", "/async/query", "/async/kill"] {
            for body in bodies {
                let work = Processes.work(pid)
                let answer = try await server.send(.POST, path, body)
                #expect(answer.status == 413 || answer.code == 1, "\(path) \(body.count): \(answer.status)")
                #expect(Processes.work(pid) - work < 10, "\(path) \(body.count)")
                #expect(try await server.get("/ping").text == "pong")
            }
        }
        #expect(Processes.memory(pid) - before < 64 << 20)
        #expect(try await server.recorded().count == 1)
    }

    @Test(arguments: ["/async/test/f-args", "/async/query", "/async/kill", "/sync/test/f-args", "/test/f-args"])
    func `a caller that sends without end is answered 413 early, and holds no place`(_ path: String) async throws {
        // contract §5 case 20
        let server = try await ScriptServer(environment: ["MARTLET_LIMITS_WAITERS": "2"])
        for encoding in ["Content-Length: 100000000", "Transfer-Encoding: chunked"] {
            var callers: [Caller] = []
            for _ in 0..<3 {
                let caller = try Caller(server, "POST", path, [encoding])
                callers.append(caller)
                let answer = try await eventually("an answer to \(encoding)") {
                    for _ in 0..<100 {
                        if encoding.contains("chunked") {
                            caller.sendChunk()
                        } else {
                            caller.send([UInt8](repeating: 120, count: 65_536))
                        }
                    }
                    return caller.received()
                }
                #expect(answer.hasPrefix("HTTP/1.1 413 "), "\(encoding): \(answer)")
            }
            #expect(try await server.run("f-args", ["a"]).code == 0)
            withExtendedLifetime(callers) {}
        }
        #expect(try await server.recorded().count == 2)
    }

    @Test func `many headers, a long path and a wrong length leave the server answering`() async throws {
        let server = try await ScriptServer()
        let long = String(repeating: "a", count: 30_000)
        _ = try? await server.get("/" + long)
        _ = try? await server.get("/ping?" + long)
        _ = try? await server.send(.POST, "/sync/%2e%2e/%2e%2e/etc/passwd")
        let dots = try await server.send(.POST, "/sync/test/..%2f..%2fetc%2fpasswd")
        #expect(dots.status == 404)
        let bad = try await server.send(.POST, "/sync/%ff%fe/%00")
        #expect(bad.status == 404)
        #expect(try await server.get("/ping").text == "pong")
        #expect(try await server.recorded().isEmpty)
    }
}
