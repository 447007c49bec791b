import Foundation
import MartletCore

/// A controller and two agents, `a` at 127.0.0.1 and `b` at 127.0.0.2, with volumes of their own and one directory of
/// repositories.
final class FleetSite: Sendable {
    let scratch: Scratch
    let port: Int

    static let first = "shop-shop.web.web-1-data"
    static let second = "shop-shop.web.web-2-data"
    static let address = ["a": "127.0.0.1", "b": "127.0.0.2"]

    init() throws {
        scratch = try Scratch()
        port = try Self.freePort()
        for (node, instance) in [("a", 1), ("b", 2)] {
            let path = path(node, instance)
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
            try Data("hello \(instance)\n".utf8).write(to: URL(filePath: path + "/a.txt"))
        }
        try Data("0123456789abcdef-of-this-site\n".utf8).write(to: URL(filePath: scratch.path("token")))
        chmod(scratch.path("token"), 0o600)
    }

    /// `rule`: of both instances' volume, as YAML; `instances`: those that the inventory has.
    /// `address`: of the node `a`.
    func write(
        rule: String = "{mode: full}", instances: String = "{1: {node: a}, 2: {node: b}}",
        address: String = "127.0.0.1"
    ) throws {
        let text = """
            root: /nowhere
            nodes: {a: {address: \(address)}, b: {address: 127.0.0.2}}
            apps: {shop: {procs: {shop.web.web: {instances: \(instances), volumes: {/data: {backups: [\(rule)]}}}}}}
            """
        try Data(text.utf8).write(to: URL(filePath: scratch.path("volumes.yaml")))
    }

    func controller(_ more: [String: String] = [:]) async throws -> VolumeServer {
        let environment = [
            "MARTLET_BACKUPS_INVENTORY": scratch.path("volumes.yaml"),
            "MARTLET_BACKUPS_REPOSITORY": scratch.path("repos") + "/{app}", "MARTLET_BACKUPS_NODE": "controller",
            "MARTLET_BACKUPS_AGENT_PORT": "\(port)", "MARTLET_BACKUPS_AGENT_TOKEN": scratch.path("token"),
        ].merging(more) { $1 }
        return VolumeServer(
            site: try VolumeSite(),
            server: try await Server(scratch, data: scratch.path("controller"), environment: environment))
    }

    /// `place`: a network of its own instead of the node's loopback address.
    func agent(_ node: String, token: String? = nil, in place: Namespace? = nil) async throws -> Server {
        try await Server(
            scratch, data: scratch.path("agent-\(node)"),
            listen: "\(place?.address ?? Self.address[node] ?? ""):\(port)",
            command: "agent",
            arguments: [
                "--node", node, "--volumes", scratch.path("vols-\(node)"), "--repository", scratch.path("repos"),
                "--token-file", token ?? scratch.path("token"),
            ], within: place?.enter ?? [])
    }

    // MARK: Files

    func path(_ node: String, _ instance: Int, _ inner: String = "") -> String {
        scratch.path("vols-\(node)/shop/shop.web.web/\(instance)/data") + (inner.isEmpty ? "" : "/\(inner)")
    }

    func text(_ node: String, _ instance: Int, _ inner: String) -> String? {
        FileManager.default.contents(atPath: path(node, instance, inner)).map { String(decoding: $0, as: UTF8.self) }
    }

    /// Free on both addresses, and not one that the kernel gives to somebody else in between.
    private static func freePort() throws -> Int {
        for _ in 0..<200 {
            let port = Int.random(in: 20_000..<32_000)
            if address.values.allSatisfy({ isFree($0, port) }) { return port }
        }
        throw TimedOut(what: "a free port")
    }

    private static func isFree(_ host: String, _ port: Int) -> Bool {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        inet_pton(AF_INET, host, &address.sin_addr)
        return withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
    }
}

extension VolumeServer {
    /// How a node is, by the controller.
    func node(_ name: String) async throws -> JSONValue {
        try await server.call(.GET, "/api/nodes").json["items"].array?.first { $0["name"].string == name } ?? .null
    }

    func confirmed(_ nodes: String...) async throws {
        for name in nodes {
            try await eventually("\(name) has its plan") { try await node(name)["isConfirmed"] == true ? true : nil }
        }
    }

    /// Copies of the nodes' records, newest first.
    func records(_ query: String = "") async throws -> [JSONValue] {
        try await server.call(.GET, "/api/nodes/runs?limit=1000\(query)").json["items"].array ?? []
    }

    func record(_ id: String) async throws -> JSONValue { try await server.call(.GET, "/api/nodes/runs/\(id)").json }

    /// The copy once it has ended.
    func end(of id: String, within seconds: Double = 180) async throws -> JSONValue {
        try await eventually("the record of \(id) has an end", within: seconds) {
            let record = try await self.record(id)
            return record["endedAt"].string == nil ? nil : record
        }
    }
}
