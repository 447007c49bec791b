import Foundation
import MartletCore
import MartletTesting
import NIOHTTP1

/// A server that was given a thousand secrets in every way there is, and the five runs that got them.
final class CanarySite: Sendable {
    static let perWay = (posted: 0..<250, params: 250..<400, ofJob: 400..<650, ofScript: 650..<850, files: 850..<900)
    static let ofSettings = 900..<1000
    /// No secret: it must be found where the others are not, or the search is worth nothing.
    static let decoy = Canary(4000)

    let canaries = (0..<1000).map(Canary.init)
    let site: Site
    let server: Server
    /// Is told of every end.
    let robot = try? FakeRobot()
    var gate: String { site.path("gate") }

    init() async throws {
        site = try Site("")
        try Self.write(canaries, site, robot?.url ?? "")
        server = try await Server(
            site.scratch,
            environment: ["MARTLET_CONFIG": site.path("martlet.yaml"), "MARTLET_LOG_LEVEL": "trace"])
    }

    private static func name(_ canary: Canary) -> String { "C_" + String(10_000 + canary.number).dropFirst() }

    /// `{VARIABLE: name of the stored secret}`.
    private static func references(_ canaries: ArraySlice<Canary>) -> JSONValue {
        .object(Dictionary(uniqueKeysWithValues: canaries.map { (name($0), .string("stored-\($0.number)")) }))
    }

    private static func write(_ canaries: [Canary], _ site: Site, _ robot: String) throws {
        try Data(CanaryTask.script.utf8).write(to: URL(filePath: site.path("tell.py")))
        var environment = references(canaries[ofSettings]).object?.mapValues { JSONValue.object(["secret": $0]) } ?? [:]
        for canary in canaries[perWay.files] {
            let file = site.path("secret-\(canary.number)")
            try Data("\(canary.value)\n".utf8).write(to: URL(filePath: file))
            environment[name(canary)] = ["file": .string(file)]
        }
        let tell: JSONValue = [
            "cluster_type": "test", "env": ["D_0000": .string(decoy.value)],
            "command": ["python3", .string(site.path("tell.py")), .string(site.path("gate"))],
        ]
        let tasks = ["tell", "shared"].map { name in
            var task = tell.object ?? [:]
            task["name"] = .string(name)
            if name == "tell" { task["secrets"] = references(canaries[perWay.ofScript]) }
            return JSONValue.object(task)
        }
        let channel: JSONValue = [
            "name": "ops", "kind": "dingtalk", "token": ["secret": .string("stored-\(ofSettings.lowerBound)")],
            "secret": .string(canaries[ofSettings.lowerBound + 1].value), "url": .string(robot),
            "rules": [["on": ["always"]]],
        ]
        let config: JSONValue = [
            "scripts": ["tasks": .string(site.tasks), "environment": .object(environment)],
            "notices": ["channels": [channel]],
        ]
        // JSON is YAML.
        try JSONEncoder().encode(JSONValue.array(tasks)).write(to: URL(filePath: site.tasks))
        try JSONEncoder().encode(config).write(to: URL(filePath: site.path("martlet.yaml")))
    }

    // MARK: Calls

    /// Stores what jobs, scripts and the configuration name, and the jobs. Gives the answers.
    func store() async throws -> [String: Server.Reply] {
        var answers: [String: Server.Reply] = [:]
        let stored = [Self.perWay.ofJob, Self.perWay.ofScript, Self.ofSettings].flatMap { canaries[$0] }
        for canary in stored {
            let path = "/api/secrets/stored-\(canary.number)"
            answers["PUT \(path)"] = try await server.call(.PUT, path, body: ["value": .string(canary.value)])
        }
        answers["PUT job with parameters"] = try await server.call(.PUT, "/api/jobs/params", body: jobWithParams)
        answers["PUT job with secrets"] = try await server.call(.PUT, "/api/jobs/refs", body: jobWithSecrets)
        return answers
    }

    private var task: [String: JSONValue] {
        [
            "command": ["python3", .string(site.path("tell.py")), .string(gate)],
            "environment": ["D_0000": .string(Self.decoy.value)],
        ]
    }

    private var jobWithParams: JSONValue {
        let names = canaries[Self.perWay.params].map { (Self.name($0), ["secret": true] as JSONValue) }
        return .object(task.merging(["params": .object(Dictionary(uniqueKeysWithValues: names))]) { $1 })
    }

    /// Half of them of the job, half of its only task.
    private var jobWithSecrets: JSONValue {
        let all = Self.perWay.ofJob
        let middle = all.lowerBound + all.count / 2
        let task = task.merging(["secrets": Self.references(canaries[middle..<all.upperBound])]) { $1 }
        return ["secrets": Self.references(canaries[all.lowerBound..<middle]), "tasks": [.object(task)]]
    }

    private func values(_ range: Range<Int>) -> JSONValue {
        .object(
            Dictionary(uniqueKeysWithValues: canaries[range].map { (Self.name($0), JSONValue.string($0.value)) }))
    }

    /// Starts a run in each way; the ids of all but the waiting call, which `sync` gives.
    func start() async throws -> [String] {
        var ids = [
            try await server.submit(
                .object(task.merging(["secrets": values(Self.perWay.posted)]) { $1 }), key: "canary"),
            try await server.submit(["job": "params", "params": values(Self.perWay.params)]),
            try await server.submit(["job": "refs"]),
        ]
        let session = try await server.call(.POST, "/async/test/shared")
        guard let id = session.headers.first(name: "X-Martlet-Run") else { throw Server.Refused(reply: session.text) }
        ids.append(id)
        return ids
    }

    /// Waits for its end.
    func sync() async throws -> Server.Reply { try await server.call(.POST, "/sync/test/tell", timeout: 300) }

    /// Requests that have to be refused, each with a canary in it.
    func refused() async throws -> [String: Server.Reply] {
        let value = JSONValue.string(canaries[0].value)
        let bodies: [(Server.Verb, String, JSONValue)] = [
            (.POST, "/api/runs", ["command": ["echo", value], "secrets": ["A": value]]),
            (.POST, "/api/runs", ["command": ["true"], "secrets": ["not-a-variable": value]]),
            (.POST, "/api/runs", ["command": ["true"], "secrets": ["A": [value]]]),
            (.POST, "/api/runs", ["command": ["true"], "secrets": value]),
            (.POST, "/api/runs", ["job": "params", "params": ["nope": value]]),
            (.POST, "/api/runs", ["job": "params", "params": ["C_0250": [value]]]),
            (.POST, "/api/runs", ["job": "refs", "secrets": ["C_0400": value]]),
            (.PUT, "/api/secrets/bad", ["value": [value]]),
            (.PUT, "/api/secrets/bad", ["value": value, "more": value]),
            (.PUT, "/api/secrets/bad", ["value": .string(canaries[0].value + "\0")]),
            (.PUT, "/api/secrets/bad", value),
        ]
        var answers: [String: Server.Reply] = [:]
        for (index, (verb, path, body)) in bodies.enumerated() {
            answers["refused \(index) \(path)"] = try await server.call(verb, path, body: body)
        }
        return answers
    }
}
