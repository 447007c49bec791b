import ArgumentParser
import MartletCore

/// Which page of a list is wanted.
struct PageOptions: ParsableArguments {
    @Option(help: "At most so many, 1 to 1000.") var limit = 50
    @Option(help: "Where the page before ended.") var cursor: String?

    /// Prints a page of `path`: as the server's JSON, or as `table`, to which `add` adds an item. Filters that are nil are
    /// left out.
    func print(
        _ path: String, _ filters: [(String, String?)] = [], _ options: ClientOptions, _ table: Table,
        add: (JSONValue, inout Table) -> Void
    ) async throws {
        let query = (filters + [("limit", String(limit)), ("cursor", cursor)])
            .compactMap { name, value in value.map { "\(name)=\(URLText.encode($0))" } }.joined(separator: "&")
        let reply = try await options.client().call("GET", "\(path)?\(query)")
        if options.json { return Terminal.print(reply.text) }
        let page = try reply.json()
        var table = table
        for item in page["items"].items { add(item, &table) }
        table.print()
        if let next = page["next"].string { Terminal.complain("more: --cursor \(next)") }
    }
}
