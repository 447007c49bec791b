import ArgumentParser
import MartletCore

// Other machines: their agents do the work, and the server keeps copies of their records.
extension VolumesCommand {
    struct Nodes: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the nodes, and whether each follows its plan.",
            discussion: "Example: martlet volumes nodes")
        @OptionGroup var options: ClientOptions

        func run() async throws {
            let table = Table("NODE", "ADDRESS", "STATE", "PLAN", "HEARD", "PROBLEM")
            try await VolumeCall(options).list("/api/nodes", table) { node, table in
                let (state, isConfirmed) = (node["state"].string ?? "", node["isConfirmed"].bool == true)
                table.add(
                    .init(node["name"].string ?? ""), .init(node["address"].string ?? ""),
                    .init(state, state == "up" ? .green : state == "down" ? .red : .yellow),
                    .init(isConfirmed ? "confirmed" : "pending", isConfirmed ? nil : .yellow),
                    .init(node["heardAt"].string ?? "–"), .init(node["problem"].string ?? "–"))
            }
        }
    }

    struct Records: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List what the nodes ran, newest first.",
            discussion: "Example: martlet volumes records --node node-1")
        @OptionGroup var options: ClientOptions
        @OptionGroup var page: PageOptions
        @Option(help: "Of one node only.") var node: String?
        @Option(help: "Of one app only.") var app: String?

        func run() async throws {
            try await Complaint.asExit {
                let filters = [("node", node), ("app", app)]
                let table = Table("RUN", "NODE", "ACTION", "STATE", "STARTED", "VOLUME")
                try await page.print("/api/nodes/runs", filters, options, table) { record, table in
                    let state = record["state"].string ?? ""
                    let volume = record["volume"]
                    table.add(
                        .init(record["id"].string ?? ""), .init(record["node"].string ?? ""),
                        .init(record["action"].string ?? ""), .init(state, Humane.colour(state)),
                        .init(record["startedAt"].string ?? "–"),
                        .init(
                            "\(volume["proc"].string ?? "") \(volume["instance"].int ?? 0) \(volume["volume"].string ?? "")"
                        ))
                }
            }
        }
    }
}
