import Foundation
import MartletCore

/// Script tasks over HTTP: calls that wait for their end, and calls that get an id.
enum ScriptBench {
    private static let tasks = """
        - {name: hello, cluster_type: Bench, language: sh, executable: echo hello, collected: false}

        """

    static func measure(_ machine: Machine) async throws -> [Figure] {
        let directory = FileManager.default.temporaryDirectory.appending(path: "bench-scripts-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        let file = directory.appending(path: "tasks.yaml")
        try tasks.write(to: file, atomically: true, encoding: .utf8)
        let peer = try ThreadedPeer(directory)
        defer { peer.stop() }
        return try await waiting(machine, file.path, peer) + accepting(machine, file.path)
    }

    /// `sh -c 'echo hello'` through a waiting call, beside a server of Python's standard library that keeps nothing.
    private static func waiting(_ machine: Machine, _ file: String, _ peer: ThreadedPeer) async throws -> [Figure] {
        let server = try await BenchServer(machine, environment: ["MARTLET_SCRIPTS_TASKS": file])
        defer { server.stop() }
        var figures: [Figure] = []
        for connections in [1, 16] {
            let body = #"["x"]"#
            let ours = try Load.run(server, path: "/sync/bench/hello", connections: connections, seconds: 5, post: body)
            let theirs = try Load.run(
                url: peer.url, token: "", path: "/", connections: connections, seconds: 5, post: body)
            if !ours.errors.isEmpty { print("  sync: \(ours.errors)") }
            let name = "waiting script calls, \(connections) at once"
            figures += [
                Figure(name: "\(name), p50", ours: ours.p50, unit: "ms", peer: ("Python", theirs.p50)),
                Figure(name: "\(name), p99", ours: ours.p99, unit: "ms", peer: ("Python", theirs.p99)),
                Figure(name: "\(name), rate", ours: ours.perSecond, unit: "/s", peer: ("Python", theirs.perSecond)),
            ]
        }
        return figures
    }

    /// Durable sessions, nothing is started: acceptance alone, as `submit` measures it for the native API.
    private static func accepting(_ machine: Machine, _ file: String) async throws -> [Figure] {
        let server = try await BenchServer(
            machine, environment: ["MARTLET_SCRIPTS_TASKS": file, "MARTLET_LIMITS_RUNS": "0"])
        defer { server.stop() }
        let native = try Load.run(
            server, path: "/api/runs", connections: 64, seconds: 5, post: #"{"command":["sh","-c","echo hello"]}"#)
        let ours = try Load.run(server, path: "/async/bench/hello", connections: 64, seconds: 5, post: #"["x"]"#)
        if !ours.errors.isEmpty { print("  async: \(ours.errors)") }
        return [
            Figure(
                name: "script sessions accepted, 64 connections", ours: ours.perSecond, unit: "/s",
                peer: ("native API", native.perSecond)),
            Figure(name: "  p99 of one", ours: ours.p99, unit: "ms"),
        ]
    }
}

/// What people write first: a threaded HTTP server that starts a shell for each call. No record, no log, no limit.
private struct ThreadedPeer {
    let url: String
    private let process: Process

    private static let program = """
        import http.server, json, subprocess, sys

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = 1 << 16

            def do_POST(self):
                words = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                done = subprocess.run(["sh", "-c", 'echo hello "$@"', "sh"] + words, capture_output=True, text=True)
                lines = done.stdout.splitlines()
                body = json.dumps({"code": int(done.returncode != 0), "data": lines[-1] if lines else ""}).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *arguments):
                pass

        class Server(http.server.ThreadingHTTPServer):
            request_queue_size = 1024

        server = Server(("127.0.0.1", 0), Handler)
        print(server.server_port, flush=True)
        server.serve_forever()

        """

    init(_ directory: URL) throws {
        let file = directory.appending(path: "peer.py")
        try Self.program.write(to: file, atomically: true, encoding: .utf8)
        process = Process()
        process.executableURL = URL(filePath: "/usr/bin/python3")
        process.arguments = [file.path]
        let pipe = Pipe()
        process.standardOutput = pipe
        // It complains when the load generator leaves.
        process.standardError = FileHandle.nullDevice
        try process.run()
        let port = String(decoding: pipe.fileHandleForReading.availableData, as: UTF8.self)
        url = "http://127.0.0.1:\(port.trimmingCharacters(in: .whitespacesAndNewlines))"
    }

    /// Python leaves signals blocked that the thread which started it blocks.
    func stop() {
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }
}
