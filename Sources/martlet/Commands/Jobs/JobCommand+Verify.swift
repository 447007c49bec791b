import ArgumentParser
import Foundation
import MartletCore

extension JobCommand {
    struct Verify: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Compare both sides of a replication, while it goes on.",
            discussion: """
                Waits for the end, and ends with 0 when both sides are equal, 3 when they differ, 1 when they could not be
                compared. Ctrl-C ends the waiting only; martlet stop ends the comparison.

                Example: martlet job verify orders
                """)
        /// Of the two sides.
        private static let differing: Int32 = 3

        @OptionGroup var options: ClientOptions
        @Argument(help: "Id of the job.") var id: String

        func run() async throws {
            try await Complaint.asExit {
                let client = try options.client()
                let started = try await client.call("POST", JobCommand.path(id, "/verify")).json()
                let run = started["id"].string ?? ""
                let reply = try await RunFollowing(client: client, id: run).end(showsProgress: !options.json)
                let ended = try reply.json()
                let results = ended["results"]
                if options.json {
                    Terminal.print(reply.text)
                } else {
                    ComparisonSheet(results: results).print()
                }
                guard results["done"].bool == true else {
                    let why = results["error"].string ?? ended["reason"][Languages.current.rawValue].string ?? ""
                    throw MartletError(
                        .unavailable, "the comparison did not come to its end: \(why); martlet logs \(run)")
                }
                if results["equal"].bool != true { throw ExitCode(Self.differing) }
            }
        }
    }
}

/// What a comparison found, for people.
private struct ComparisonSheet {
    let results: JSONValue

    func print() {
        var table = Table("TABLE", "ROWS", "DIFFERING", "NOTE")
        for each in results["tables"].items {
            let isEqual = each["equal"].bool == true
            table.add(
                .init(name(each)), .init("\(each["rows"].int ?? 0)"),
                .init("\(each["differing"].int ?? 0)", isEqual ? .green : .red), .init(note(each)))
        }
        if !results["tables"].items.isEmpty { table.print() }
        for each in results["tables"].items where !each["keys"].items.isEmpty {
            Terminal.print("\(name(each)), keys of rows that differ:")
            for key in each["keys"].items.compactMap(\.string) { Terminal.print("  \(Terminal.safe(key))") }
        }
        if let omitted = results["tablesOmitted"].int, omitted > 0 { Terminal.print("and \(omitted) more tables") }
        if let sentence = results["sentence"].string { Terminal.complain(Terminal.safe(sentence)) }
    }

    private func name(_ table: JSONValue) -> String {
        Terminal.safe("\(table["schema"].string ?? "").\(table["table"].string ?? "")")
    }

    private func note(_ table: JSONValue) -> String {
        var parts = [table["note"].string ?? ""]
        if let count = table["unsettled"].int, count > 0 { parts.append("\(count) rows kept changing") }
        let left = table["uncompared"].items.compactMap(\.string)
        if !left.isEmpty { parts.append("not compared: \(left.joined(separator: ", "))") }
        return Terminal.safe(parts.filter { !$0.isEmpty }.joined(separator: "; "))
    }
}
