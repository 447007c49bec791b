import Foundation
import MartletCore

/// A server with playbooks of its own and a stand-in for `ansible-playbook`, which tells of its work as the real one does
/// with our callback. Files beside it say how it behaves: while `hold` is there it goes on, `fail` names hosts that fail.
final class ClusterSite: Sendable {
    let scratch: Scratch
    let server: Server
    let extra: [String: String]

    init(environment: [String: String] = [:], listen: String = "127.0.0.1:0") async throws {
        let scratch = try Scratch()
        self.scratch = scratch
        try Self.install(scratch)
        extra = Self.environment(scratch).merging(environment) { $1 }
        server = try await Server(scratch, listen: listen, environment: extra)
    }

    deinit { server.child.end() }

    static func install(_ scratch: Scratch) throws {
        let playbooks = scratch.path("playbooks")
        try FileManager.default.createDirectory(atPath: playbooks, withIntermediateDirectories: true)
        for name in ["deploy", "start", "stop", "create_users"] {
            try "---\n- hosts: all\n".write(toFile: "\(playbooks)/\(name).yml", atomically: true, encoding: .utf8)
        }
        try Scratch.program(at: scratch.path("ansible-playbook"), program)
    }

    static func environment(_ scratch: Scratch) -> [String: String] {
        [
            "MARTLET_CLUSTERS_PLAYBOOKS": scratch.path("playbooks"),
            "MARTLET_CLUSTERS_ANSIBLE": scratch.path("ansible-playbook"), "STAND_IN": scratch.path(""),
        ]
    }

    private static let program = """
        #!/usr/bin/python3
        import json, os, re, sys, time

        home = os.environ["STAND_IN"]
        book = next(word for word in sys.argv[1:] if word.endswith(".yml"))
        inventory = open(sys.argv[sys.argv.index("-i") + 1]).read()
        hosts = list(dict.fromkeys(re.findall(r"^(\\d+\\.\\d+\\.\\d+\\.\\d+)\\b", inventory, re.M)))
        if "--limit" in sys.argv:
            only = open(sys.argv[sys.argv.index("--limit") + 1].lstrip("@")).read().split()
            hosts = [host for host in hosts if host in only]
        with open(home + "/calls", "a") as calls:
            calls.write(json.dumps({"argv": sys.argv[1:], "inventory": inventory}) + "\\n")
        number = 0


        def tell(**event):
            with open(os.environ["MARTLET_EVENTS"], "a") as events:
                events.write(json.dumps({"v": 1, "time": "2026-11-22T00:00:00.000Z", **event}) + "\\n")


        tell(event="playbook", name=book, plays=1, tasks=1)
        tell(event="play", number=1, name="all", tasks=1)
        tell(event="task", number=1, name="work", role=None, handler=False)
        print("PLAY [all]", flush=True)
        while os.path.exists(home + "/hold"):
            time.sleep(0.02)
        bad = open(home + "/fail").read().split() if os.path.exists(home + "/fail") else []
        bad += [host for host in hosts if host.startswith("203.0.113.")]
        if os.path.exists(home + "/denied"):
            print("Permission denied, please try again.", flush=True)
            bad = hosts
        for host in hosts:
            tell(event="host", task=1, host=host, result="failed" if host in bad else "ok", message="")
        zero = {key: 0 for key in ("changed", "unreachable", "skipped", "rescued", "ignored")}
        tell(event="stats", hosts={host: {"ok": 0 if host in bad else 1, "failed": int(host in bad), **zero} for host in hosts})
        sys.exit(2 if set(bad) & set(hosts) else 0)
        """

    // MARK: The stand-in

    func hold() throws { try "".write(toFile: scratch.path("hold"), atomically: true, encoding: .utf8) }
    func letGo() throws { try FileManager.default.removeItem(atPath: scratch.path("hold")) }
    func fail(_ hosts: String...) throws {
        try hosts.joined(separator: " ").write(toFile: scratch.path("fail"), atomically: true, encoding: .utf8)
    }
    func succeed() throws { try FileManager.default.removeItem(atPath: scratch.path("fail")) }
    func deny() throws { try "".write(toFile: scratch.path("denied"), atomically: true, encoding: .utf8) }

    /// What the stand-in was called with, in order. A line that has no end is still being written.
    func calls() throws -> [JSONValue] {
        guard let text = try? String(contentsOfFile: scratch.path("calls"), encoding: .utf8) else { return [] }
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
        return try lines.map { try JSONParser.parse(Array($0.utf8)) }
    }

    // MARK: The replaced system's API

    /// A call without a token, as an old page makes it.
    func post(_ name: String, _ body: JSONValue) async throws -> LegacyReply {
        let bytes = Array(try JSONEncoder().encode(body))
        let answer = try await ScriptServer.send(.POST, to: server.url + "/api/v1/" + name, bytes)
        return LegacyReply(status: answer.status, json: answer.json, text: answer.text)
    }

    func get(_ name: String) async throws -> LegacyReply {
        let answer = try await ScriptServer.send(.GET, to: server.url + "/api/v1/" + name, nil)
        return LegacyReply(status: answer.status, json: answer.json, text: answer.text)
    }

