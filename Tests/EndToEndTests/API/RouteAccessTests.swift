import Foundation
import MartletCore
import Testing

/// Every native route that whole servers serve stands in one of the lists of access. The rows that no other suite has are
/// tried here: every role × own and foreign objects.
@Suite struct RouteAccessTests {
    /// What a token must cover, beside its role.
    private enum Reach {
        /// Nothing: the answer is narrowed.
        case any
        /// Everything: a token that is for some jobs or labels is refused.
        case server
        /// The object in the path: for others it is not there.
        case object
        /// The right to read secrets, which no role has by itself.
        case secrets
    }

    private struct Rule {
        let role: String
        let reach: Reach
    }

    private static let rules: [String: Rule] = [
        "GET /api/scripts": Rule(role: "read", reach: .any),
        "POST /api/scripts/reload": Rule(role: "admin", reach: .server),
        "GET /api/nodes": Rule(role: "read", reach: .server),
        "GET /api/nodes/runs": Rule(role: "read", reach: .any),
        "GET /api/nodes/runs/{run}": Rule(role: "read", reach: .object),
        "GET /api/nomad-jobs": Rule(role: "read", reach: .any),
        "POST /api/nomad-jobs": Rule(role: "run", reach: .any),
        "GET /api/nomad-jobs/{nomadJob}": Rule(role: "read", reach: .object),
        "GET /api/nomad-jobs/{nomadJob}/passwords": Rule(role: "read", reach: .secrets),
        "GET /api/nomad-jobs/{nomadJob}/lag": Rule(role: "read", reach: .object),
        "POST /api/nomad-jobs/{nomadJob}/verify": Rule(role: "run", reach: .object),
        "POST /api/nomad-jobs/{nomadJob}/pause": Rule(role: "run", reach: .object),
        "POST /api/nomad-jobs/{nomadJob}/resume": Rule(role: "run", reach: .object),
        "POST /api/nomad-jobs/{nomadJob}/stop": Rule(role: "run", reach: .object),
        "GET /api/runs/{id}/playbook": Rule(role: "read", reach: .object),
        "GET /api/runs/{id}/playbook/events": Rule(role: "read", reach: .object),
    ]

    /// An agent's own.
    private static let agentRules: [String: Rule] = [
        "GET /api/agent": Rule(role: "read", reach: .server),
        "PUT /api/agent/plan": Rule(role: "admin", reach: .server),
        "GET /api/agent/records": Rule(role: "read", reach: .server),
        "POST /api/agent/backups": Rule(role: "run", reach: .server),
        "POST /api/agent/restores": Rule(role: "run", reach: .server),
        "GET /api/agent/jobs": Rule(role: "read", reach: .server),
        "PUT /api/agent/jobs": Rule(role: "run", reach: .server),
        "GET /api/agent/state": Rule(role: "read", reach: .server),
        "PUT /api/agent/state": Rule(role: "admin", reach: .server),
    ]

    private static let roles = ["read", "run", "admin"]

    /// Runs of volumes have one label, those of a playbook get another.
    private static let volumeLabel = "volumes/app"
    private static let teamLabel = "team"

    @Test func `every route of a server and of an agent stands in a list`() async throws {
        let whole = try await Self.whole().server
        let agent = try await DaemonSite().agent().server
        let builtIn = try Self.builtIn()
        #expect(builtIn.count > 40)
        let known = builtIn.union(VolumeAccessTests.rules.keys).union(ClusterAccessTests.rules.keys).union(
            Self.rules.keys)
        let served = try await Self.routes(whole)
        #expect(served.subtracting(known) == [] && known.subtracting(served) == [])
        let ofAgent = try await Self.routes(agent)
        #expect(ofAgent.subtracting(known).subtracting(Self.agentRules.keys) == [])
        #expect(Set(Self.agentRules.keys).subtracting(ofAgent) == [])
    }

    @Test func `callers of a server get what their rights reach`() async throws {
        let server = try await Self.whole()
        let volumes = [
            try await Self.run(of: VolumeSite.first, server), try await Self.run(of: VolumeSite.other, server),
        ]
        let playbooks = [
            try await Self.playbook("own", server.server), try await Self.playbook("foreign", server.server),
        ]
        let jobs = ["own", "foreign"]
        for job in jobs { try await Self.register(job, server.server) }
        for (route, rule) in Self.rules.sorted(by: { $0.key < $1.key }) {
            let (name, objects, labels): (String, [String], [String: String]) =
                switch route {
                case _ where route.contains("{run}"): ("{run}", volumes, [Self.volumeLabel: "shop"])
                case _ where route.contains("{nomadJob}"): ("{nomadJob}", jobs, ["nomad/job": "own"])
                default: ("{id}", playbooks, [Self.teamLabel: "own"])
                }
            try await check(objects.map { route.replacing(name, with: $0) }, rule, labels, server.server)
        }
    }

