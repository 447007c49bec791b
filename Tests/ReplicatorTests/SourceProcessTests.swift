import Foundation
import MartletCore
import ReplicationFixtures
import Replicator
import SQLClient
import Testing

/// contract §F.34, §F.35 and the task file: what the source's process refuses, and how.
@Suite(.serialized)
struct SourceProcessTests {
    private func job(_ product: TestServer.Product, _ config: [String: JSONValue] = [:]) throws -> RunningJob {
        let server = try TestServer.shared(product)
        return try RunningJob(server, server, source: config)
    }

    @Test(arguments: TestServer.available)
    func `a wrong password ends it with the server's words and without the password`(
        product: TestServer.Product
    ) async throws {
        let server = try TestServer.shared(product)
        let job = try job(
            product, ["ConnectionConfig": RunningJob.connection(server.port, password: "not-this-password")])
        let run = try job.start(.source)
        #expect(try await run.exit() == 2)
        let text = run.errorText.trimmingCharacters(in: .whitespacesAndNewlines)
        #expect(text.hasPrefix("Error 1045: Access denied for user 'repl'@"))
        #expect(!text.contains("\n"))
        let report = try #require(run.report)
        #expect(report.error == text && report.state == .failed)
        #expect(!"\(report)".contains("not-this-password"))
    }

    @Test func `a port that nobody listens on is named`() async throws {
        let product = try #require(TestServer.available.first)
        let job = try job(product, ["ConnectionConfig": RunningJob.connection(1)])
        let run = try job.start(.source)
        #expect(try await run.exit() == 2)
        #expect(run.errorText.contains("127.0.0.1"))
        #expect(FileManager.default.fileExists(atPath: job.folder.path))
    }

    @Test func `it says that it waits, obeys SIGTERM, and holds its role alone`() async throws {
        let product = try #require(TestServer.available.first)
        let job = try job(product)
        let run = try job.start(.source)
        let report = try await run.until("it waits") { $0.state == .waiting }
        #expect(report.v == 1 && report.role == "source" && report.job == job.name && report.pid == run.pid)
        let mode = try FileManager.default.attributesOfItem(atPath: job.folder.path)[.posixPermissions] as? Int
        #expect(mode == 0o700)
        let socket = job.folder.appendingPathComponent("source.sock").path
        #expect(try FileManager.default.attributesOfItem(atPath: socket)[.posixPermissions] as? Int == 0o600)
        let second = try RoleRun(
            .source, job.folder,
            ["v": 1, "role": "source", "job": "x", "folder": .string(job.folder.path), "config": .object([:])])
        #expect(try await second.exit() == 1)
        #expect(try await run.stop() == 0)
        #expect(run.report?.state == .stopped)
    }

    @Test(arguments: [TaskFile.Role.source, .target])
    func `a stop in the middle of a question to a server is no failure`(role: TaskFile.Role) async throws {
        let server = try TestServer.shared(try #require(TestServer.available.first))
        let proxy = try CutProxy(to: server.port)
        proxy.set(.silent)
        let job = try RunningJob(server, server, sourcePort: proxy.port, targetPort: proxy.port)
        let run = try job.start(role)
        try await run.until("it asks") { $0.state == .checking }
        #expect(try await run.stop() == 0)
        #expect(run.report?.state == .stopped && run.report?.error == nil && run.errorText == "")
    }

    @Test(arguments: [
        (#"{"v":1}"#, "folder"), (#"{"v":2,"role":"source","job":"j","folder":"/tmp/x","config":{}}"#, "v:"),
        (#"{"v":1,"role":"target","job":"j","folder":"/tmp/x","config":{}}"#, "role"),
        (#"{"v":1,"role":"source","job":"\#(String(repeating: "j", count: 65))","folder":"/x","config":{}}"#, "job"),
        (#"{"v":1,"role":"source","job":"j","folder":"x","config":{}}"#, "folder"), ("[", "not JSON"),
        (#"{"v":1,"role":"source","job":"j","folder":"/tmp/x"}"#, "config"),
    ])
    func `a task file that cannot be used is refused with the field's name`(item: (text: String, field: String)) throws
    {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("task-\(UUID().uuidString).json")
        defer { try? FileManager.default.removeItem(at: file) }
        try Data(item.text.utf8).write(to: file)
        let error = #expect(throws: MartletError.self) { _ = try TaskFile(at: file.path, role: .source) }
        #expect(error?.code == .invalid)
        #expect("\(String(describing: error))".contains(item.field))
    }
}
