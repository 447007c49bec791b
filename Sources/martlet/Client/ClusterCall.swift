import ArgumentParser
import Foundation
import MartletCore
import MartletYAML

/// Calls of the API about clusters, and how their answers are printed.
struct ClusterCall {
    let options: ClientOptions

    init(_ options: ClientOptions) { self.options = options }

    /// The path of a cluster that is named by its id or by its name. Throws `notFound`.
    func path(_ word: String, _ client: APIClient) async throws -> String {
        let all = try await client.call("GET", "/api/clusters").json()["items"].items
        let found = all.first { $0["id"].string == word } ?? all.first { $0["name"].string == word }
        guard let id = found?["id"].string else {
            throw MartletError(.notFound, "there is no cluster \(word); martlet clusters list shows them")
        }
        return "/api/clusters/\(URLText.encode(id))"
    }

    /// Prints the server's answer: as it is, or for people.
    func send(
        _ method: String, _ cluster: String, _ suffix: String = "", _ body: JSONValue? = nil, done: String? = nil
    ) async throws {
        try await Complaint.asExit {
            let client = try options.client()
            try print(
                await client.call(method, try await path(cluster, client) + suffix, body: body, within: 7500),
                done: done)
        }
    }

    func send(plain method: String, _ path: String, _ body: JSONValue? = nil, done: String? = nil) async throws {
        try await Complaint.asExit {
            try print(await options.client().call(method, path, body: body, within: 7500), done: done)
        }
    }

    private func print(_ reply: APIClient.Reply, done: String?) throws {
        if options.json { return Terminal.print(reply.bytes.isEmpty ? "{}" : reply.text) }
        Terminal.print(try done ?? JSONText.pretty(reply.json()))
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

    /// Starts a run about a cluster.
    func start(_ cluster: String, _ verb: String, _ body: JSONValue?, _ waiting: VolumeWaiting) async throws {
        try await Complaint.asExit {
            let path = try await path(cluster, try options.client())
            try await VolumeCall(options).start("POST", "\(path)/\(verb)", body, waiting)
        }
    }

    /// A description in a file, YAML or JSON; `-`: from stdin.
    static func document(_ file: String) throws -> JSONValue {
        let data =
            file == "-"
            ? try FileHandle.standardInput.readToEnd() ?? Data() : FileManager.default.contents(atPath: file)
        guard let data, let text = String(data: data, encoding: .utf8) else {
            throw MartletError(.invalid, "the file \(file) cannot be read")
        }
        do {
            return try YAMLDocument.parse(text)
        } catch let failure as YAMLDocument.Failure {
            throw MartletError(.invalid, "the file \(file) is neither YAML nor JSON: \(failure)")
        }
    }

    static func id(in document: JSONValue, _ file: String) throws(MartletError) -> String {
        if let id = document["id"].string, !id.isEmpty { return id }
        throw MartletError(.invalid, "\(file) has no id; take one from what list or show --json print")
    }
}

/// Doing what the status of a cluster does not allow.
struct ClusterInsistence: ParsableArguments {
    @Flag(help: "Do it whatever the status is; needs --confirm.") var force = false
    @Option(help: "With --force: the name of the cluster.") var confirm: String?

    var members: [String: JSONValue] {
        var all: [String: JSONValue] = [:]
        if force { all["force"] = true }
        all["confirm"] = confirm.map(JSONValue.string)
        return all
    }
}