    /// The id of the new cluster.
    func create(_ name: String, hosts: [String] = ["192.0.2.1"]) async throws -> String {
        let reply = try await post("createCluster", ClusterSite.cluster(name, hosts: hosts))
        guard reply.isOK else { throw Server.Refused(reply: reply.text) }
        return try await all().first { $0["name"].string == name }?["id"].string ?? ""
    }

    /// Every cluster, by all pages.
    func all() async throws -> [JSONValue] {
        var found: [JSONValue] = []
        for page in 1... {
            let result = try await get("selectClusterList?page=\(page)").result
            found += result["data"].array ?? []
            if Int64(found.count) >= result["total"].int ?? 0 { return found }
        }
        return found
    }

    func status(_ id: String) async throws -> String {
        try await post("selectCluster", ["id": .string(id)]).result["status"].string ?? ""
    }

    func execute(_ type: Int, _ id: String) async throws -> LegacyReply {
        try await post("executeCluster", ["executeType": .int(Int64(type)), "clusterId": .string(id)])
    }

    /// Starts an action, waits for its end, and gives the status after it.
    @discardableResult
    func done(_ type: Int, _ id: String) async throws -> String {
        let reply = try await execute(type, id)
        guard reply.isOK else { throw Server.Refused(reply: reply.text) }
        try await over()
        return try await status(id)
    }

    @discardableResult
    func over() async throws -> JSONValue {
        try await eventually("the run is over") {
            let signal = try await self.get("executeResultSignal").result
            return signal["over"].bool == true ? signal : nil
        }
    }

    /// A cluster in a status, by the calls that lead there.
    func cluster(in status: String, _ name: String) async throws -> String {
        let id = try await create(name)
        let deploy = 2
        let (start, stop) = (0, 1)
        func failing(_ type: Int) async throws {
            try fail("192.0.2.1")
            try await done(type, id)
            try succeed()
        }
        switch status {
        case "prepare": break
        case "deploysuccess": try await done(deploy, id)
        case "cancel":
            try await done(deploy, id)
            var body = ClusterSite.cluster(name).object ?? [:]
            (body["id"], body["status"]) = (.string(id), "cancel")
            _ = try await post("updateCluster", .object(body))
        case "deployfailure": try await failing(deploy)
        case "startsuccess":
            try await done(deploy, id)
            try await done(start, id)
        case "startfailure":
            try await done(deploy, id)
            try await failing(start)
        case "stopsuccess":
            try await done(deploy, id)
            try await done(stop, id)
        case "stopfailure":
            try await done(deploy, id)
            try await failing(stop)
        default: break
        }
        return id
    }

    /// The document's own, with other addresses.
    static func cluster(_ name: String, hosts: [String] = ["192.0.2.1"]) -> JSONValue {
        let all = JSONValue.array(hosts.map(JSONValue.string))
        func role(_ name: String, _ body: JSONValue) -> JSONValue {
            ["roleName": .string(name), "roleBody": body, "roleDependHost": all]
        }
        return [
            "name": .string(name), "hosts": all,
            "base": ["version": "1.2.0", "deployUser": "easy", "deployDir": "/home/easy/ds"],
            "roles": [
                role(
                    "database",
                    [
                        "databaseType": "mysql", "databaseName": "dolphinscheduler", "account": "easy",
                        "password": "easy",
                    ]),
                role("backend", ["serverPort": 12345]), role("frontend", ["escProxyPort": 8888]),
                role("master", ["masterReservedMemory": .double(0.5)]),
                role("worker", ["workerReservedMemory": .double(0.5)]),
                role(
                    "alert",
                    [
                        "alertType": "mail", "mailSender": "feloxx@163.com", "mailUser": "feloxx@163.com",
                        "mailPasswd": "Chevalier1!", "mailServerHost": "smtp.1633.com", "mailServerPort": 25,
                        "mailSmtpSslEnable": false, "mailSmtpStarttlsEnable": false,
                    ]), role("zookeeper", .null),
                role("hadoop", ["fsDefaultFS": "file:///home/easy/ds/backend/dolphinscheduler_resource"]),
                role("common", ["dataStore2hdfsBasepath": "file:///home/easy/ds/backend/dolphinscheduler_resource"]),
            ], "remark": "ansible test 1",
        ]
    }
}

struct LegacyReply {
    let status: Int
    let json: JSONValue
    let text: String

    var code: Int64? { json["code"].int }
    var message: String { json["message"].string ?? "" }
    var result: JSONValue { json["result"] }
    var isOK: Bool { status == 200 && code == 200 && message == "ok" }
    /// Refused with a text that has this in it.
    func isRefused(_ part: String = "") -> Bool {
        status == 200 && code == 500 && (part.isEmpty || message.contains(part)) && result == .null
    }
}

extension JSONValue {
    var int: Int64? { if case .int(let value) = self { value } else { nil } }
    var bool: Bool? { if case .bool(let value) = self { value } else { nil } }
}
