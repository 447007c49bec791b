import Foundation
import MartletCore

/// Volumes on disk, an inventory of them, and a real server with a real engine.
final class VolumeSite: Sendable {
    let scratch: Scratch
    let environment: [String: String]

    static let first = "shop-shop.web.web-1-data"
    static let second = "shop-shop.web.web-2-data"
    static let other = "other-other.web.web-1-data"

    /// `rules`: the backups of shop's volume, as YAML; `bin`: programs that come before the machine's own, by name;
    /// `inventory`: another one, below whose `root` all volumes lie.
    init(
        rules: String = "[{mode: full}, {mode: increment}]", bin: [String: String] = [:], inventory: String? = nil
    ) throws {
        scratch = try Scratch()
        let standard = """
            apps:
              shop:
                procs:
                  shop.web.web:
                    instances: {1: {container: c1}, 2: {container: c2}}
                    volumes:
                      /data: {backups: \(rules)}
                      /more: {backups: [{mode: full}]}
              other:
                procs: {other.web.web: {volumes: {/data: {backups: [{mode: full}]}}}}
              gone:
                procs: {g: {instances: {1: {node: elsewhere}}, volumes: {/data: {backups: [{mode: full}]}}}}
            """
        let text = "root: \(scratch.path("vols"))\n" + (inventory ?? standard)
        try Data(text.utf8).write(to: scratch.url.appending(path: "volumes.yaml"))
        environment = [
            "MARTLET_BACKUPS_INVENTORY": scratch.path("volumes.yaml"),
            "MARTLET_BACKUPS_REPOSITORY": scratch.path("repos") + "/{app}", "MARTLET_BACKUPS_NODE": "here",
            "PATH": scratch.path("bin") + ":/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin",
            "SITE": scratch.url.path,
        ]
        let volumes = inventory == nil ? [Self.first, Self.second, Self.other] : []
        for folder in ["bin"] + volumes.map({ path($0) }) {
            let path = folder.hasPrefix("/") ? folder : scratch.path(folder)
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        }
        for (name, text) in bin {
            try Scratch.program(at: scratch.path("bin/\(name)"), text)
        }
        for volume in volumes where volume != Self.second { try write("hello\n", to: "a.txt", in: volume) }
    }

    func server(_ more: [String: String] = [:]) async throws -> VolumeServer {
        VolumeServer(site: self, server: try await Server(scratch, environment: environment.merging(more) { $1 }))
    }

    // MARK: Files

    func path(_ volume: String, _ inner: String = "") -> String {
        let parts = volume.split(separator: "-")
        let root = scratch.path("vols/\(parts[0])/\(parts[1])/\(parts[2])/\(parts[3])")
        return inner.isEmpty ? root : "\(root)/\(inner)"
    }

