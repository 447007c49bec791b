import Foundation
import MartletCore

/// Playbooks of a test's own on local connections, the real Ansible, and a real server.
final class PlaybookSite: Sendable {
    static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()
    static let hosts = ["127.0.0.1", "127.0.0.2"]
    static let password = "{{ 7*7 }}'\"pass\\word\u{85}é"

    let scratch: Scratch
    let environment: [String: String]

    /// `deploy`: text of deploy.yml; `DIR` in it becomes the site's directory.
    init(_ deploy: String) throws {
        scratch = try Scratch()
        environment = [
            "MARTLET_CLUSTERS_PLAYBOOKS": scratch.path("playbooks"),
            "MARTLET_CLUSTERS_ANSIBLE": Self.root.appending(path: ".build/ansible/bin/ansible-playbook").path,
            "HOME": scratch.path("home"),
        ]
        for folder in ["playbooks", "home", "out"] {
            try FileManager.default.createDirectory(atPath: path(folder), withIntermediateDirectories: true)
        }
        try write(deploy, to: "playbooks/deploy.yml")
    }

    func path(_ name: String) -> String { scratch.path(name) }
    func write(_ text: String, to name: String) throws {
        try Data(text.replacing("DIR", with: scratch.url.path).utf8).write(to: URL(filePath: path(name)))
    }
    func read(_ name: String) -> String? { try? String(contentsOfFile: path(name), encoding: .utf8) }

    func server() async throws -> PlaybookServer {
        PlaybookServer(site: self, server: try await Server(scratch, environment: environment))
    }

    /// A play on local connections.
    static func play(_ tasks: String, hosts: String = "servers", more: String = "") -> String {
        """
        - name: the play
          hosts: \(hosts)
          connection: local
          gather_facts: false
          \(more)
          tasks:
        \(tasks.split(separator: "\n").map { "    \($0)" }.joined(separator: "\n"))

        """
    }

    /// Pids of processes whose environment names this site, by a word of their command line.
    func processes(_ word: String) -> [pid_t] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return names.compactMap { pid_t($0) }.filter { pid in
            func text(_ file: String) -> String {
                String(decoding: FileManager.default.contents(atPath: "/proc/\(pid)/\(file)") ?? Data(), as: UTF8.self)
            }
            return text("cmdline").contains(word) && text("environ").contains("HOME=\(scratch.path("home"))\0")
        }
    }

    /// Files below the data directory that have the password in some form, the sealed store excepted.
    func leaks() throws -> [String] {
        let forms = [Self.password, "pass\\\\word", "pass\\word"].map { Data($0.utf8) }
        let data = scratch.path("data")
        let names = try FileManager.default.subpathsOfDirectory(atPath: data)
        return names.filter { name in
            let bytes = FileManager.default.contents(atPath: "\(data)/\(name)") ?? Data()
            return forms.contains { bytes.range(of: $0) != nil }
        }
    }

    func leftovers() -> [String] {
        (try? FileManager.default.contentsOfDirectory(atPath: scratch.path("data/clusters/runs"))) ?? []
    }
}

final class PlaybookServer: Sendable {
    let site: PlaybookSite
    let server: Server

    init(site: PlaybookSite, server: Server) { (self.site, self.server) = (site, server) }

    func killed() async throws {
        server.child.signal(SIGKILL)
        _ = try await server.child.ended()
    }

    static func spec(
        hosts: [String] = PlaybookSite.hosts, action: String = "deployupdate", check: Bool = false,
        limit: [String]? = nil, ports: [String: JSONValue] = [:]
    ) -> JSONValue {
        func role(_ name: String, _ body: JSONValue, _ hosts: [String]) -> JSONValue {
            ["roleName": .string(name), "roleBody": body, "roleDependHost": .array(hosts.map(JSONValue.string))]
        }
        var spec: [String: JSONValue] = [
            "cluster": [
                "id": "9df5a945", "name": "one", "status": "prepare",
                "hosts": .array(hosts.map(JSONValue.string)), "remark": "",
                "base": ["version": "1.2.0", "deployUser": "easy", "deployDir": "/home/easy/ds"],
                "roles": [
                    role(
                        "database",
                        [
                            "databaseType": "mysql", "databaseName": "dolphinscheduler", "account": "easy",
                            "password": "••••••••",
                        ], Array(hosts.prefix(1))),
                    role("master", ["masterReservedMemory": .double(0.5)], hosts),
                ],
            ],
            "version": 1, "action": .string(action), "check": .bool(check), "ports": .object(ports),
        ]
        spec["limit"] = limit.map { .array($0.map(JSONValue.string)) }
        return .object(spec)
    }

    /// Starts a run and gives its id.
    func start(_ spec: JSONValue = spec(), _ more: [String: JSONValue] = [:]) async throws -> String {
        let body: JSONValue = [
            "tasks": [["name": "playbook", "driver": "playbook", "spec": spec]],
            "secrets": ["CLUSTER_SECRET_DATABASE": .string(PlaybookSite.password)],
        ]
        return try await server.submit(.object((body.object ?? [:]).merging(more) { $1 }))
    }

    func run(_ spec: JSONValue = spec(), _ more: [String: JSONValue] = [:]) async throws -> JSONValue {
        try await server.ended(try await start(spec, more), within: 600)
    }

    func structure(_ id: String) async throws -> JSONValue {
        try await server.call(.GET, "/api/runs/\(id)/playbook").json
    }

    func events(_ id: String) async throws -> [JSONValue] {
        try await server.call(.GET, "/api/runs/\(id)/playbook/events?follow=false&limit=1000").json["items"].array ?? []
    }
}
