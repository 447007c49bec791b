import ArgumentParser
import MartletCore

extension SchedulesCommand {
    struct Calendars: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the work calendars with the years that they have lists for.",
            discussion: "Example: martlet schedules calendars")
        @OptionGroup var options: ClientOptions

        func run() async throws {
            try await Complaint.asExit {
                let reply = try await options.client().call("GET", "/api/calendars")
                if options.json { return Terminal.print(reply.text) }
                var table = Table("NAME", "YEARS", "MISSING", "TITLE")
                for calendar in try reply.json()["items"].items {
                    let missing = Self.years(calendar["missing"])
                    table.add(
                        .init(calendar["name"].string ?? ""), .init(Self.years(calendar["years"])),
                        .init(missing, missing == "–" ? nil : .yellow), .init(calendar["title"].string ?? ""))
                }
                table.print()
            }
        }

        private static func years(_ list: JSONValue) -> String {
            let years = list.items.compactMap(\.int).map(String.init)
            return years.isEmpty ? "–" : years.joined(separator: " ")
        }
    }
}