    func write(_ text: String, to inner: String, in volume: String = first) throws {
        let url = URL(filePath: path(volume, inner))
        try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: url)
    }

    /// Random bytes, so that a backup of them takes its time.
    func fill(_ megabytes: Int, _ inner: String = "large") async throws {
        try await shell("head -c \(megabytes)M /dev/urandom >'\(path(Self.first, inner))'")
    }

    func text(_ inner: String, in volume: String = first) -> String? {
        FileManager.default.contents(atPath: path(volume, inner)).map { String(decoding: $0, as: UTF8.self) }
    }

    func names(_ volume: String = first, _ inner: String = "") throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: path(volume, inner)).sorted()
    }

    func repository(_ app: String = "shop") -> String { scratch.path("repos/\(app)") }

    func locks(_ app: String = "shop") -> [String] {
        // A file that a killed engine had not finished writing locks nothing.
        ((try? FileManager.default.contentsOfDirectory(atPath: repository(app) + "/locks")) ?? []).filter {
            !$0.contains("-tmp-")
        }
    }

    /// Damages the stored data in the middle.
    func flipByte(_ app: String = "shop") throws {
        let data = URL(filePath: repository(app) + "/data")
        let packs =
            FileManager.default.enumerator(at: data, includingPropertiesForKeys: [.fileSizeKey])?.compactMap {
                $0 as? URL
            }.filter { !$0.hasDirectoryPath } ?? []
        let sizes = try packs.map { (url: $0, size: try Data(contentsOf: $0).count) }
        guard let largest = sizes.max(by: { $0.size < $1.size }) else { throw TimedOut(what: "a pack") }
        chmod(largest.url.path, 0o600)
        let file = try FileHandle(forUpdating: largest.url)
        try file.seek(toOffset: UInt64(largest.size / 4))
        let byte = try file.read(upToCount: 1)?.first ?? 0
        try file.seek(toOffset: UInt64(largest.size / 4))
        try file.write(contentsOf: Data([byte ^ 0xFF]))
        try file.close()
    }

    // MARK: Programs

    struct ShellFailed: Error { let output: String }

    @discardableResult
    func shell(_ script: String) async throws -> String {
        let name = "shell-\(UUID().uuidString)"
        let child = try Child(
            ["/bin/sh", "-euc", script], environment: Server.environment, directory: scratch.url, name: name)
        let status = try await child.ended()
        let texts = ["out", "err"].map {
            (try? String(contentsOfFile: scratch.path("\(name).\($0)"), encoding: .utf8)) ?? ""
        }
        guard status == 0 else { throw ShellFailed(output: texts.joined()) }
        return texts[0]
    }

    private static let tree = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "Conformance/volume_tree.py").path

    /// Everything that a file system has.
    func makeTree(in volume: String = first) async throws {
        try await shell("exec python3 -B '\(Self.tree)' make '\(path(volume))'")
    }

    /// One line for each entry, with all that a restore must keep.
    func tree(_ volume: String = first) async throws -> [String] {
        try await shell("exec python3 -B '\(Self.tree)' show '\(path(volume))'").split(separator: "\n").map(String.init)
    }

    /// Pids of the processes of a program, the engine's for one, that work on this site with this word in their arguments.
    func engines(_ word: String, program: String = "restic") -> [pid_t] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return names.compactMap { pid_t($0) }.filter { pid in
            func words(_ file: String) -> [String] {
                let data = FileManager.default.contents(atPath: "/proc/\(pid)/\(file)") ?? Data()
                return data.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
            }
            let arguments = words("cmdline")
            return "/\(arguments.first ?? "")".hasSuffix("/\(program)") && arguments.contains(word)
                && words("environ").contains { $0.hasPrefix("RESTIC_REPOSITORY=\(scratch.url.path)/") }
        }
    }
}

/// The server of a site.
final class VolumeServer: Sendable {
    let site: VolumeSite
    let server: Server

    init(site: VolumeSite, server: Server) { (self.site, self.server) = (site, server) }

    func killed() async throws {
        server.child.signal(SIGKILL)
        _ = try await server.child.ended()
    }

    func call(
        _ method: Server.Verb = .GET, _ path: String, _ body: JSONValue? = nil, token: String? = nil
    ) async throws -> Server.Reply {
        let headers = token.map { ["Authorization": "Bearer \($0)"] } ?? [:]
        return try await server.call(method, "/api/volumes\(path)", body: body, headers: headers)
    }

    /// Starts a run and gives its id. A node that is too busy to answer its controller in time is asked again.
    func start(_ method: Server.Verb = .POST, _ path: String, _ body: JSONValue? = nil) async throws -> String {
        let headers = ["Idempotency-Key": UUID().uuidString]
        return try await eventually("\(method) \(path) starts a run") {
            let reply = try await server.call(method, "/api/volumes\(path)", body: body, headers: headers)
            if reply.status == 503 { return nil }
            guard reply.status == 202, let id = reply.json["id"].string else {
                throw Server.Refused(reply: "\(reply.status) \(reply.text)")
            }
            return id
        }
    }

    /// The run once it has ended.
    func run(_ method: Server.Verb = .POST, _ path: String, _ body: JSONValue? = nil) async throws -> JSONValue {
        try await server.ended(start(method, path, body))
    }

    @discardableResult
    func backup(_ volume: String = VolumeSite.first, mode: String? = nil) async throws -> JSONValue {
        try await run(.POST, "/\(volume)/backup", mode.map { ["mode": .string($0)] })
    }

    func restore(_ version: String = "latest", of volume: String = VolumeSite.first, _ body: JSONValue? = nil)
        async throws
        -> JSONValue
    {
        try await run(.POST, "/\(volume)/versions/\(version)/restore", body)
    }

    /// Newest first.
    func versions(_ volume: String = VolumeSite.first) async throws -> [JSONValue] {
        try await call(.GET, "/\(volume)/versions?limit=1000").json["items"].array ?? []
    }

    func modes(_ volume: String = VolumeSite.first) async throws -> [String] {
        try await versions(volume).compactMap { $0["mode"].string }
    }

    func token(_ role: String, labels: [String: String] = [:]) async throws -> String {
        let body: JSONValue = [
            "name": .string(UUID().uuidString), "role": .string(role),
            "labels": .object(labels.mapValues { .string($0) }),
        ]
        return try await server.call(.POST, "/api/tokens", body: body).json["token"].string ?? ""
    }
}
