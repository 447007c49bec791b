import Foundation
import MartletCore

/// One call of the cache facade and how its answer is printed.
struct CacheCall {
    private let options: ClientOptions

    init(_ options: ClientOptions) { self.options = options }

    static func path(_ path: String, _ query: [(String, String?)]) -> String {
        let items = query.compactMap { name, value in value.map { "\(name)=\(URLText.encode($0))" } }
        return items.isEmpty ? path : path + "?" + items.joined(separator: "&")
    }

    func submitted(_ path: String, _ body: JSONValue) async throws {
        try await Complaint.asExit {
            let reply = try await call("POST", path, body)
            if options.json { return Terminal.print(reply.text) }
            for task in try reply.json()["results"].items {
                let joined = task["joined"].bool == true ? "  (was going already)" : ""
                Terminal.print(
                    "\(Terminal.safe(task["task_id"].string ?? ""))  \(Terminal.safe(task["path"].string ?? ""))\(joined)"
                )
            }
        }
    }

    func status(_ path: String) async throws {
        try await Complaint.asExit {
            let reply = try await call("GET", path)
            if options.json { return Terminal.print(reply.text) }
            let answer = try reply.json()
            var table = Table("ID", "STATUS", "FILES", "FAILED", "ACTION", "PATH")
            for (id, task) in (answer["data"].object ?? [:]).sorted(by: { $0.key < $1.key }) {
                table.add(
                    .init(id), .init(task["status"].string ?? ""), .init(task["progress"].string ?? ""),
                    .init(String(task["failed_count"].int ?? 0)), .init(task["action"].string ?? ""),
                    .init(task["path"].string ?? ""))
            }
            table.print()
            Terminal.print("\(answer["total_task"].int ?? 0) tasks: \(answer["status"].string ?? "")")
        }
    }

    func output(_ path: String) async throws {
        try await Complaint.asExit {
            let reply = try await call("GET", path)
            if options.json { return Terminal.print(reply.text) }
            let texts = try reply.json().object ?? [:]
            for (id, text) in texts.sorted(by: { $0.key < $1.key }) {
                if texts.count > 1 { Terminal.print("==> \(Terminal.safe(id))") }
                Terminal.write(text.string ?? "", to: 1)
            }
        }
    }

    func stopped(_ path: String) async throws {
        try await Complaint.asExit {
            let reply = try await call("DELETE", path)
            if options.json { return Terminal.print(reply.text) }
            let answer = try reply.json()
            for id in answer["stopped"].items { Terminal.print(Terminal.safe(id.string ?? "")) }
            for id in answer["shared"].items {
                Terminal.complain(
                    "\(Terminal.safe(id.string ?? "")) goes on: another batch waits for it, too; stop it by its id")
            }
        }
    }

    /// Prints the answer's text; with `--json` as a JSON text.
    func text(_ method: String, _ path: String, _ body: JSONValue?, within seconds: Int64) async throws {
        try await Complaint.asExit {
            let reply = try await call(method, path, body, within: seconds)
            let text = (try? reply.json())?.string ?? reply.text
            if options.json { return Terminal.print(JSONText.line(.string(text))) }
            Terminal.write(text.hasSuffix("\n") ? text : text + "\n", to: 1)
        }
    }

    /// The facade's errors are texts, JSON texts or `{"error": …}`, as the replaced service had them.
    private func call(
        _ method: String, _ path: String, _ body: JSONValue? = nil, within seconds: Int64 = 60
    ) async throws -> APIClient.Reply {
        let reply = try await options.client().call(
            method, path, body: body, accept: Set(400..<600), within: seconds)
        if reply.status < 400 { return reply }
        let json = try? reply.json()
        let message = json?["error"].string ?? json?["detail"].string ?? json?.string ?? reply.text
        throw MartletError(.invalid, Terminal.safe(message.isEmpty ? "the server answered \(reply.status)" : message))
    }
}