    @Test func `callers of an agent get what their rights reach`() async throws {
        let agent = try await DaemonSite().agent().server
        for (route, rule) in Self.agentRules.sorted(by: { $0.key < $1.key }) {
            try await check([route, route], rule, [Self.teamLabel: "own"], agent)
        }
    }

    /// `paths`: of an own and of a foreign object, with their method; `labels`: of the tokens that are bound.
    private func check(_ paths: [String], _ rule: Rule, _ labels: [String: String], _ server: Server) async throws {
        #expect(try await Self.status(server, paths[0], "nobody") == 401, "\(paths[0])")
        for role in Self.roles {
            let isAllowed = Self.roles.drop { $0 != rule.role }.contains(role)
            for isBound in role == "admin" ? [false] : [false, true] {
                let token = try await Self.token(server, role, isBound ? labels : [:])
                for (path, isOwn) in zip(paths, [true, false]) {
                    let status = try await Self.status(server, path, token)
                    let wanted =
                        switch (isAllowed, rule.reach, isBound, isOwn) {
                        case (false, _, _, _), (true, .server, true, _), (true, .secrets, _, _): status == 403
                        case (true, .object, true, false): status == 404
                        default: status < 500 && ![401, 403, 404].contains(status)
                        }
                    #expect(wanted, "\(path) \(role) \(isBound ? "bound" : "") \(isOwn ? "own" : "foreign"): \(status)")
                }
            }
        }
    }

    // MARK: Servers

    /// With everything that `serve` can have.
    private static func whole() async throws -> VolumeServer {
        let site = try VolumeSite()
        try ClusterSite.install(site.scratch)
        return try await site.server(ClusterSite.environment(site.scratch))
    }

    private static func run(of volume: String, _ server: VolumeServer) async throws -> String {
        try await server.backup(volume)
        let version = try await server.server.call(.GET, "/api/volumes/\(volume)/versions/latest").json
        return try #require(version["run"].string)
    }

    private static func playbook(_ team: String, _ server: Server) async throws -> String {
        let cluster: JSONValue = [
            "id": "9df5a945", "name": "one", "status": "prepare", "hosts": ["192.0.2.1"], "roles": [], "remark": "",
            "base": ["version": "1.2.0", "deployUser": "easy", "deployDir": "/home/easy/ds"],
        ]
        let spec: JSONValue = ["cluster": cluster, "version": 1, "action": "start", "check": false, "ports": [:]]
        let id = try await server.submit([
            "tasks": [["name": "playbook", "driver": "playbook", "spec": spec]],
            "labels": .object([teamLabel: .string(team)]),
        ])
        _ = try await server.ended(id)
        return id
    }

    private static func register(_ job: String, _ server: Server) async throws {
        let body = JobServer.job(job, "exit 0")["Job"]
        let reply = try await server.call(.POST, "/api/nomad-jobs", body: ["job": body])
        #expect(reply.status == 202, "\(reply.text)")
    }

    private static func token(_ server: Server, _ role: String, _ labels: [String: String]) async throws -> String {
        let body: JSONValue = [
            "name": .string(UUID().uuidString), "role": .string(role),
            "labels": .object(labels.mapValues { .string($0) }),
        ]
        return try #require(try await server.call(.POST, "/api/tokens", body: body).json["token"].string)
    }

    private static func status(_ server: Server, _ route: String, _ token: String) async throws -> Int {
        let words = route.split(separator: " ").map(String.init)
        let method = try #require(Server.Verb(rawValue: words[0]))
        return try await server.call(
            method, words[1], body: method == .GET ? nil : [:], headers: ["Authorization": "Bearer \(token)"]
        ).status
    }

    // MARK: Lists

    /// Those of facades are in the document, too.
    private static let ofFacades = ["/sync/", "/async/", "/list", "/discovery", "/ping", "/hc", "/swagger"]

    private static func routes(_ server: Server) async throws -> Set<String> {
        let paths = try await server.call(.GET, "/api/openapi.json").json["paths"].object ?? [:]
        let native = paths.filter { path, _ in
            if path.hasPrefix("/ping/") { return true }
            return !path.hasPrefix("/api/v1/") && !ofFacades.contains { path.hasPrefix($0) }
        }
        return Set(
            native.flatMap { path, methods in
                (methods.object ?? [:]).keys.filter { $0 != "parameters" }.map { "\($0.uppercased()) \(path)" }
            })
    }

    /// The rows of `AccessTests`, which tries them all: that suite is a part of another program, so they are read.
    private static func builtIn() throws -> Set<String> {
        let tests = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let text = try String(
            contentsOf: tests.appending(path: "MartletHTTPTests/AccessTests.swift"), encoding: .utf8)
        return Set(text.matches(of: /"((?:GET|HEAD|POST|PUT|PATCH|DELETE) \/[^"]*)":/).map { String($0.1) })
    }
}
