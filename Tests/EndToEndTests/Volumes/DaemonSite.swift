import Foundation
import MartletCore
import Synchronization

/// An agent that is driven by the API of the replaced system's daemon, with two volumes.
final class DaemonSite: Sendable {
    let scratch: Scratch
    static let node = "127.0.0.1"
    static let full = "7f000001b38f6f83b82a188e61d4f91ef748714e"
    static let increment = "7f0000010a09990c20fc7b0a389cbbb363e19f2b"

    init() throws {
        scratch = try Scratch()
        for volume in ["data", "inc"] {
            try FileManager.default.createDirectory(atPath: path(volume), withIntermediateDirectories: true)
            try Data("one\n".utf8).write(to: URL(filePath: path(volume) + "/a.txt"))
        }
    }

    func path(_ volume: String) -> String { scratch.path("vols/hello/hello.web.web/1/\(volume)") }

    func agent() async throws -> DaemonServer {
        let server = try await Server(
            scratch, data: scratch.path("agent"), command: "agent",
            arguments: [
                "--node", Self.node, "--volumes", scratch.path("vols"), "--repository", scratch.path("repos"),
            ])
        return DaemonServer(server: server)
    }

    func job(
        _ id: String, _ volume: String, mode: String, spec: String = "0 3 * * *", path: String? = nil
    ) -> JSONValue {
        [
            "id": .string(id), "spec": .string(spec), "action": "backup", "type": "cron", "sleep": false,
            "args": [
                "app": "hello", "proc": "hello.web.web", "volume": .string("/" + volume), "mode": .string(mode),
                "instanceNo": 1, "containers": ["c1"], "preRun": "", "postRun": "",
                "path": .string(path ?? self.path(volume)),
                "archive": .string("hello-hello.web.web-1-" + volume),
            ],
        ]
    }

    var expiry: JSONValue {
        [
            "id": "", "spec": "* * * * *", "action": "backup_expire", "type": "cron", "sleep": false,
            "args": ["info": [.string(path("data")), "30d", .string(path("inc") + "@increment"), "10d"]],
        ]
    }

    var jobs: [JSONValue] {
        [job(Self.full, "data", mode: "full"), job(Self.increment, "inc", mode: "increment"), expiry]
    }
}

/// Calls of the daemon's API, without a token: a loopback listener has it open.
struct DaemonServer: Sendable {
    typealias Answer = ScriptServer.Answer
    let server: Server

    func get(_ path: String) async throws -> Answer {
        try await ScriptServer.send(.GET, to: server.url + "/api/v1" + path, nil)
    }

    func send(
        _ method: ScriptServer.Method, _ path: String, _ form: [(String, String)] = []
    ) async throws -> Answer {
        let body = form.map { "\($0)=\(ControllerSite.encoded($1))" }.joined(separator: "&")
        return try await ScriptServer.send(
            method, to: server.url + "/api/v1" + path, form.isEmpty ? nil : Array(body.utf8),
            headers: form.isEmpty ? [:] : ["Content-Type": "application/x-www-form-urlencoded"])
    }

    func push(_ jobs: [JSONValue]) async throws -> Answer {
        let data = String(decoding: try JSONEncoder().encode(JSONValue.array(jobs)), as: UTF8.self)
        return try await send(.PUT, "/cron/jobs", [("data", data), ("version", "x")])
    }

    func backups(of path: String) async throws -> [JSONValue] {
        try await get("/backup/json?dir=\(ControllerSite.encoded(path))").json.array ?? []
    }

    /// Runs a job and waits for its backup, the newest of `path`.
    func backUp(_ id: String, _ path: String) async throws -> JSONValue {
        let before = try await backups(of: path).count
        let answer = try await send(.POST, "/cron/once/\(id)")
        guard answer.status == 202 else { throw TimedOut(what: "\(answer.status) \(answer.text)") }
        return try await eventually("\(path) has a backup") {
            let found = try await backups(of: path)
            return found.count > before ? found.last : nil
        }
    }
}
