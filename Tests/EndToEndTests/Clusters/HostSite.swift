import Foundation
import MartletCore

/// Real SSH hosts with networks of their own, archives that stand for DolphinScheduler, and a server that deploys to them:
/// what a caller of the replaced system does, by its API. Needs root.
final class HostSite: Sendable {
    let scratch: Scratch
    let ips: [String]
    let password: String
    private let holder: Process
    private let line: FileHandle
    private static let folder = PlaybookSite.root.appending(path: "Tests/Conformance/clusters")

    static let databasePassword = "e'a\\s,y {{ 7*7 }} $1"

    init(_ count: Int, archives: [String] = []) async throws {
        scratch = try Scratch()
        try Self.run(["make-archives", scratch.path("archives")] + archives)
        holder = Process()
        holder.executableURL = Self.folder.appending(path: "hosts")
        holder.arguments = ["up", "\(count)", "mc\(UInt32.random(in: 0 ... .max))", "--hold"]
        let (input, output) = (Pipe(), Pipe())
        (holder.standardInput, holder.standardOutput) = (input, output)
        line = input.fileHandleForWriting
        try holder.run()
        var text = Data()
        while !text.contains(0x0A) {
            let more = output.fileHandleForReading.availableData
            guard !more.isEmpty else { throw TimedOut(what: "hosts up: they need root") }
            text += more
        }
        let state = try JSONParser.parse(Array(text.prefix { $0 != 0x0A }))
        ips = (state["hosts"].array ?? []).compactMap { $0["ip"].string }
        password = state["password"].string ?? ""
    }

    deinit {
        // The hosts end with their holder, and it with the line, of which some child may have a copy.
        try? line.close()
        holder.terminate()
        holder.waitUntilExit()
    }

    @discardableResult
    private static func run(_ arguments: [String]) throws -> String {
        let process = Process()
        process.executableURL = folder.appending(path: arguments[0])
        process.arguments = Array(arguments.dropFirst())
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let text = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw TimedOut(what: arguments.joined(separator: " ")) }
        return String(decoding: text, as: UTF8.self)
    }

    @discardableResult
    func hosts(_ words: String...) throws -> String { try Self.run(["hosts"] + words) }

    /// As root on a host.
    func on(_ ip: String, _ script: String) throws -> String {
        try Self.run(["hosts", "run", ip, "bash", "-c", script])
    }

    func server() async throws -> HostServer {
        HostServer(
            site: self,
            server: try await Server(
                scratch, data: scratch.path("data"),
                environment: [
                    "MARTLET_CLUSTERS_ARCHIVES": scratch.path("archives"), "HOME": scratch.path("home"),
                    "MARTLET_CLUSTERS_ANSIBLE": PlaybookSite.root.appending(path: ".build/ansible/bin/ansible-playbook")
                        .path,
                ]))
    }

    /// As the document has it: everything on the first host; workers and ZooKeeper on all; the API on the last.
    func cluster(_ name: String = "one", masterMemory: Double = 0.5, id: String? = nil) -> JSONValue {
        func role(_ name: String, _ body: JSONValue, _ hosts: [String]) -> JSONValue {
            ["roleName": .string(name), "roleBody": body, "roleDependHost": .array(hosts.map(JSONValue.string))]
        }
        let (first, last) = ([ips[0]], [ips[ips.count - 1]])
        let resources: JSONValue = "file:///home/easy/ds/backend/dolphinscheduler_resource"
        var members: [String: JSONValue] = [
            "name": .string(name), "hosts": .array(ips.map(JSONValue.string)), "remark": "a test",
            "base": ["version": "1.2.0", "deployUser": "easy", "deployDir": "/home/easy/ds"],
            "roles": [
                role(
                    "database",
                    [
                        "databaseType": "mysql", "databaseName": "dolphinscheduler", "account": "easy",
                        "password": .string(Self.databasePassword),
                    ], first),
                role("backend", ["serverPort": 12345], last), role("frontend", ["escProxyPort": 8888], first),
                role("master", ["masterReservedMemory": .double(masterMemory)], first),
                role("worker", ["workerReservedMemory": .double(0.5)], ips),
                role(
                    "alert",
                    [
                        "alertType": "mail", "mailSender": "a@example.org", "mailUser": "a@example.org",
                        "mailPasswd": "Chevalier1!", "mailServerHost": "smtp.example.org", "mailServerPort": 25,
                        "mailSmtpSslEnable": false, "mailSmtpStarttlsEnable": false,
                    ], last), role("zookeeper", .null, ips), role("hadoop", ["fsDefaultFS": resources], first),
                role("common", ["dataStore2hdfsBasepath": resources], first),
            ],
        ]
        members["id"] = id.map(JSONValue.string)
        return .object(members)
    }
}

