import Foundation
import MartletCore
import ReplicationFixtures
import Replicator
import SQLClient
import Synchronization
import Testing

/// One job between two real servers, each of its tasks a real process.
final class RunningJob: Sendable {
    static let user = "repl"
    static let password = "repl-secret-1"

    let source: TestServer
    let target: TestServer
    let name: String
    let folder: URL
    /// Keys over those that make a working job.
    let sourceConfig: [String: JSONValue]
    let targetConfig: [String: JSONValue]
    /// What the source is reached by, where it is not its own port.
    let sourcePort: UInt16
    let targetPort: UInt16
    let spoolLimit: Int64?

    init(
        _ source: TestServer, _ target: TestServer, source sourceConfig: [String: JSONValue] = [:],
        target targetConfig: [String: JSONValue] = [:], sourcePort: UInt16? = nil, targetPort: UInt16? = nil,
        spoolLimit: Int64? = nil
    ) throws {
        self.spoolLimit = spoolLimit
        (self.source, self.target, self.sourceConfig, self.targetConfig) = (source, target, sourceConfig, targetConfig)
        (self.sourcePort, self.targetPort) = (sourcePort ?? source.port, targetPort ?? target.port)
        name = "job-\(UUID().uuidString.prefix(8).lowercased())"
        folder = FileManager.default.temporaryDirectory.appendingPathComponent(name)
        for server in [source, target] { try Self.makeUser(server) }
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    private static func makeUser(_ server: TestServer) throws {
        let session = try server.session()
        try session.run("CREATE USER IF NOT EXISTS \(user)@'%' IDENTIFIED BY '\(password)'")
        try session.run("GRANT ALL ON *.* TO \(user)@'%' WITH GRANT OPTION")
    }

    static func connection(_ port: UInt16, password: String = RunningJob.password) -> JSONValue {
        ["Host": "127.0.0.1", "Port": .int(Int64(port)), "User": .string(user), "Password": .string(password)]
    }

    /// Starts the process of a role with a task file of its own.
    func start(_ role: TaskFile.Role, kv: JSONValue = ["present": false]) throws -> RoleRun {
        let port = role == .source ? sourcePort : targetPort
        var config = role == .source ? sourceConfig : targetConfig
        if config["ConnectionConfig"] == nil { config["ConnectionConfig"] = Self.connection(port) }
        var document: [String: JSONValue] = [
            "v": 1, "role": .string(role.rawValue), "job": .string(name), "folder": .string(folder.path),
            "config": .object(config), "kv": kv,
        ]
        if let spoolLimit { document["spoolLimit"] = .int(spoolLimit) }
        if role == .verify {
            var source = sourceConfig
            var target = targetConfig
            source["ConnectionConfig"] = Self.connection(self.source.port)
            target["ConnectionConfig"] = Self.connection(self.target.port)
            (document["source"], document["target"]) = (.object(source), .object(target))
        }
        return try RoleRun(role, folder, .object(document))
    }

    /// Both processes.
    func startBoth(kv: JSONValue = ["present": false]) throws -> (source: RoleRun, target: RoleRun) {
        (try start(.source), try start(.target, kv: kv))
    }
}

/// One process of a job.
final class RoleRun: Sendable {
    private let process: Mutex<Process>
    let pid: Int32
    let status: URL
    private let errors: URL

    init(_ role: TaskFile.Role, _ folder: URL, _ document: JSONValue) throws {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let file = folder.appendingPathComponent("\(role.rawValue)-task-\(UUID().uuidString.prefix(4)).json")
        try JSONEncoder().encode(document).write(to: file)
        status = folder.appendingPathComponent("\(role.rawValue).json")
        try? FileManager.default.removeItem(at: status)
        errors = file.appendingPathExtension("err")
        let log = file.appendingPathExtension("log")
        for url in [errors, log] { try Data().write(to: url) }
        let process = Process()
        process.executableURL = Self.program
        process.arguments = ["replicate", role.rawValue, file.path]
        process.standardOutput = try FileHandle(forWritingTo: log)
        process.standardError = try FileHandle(forWritingTo: errors)
        try process.run()
        pid = process.processIdentifier
        self.process = Mutex(process)
    }

    deinit { kill(SIGKILL) }

    /// Built beside the tests.
    static let program: URL = {
        let own = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
        let beside = URL(fileURLWithPath: own).deletingLastPathComponent().appendingPathComponent("martlet")
        let inBuild = URL(fileURLWithPath: FileManager.default.currentDirectoryPath).appendingPathComponent(
            ".build/debug/martlet")
        return FileManager.default.isExecutableFile(atPath: beside.path) ? beside : inBuild
    }()

    var isRunning: Bool { process.withLock { $0.isRunning } }
    private var code: Int32 { process.withLock { $0.terminationStatus } }
    var errorText: String { (try? String(contentsOf: errors, encoding: .utf8)) ?? "" }

    var report: StatusReport? {
        guard let data = try? Data(contentsOf: status) else { return nil }
        return try? JSONDecoder().decode(StatusReport.self, from: data)
    }

    func kill(_ signal: Int32) { if isRunning { Foundation.kill(pid, signal) } }

    /// Stops it as the engine does, and gives its exit code.
    @discardableResult
    func stop() async throws -> Int32 {
        kill(SIGTERM)
        return try await exit()
    }

    /// The exit code of a process that ends by itself.
    func exit(within seconds: Double = 120) async throws -> Int32 {
        try await Patience.until("the process ends", within: seconds, or: { errorText }) { !isRunning }
        return code
    }

    /// Waits until the status is as wanted.
    @discardableResult
    func until(
        _ what: String, within seconds: Double = 180, _ isWanted: (StatusReport) -> Bool
    ) async throws -> StatusReport {
        var last: StatusReport?
        try await Patience.until(what, within: seconds, or: { "\(last.map { "\($0)" } ?? "no status") \(errorText)" }) {
            last = report
            return last.map(isWanted) == true
        }
        return try #require(last)
    }
}

/// Waiting in tests.
enum Patience {
    struct Late: Error, CustomStringConvertible { let description: String }

    static func until(
        _ what: String, within seconds: Double = 180, or facts: () -> String = { "" }, _ isDone: () throws -> Bool
    ) async throws {
        let deadline = ContinuousClock.now + .seconds(seconds)
        while try !isDone() {
            guard ContinuousClock.now < deadline else {
                throw Late(description: "not within \(seconds) s: \(what). \(facts())")
            }
            try await Task.sleep(for: .milliseconds(20))
        }
    }
}
