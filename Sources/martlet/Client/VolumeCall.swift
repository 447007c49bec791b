import ArgumentParser
import Foundation
import MartletCore

/// One call about volumes and how its answer is printed.
struct VolumeCall {
    private let options: ClientOptions

    init(_ options: ClientOptions) { self.options = options }

    static var volumes: Table { Table("VOLUME", "VERSIONS", "NEWEST", "SIZE", "PROVEN", "PATH") }

    static func path(_ volume: String, _ version: String? = nil) -> String {
        "/api/volumes/\(URLText.encode(volume))" + (version.map { "/versions/\(URLText.encode($0))" } ?? "")
    }

    static func add(_ version: JSONValue, to table: inout Table) {
        table.add(
            .init("\(version["number"].int ?? 0)"), .init(version["createdAt"].string ?? ""),
            .init(version["mode"].string ?? "", version["isPartial"].bool == true ? .yellow : nil),
            .init("\(version["files"].int ?? 0)"), .init(Humane.bytes(version["bytes"])),
            .init(Humane.bytes(version["added"])), .init(version["name"].string ?? ""))
    }

    func list(_ path: String, _ table: Table, add: (JSONValue, inout Table) -> Void) async throws {
        try await Complaint.asExit {
            let reply = try await options.client().call("GET", path)
            if options.json { return Terminal.print(reply.text) }
            var table = table
            for item in try reply.json()["items"].items { add(item, &table) }
            table.print()
        }
    }

    /// Starts a run: prints its id, or with `--wait` what became of it.
    func start(_ method: String, _ path: String, _ body: JSONValue?, _ waiting: VolumeWaiting) async throws {
        try await Complaint.asExit {
            let client = try options.client()
            let reply = try await client.call(method, path, body: body)
            let id = try reply.json()["id"].string ?? ""
            guard waiting.wait else { return Terminal.print(options.json ? reply.text : id) }
            if try reply.json()["node"].string != nil { return try await follow(id, client) }
            let end = try await RunFollowing(client: client, id: URLText.encode(id)).end(showsProgress: !options.json)
            let run = try end.json()
            Terminal.print(options.json ? end.text : Self.sentence(run))
            let code = RunExit.code(run)
            if code != 0 { throw ExitCode(1) }
        }
    }

    /// A run of a node: the server has a copy of its record.
    private func follow(_ id: String, _ client: APIClient) async throws {
        var reply: APIClient.Reply
        repeat {
            reply = try await client.call(
                "GET", "/api/nodes/runs/\(URLText.encode(id))", headers: ["Prefer": "wait=30"])
        } while try reply.json()["endedAt"].string == nil
        let record = try reply.json()
        let state = record["state"].string ?? ""
        let isGood = state == RunState.succeeded.rawValue
        let words = (isGood ? record["message"].string : nil) ?? record["reason"].string ?? ""
        Terminal.print(
            options.json ? reply.text : "\(Terminal.paint(state, Humane.colour(state))): \(Terminal.safe(words))")
        if !isGood { throw ExitCode(1) }
    }

    private static func sentence(_ run: JSONValue) -> String {
        let state = run["state"].string ?? ""
        let message = run["message"].string ?? ""
        let reason = run["reason"][Languages.current.rawValue].string ?? ""
        let isGood = state == RunState.succeeded.rawValue
        var lines = ["\(Terminal.paint(state, Humane.colour(state))): \(Terminal.safe(isGood ? message : reason))"]
        for sample in run["results"]["samples"].items {
            lines.append("  \(Terminal.safe("\(sample["change"].string ?? "") \(sample["path"].string ?? "")"))")
        }
        return lines.joined(separator: "\n")
    }
}

extension Humane {
    static func bytes(_ value: JSONValue) -> String {
        guard let count = value.double else { return "–" }
        let units = ["B", "kB", "MB", "GB", "TB", "PB"]
        var (rest, unit) = (count, 0)
        while rest >= 1000, unit < units.count - 1 { (rest, unit) = (rest / 1000, unit + 1) }
        return unit == 0 ? "\(Int64(count)) B" : String(format: "%.1f \(units[unit])", rest)
    }
}

/// A file that is there only when it is whole.
struct DownloadFile {
    let descriptor: Int32
    private let path: String
    private let draft: String

    init(_ path: String) throws(MartletError) {
        self.path = path
        draft = path + ".part"
        guard access(path, F_OK) != 0 else { throw MartletError(.conflict, "\(path) is there already") }
        descriptor = open(draft, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw MartletError(.invalid, "\(draft) cannot be written: \(String(cString: strerror(errno)))")
        }
    }

    func keep() throws(MartletError) {
        guard fsync(descriptor) == 0, rename(draft, path) == 0 else {
            throw MartletError(.unavailable, "\(path) cannot be written: \(String(cString: strerror(errno)))")
        }
        close(descriptor)
    }
}