/// A caller who knows the replaced system only.
final class HostServer: Sendable {
    let site: HostSite
    let server: Server
    enum Action: Int { case start, stop, deploy }

    init(site: HostSite, server: Server) { (self.site, self.server) = (site, server) }

    func get(_ path: String) async throws -> JSONValue {
        try await ScriptServer.send(.GET, to: server.url + "/api/v1/" + path, nil, within: 180).json
    }

    func post(_ path: String, _ body: JSONValue) async throws -> JSONValue {
        try await ScriptServer.send(
            .POST, to: server.url + "/api/v1/" + path, Array(try JSONEncoder().encode(body)),
            headers: ["Content-Type": "application/json"], within: 180
        ).json
    }

    func createHosts(password: String? = nil) async throws {
        for (number, ip) in site.ips.enumerated() {
            let answer = try await post(
                "createHost",
                [
                    "ip": .string(ip), "name": .string("h\(number)"), "port": 22,
                    "root": .string(password ?? site.password), "remark": "",
                ])
            guard answer["code"] == 200 else { throw TimedOut(what: "createHost: \(answer)") }
        }
    }

    /// The cluster's id.
    func create(_ cluster: JSONValue) async throws -> String {
        let answer = try await post("createCluster", cluster)
        guard answer["code"] == 200 else { throw TimedOut(what: "createCluster: \(answer)") }
        let found = try await get("selectClusterList?page=1")["result"]["data"].array ?? []
        return found.first { $0["name"] == cluster["name"] }?["id"].string ?? ""
    }

    func begin(_ action: Action, _ id: String) async throws {
        let answer = try await post(
            "executeCluster", ["executeType": .int(Int64(action.rawValue)), "clusterId": .string(id)])
        guard answer["code"] == 200 else { throw TimedOut(what: "executeCluster: \(answer)") }
    }

    /// The signal once the run is over.
    func over(within seconds: Double = 900) async throws -> JSONValue {
        try await eventually("the run is over", within: seconds) {
            let signal = try await get("executeResultSignal")["result"]
            return signal["over"] == true ? signal : nil
        }
    }

    /// Whether it ended well; the cluster's status after it.
    func execute(_ action: Action, _ id: String, within seconds: Double = 900) async throws -> (Bool, String) {
        try await begin(action, id)
        let isGood = try await over(within: seconds)["success"] == true
        return (isGood, try await status(id))
    }

    func status(_ id: String) async throws -> String {
        try await post("selectCluster", ["id": .string(id)])["result"]["status"].string ?? "none"
    }

    /// The log of the last run, prefixes and all.
    func log() async throws -> [String] {
        var lines: [String] = []
        for page in 1... {
            let found = try await get("readLog?page=\(page)")["result"]["data"].array ?? []
            if found.isEmpty { break }
            lines += found.compactMap(\.string)
        }
        return lines
    }

    /// How the last run about clusters went: plays, tasks, hosts.
    func structure() async throws -> JSONValue {
        let last = try await server.call(.GET, "/api/runs?group=clusters&limit=1").json["items"][0]
        return try await server.call(.GET, "/api/runs/\(last["id"].string ?? "")/playbook").json
    }
}
