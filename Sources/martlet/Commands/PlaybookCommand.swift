import ArgumentParser
import Foundation
import MartletCore

/// How the hosts of a playbook's run stand.
struct PlaybookCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "playbook", abstract: "Show how the tasks and hosts of a playbook's run stand, or follow them.",
        discussion: "Example: martlet playbook 019aa5c4-7d21-7000-b5f3-0c6f1d3a9e42 --follow")

    @OptionGroup var options: ClientOptions
    @Argument(help: "Id of the run.") var id: String
    @Flag(name: .shortAndLong, help: "Print what happens until the run has ended.") var follow = false

    func run() async throws {
        try await Complaint.asExit {
            let client = try options.client()
            let path = "/api/runs/\(URLText.encode(id))/playbook"
            if follow { try await self.follow(client, path) }
            if follow, options.json { return }
            let reply = try await client.call("GET", path)
            if options.json { return Terminal.print(reply.text) }
            PlaybookSheet(structure: try reply.json()).print()
        }
    }

    /// After a break it goes on where it was.
    private func follow(_ client: APIClient, _ path: String) async throws {
        var events = EventLines()
        var tries = 0
        while !events.isOver, tries < 60 {
            do {
                try await client.stream("\(path)/events?after=\(events.last)") { bytes in
                    tries = 0
                    for event in events.take(bytes) {
                        Terminal.print(options.json ? event.data : event.sentence)
                    }
                }
            } catch is APIClient.Unreachable {
                // A server that restarts is back soon.
            }
            if events.isOver { return }
            tries += 1
            try await Task.sleep(for: .seconds(1))
        }
        if !events.isOver { throw MartletError(.unavailable, "the server does not answer any more") }
    }
}

/// Server-sent events, taken from bytes as they come.
private struct EventLines {
    struct Event {
        let type: String
        let data: String
    }

    private(set) var last = "0"
    private(set) var isOver = false
    private var rest: [UInt8] = []
    private var type = ""
    private var id: String?

    mutating func take(_ bytes: some Sequence<UInt8>) -> [Event] {
        rest += bytes
        guard let end = rest.lastIndex(of: UInt8(ascii: "\n")) else { return [] }
        let lines = rest[..<end].split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        rest = Array(rest[(end + 1)...])
        return lines.compactMap { line(String(decoding: $0, as: UTF8.self)) }
    }

    private mutating func line(_ line: String) -> Event? {
        if line.hasPrefix("event: ") { type = String(line.dropFirst(7)) }
        if line.hasPrefix("id: ") { id = String(line.dropFirst(4)) }
        guard line.hasPrefix("data: ") else { return nil }
        last = id ?? last
        if type == "end" { isOver = true }
        return Event(type: type, data: String(line.dropFirst(6)))
    }
}

extension EventLines.Event {
    /// One line for people.
    fileprivate var sentence: String {
        guard let value = try? JSONParser.parse(Array(data.utf8)) else { return data }
        func text(_ key: String) -> String { Terminal.safe(value[key].string ?? "") }
        switch type {
        case "play": return "PLAY \(text("name"))"
        case "task":
            let role = value["role"].string.map { "\(Terminal.safe($0)) : " } ?? ""
            return "  \(value["number"].int ?? 0)  \(role)\(text("name"))"
        case "host":
            let result = text("result")
            let isBad = ["failed", "unreachable"].contains(result)
            let words = isBad ? "  \(text("message"))" : ""
            return "      \(Terminal.paint(result, PlaybookSheet.colours[result]))  \(text("host"))\(words)"
        case "end": return "\(Terminal.paint(text("state"), Humane.colour(text("state"))))"
        case "begin", "stats": return "– \(type)"
        default: return "\(text("name")): \(value["plays"].int ?? 0) plays, \(value["tasks"].int ?? 0) tasks or more"
        }
    }
}

/// The hosts as a table, and what went wrong.
private struct PlaybookSheet {
    static let colours: [String: Terminal.Colour] = [
        "failed": .red, "unreachable": .red, "notReached": .yellow, "changed": .yellow, "ok": .green, "clean": .green,
    ]

    let structure: JSONValue

    func print() {
        let expected = structure["tasksExpected"].int.map { " of at least \($0)" } ?? ""
        let name = structure["playbook"].string.flatMap { $0.isEmpty ? nil : $0 } ?? structure["action"].string ?? ""
        let check = structure["isCheck"].bool == true ? ", a check" : ""
        Terminal.print(Terminal.safe("\(name)\(check): \(structure["tasksBegun"].int ?? 0)\(expected) tasks"))
        if let current = structure["current"].string { Terminal.print(Terminal.safe(current)) }
        var table = Table("HOST", "STANDS", "OK", "CHANGED", "FAILED", "UNREACHABLE", "SKIPPED")
        for host in structure["hosts"].items {
            let standing = host["standing"].string ?? ""
            table.add(
                .init(host["host"].string ?? ""), .init(standing, Self.colours[standing]),
                .init("\(host["ok"].int ?? 0)"), .init("\(host["changed"].int ?? 0)"),
                .init("\(host["failed"].int ?? 0)"), .init("\(host["unreachable"].int ?? 0)"),
                .init("\(host["skipped"].int ?? 0)"))
        }
        table.print()
        for failure in structure["failures"].items {
            let words = ["host", "result", "name", "message"].map { failure[$0].string ?? "" }
            Terminal.print(Terminal.safe("\(words[0]) \(words[1]) at “\(words[2])”: \(words[3])"))
        }
    }
}
