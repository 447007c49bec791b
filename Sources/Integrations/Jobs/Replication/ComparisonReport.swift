package import MartletCore

/// Turns the status of a process that compares into lines for `MARTLET_PROGRESS`: how far it is, and what it has found.
package struct ComparisonReport: StatusLines {
    /// The result that says in a sentence what differs.
    static let sentence = "sentence"
    /// A line has no more than 64 KiB.
    private static let most = 40_000
    /// Of one table's keys.
    private static let mostOfKeys = 8000
    private static let longestKey = 200
    /// Tables that the sentence names.
    private static let mostNamed = 10

    private var told: JSONValue = .null
    /// What the list of tables was told with.
    private var listed: [JSONValue] = []

    package init() {}

    /// The list of tables is long: it comes again only where another one has ended or differs.
    package mutating func lines(_ status: [String: JSONValue]) -> [JSONValue] {
        var line = Self.line(status)
        let whole = JSONValue.object(line)
        var results = line["result"]?.object ?? [:]
        let standing = ["tablesCompared", "differing", "done"].map { results[$0] ?? JSONValue.null }
        for name in ["tables", "tablesOmitted"] { results[name] = nil }
        line["result"] = .object(results)
        let short = JSONValue.object(line)
        defer { (told, listed) = (short, standing) }
        return short == told ? [] : [standing == listed ? short : whole]
    }

    private static func line(_ status: [String: JSONValue]) -> [String: JSONValue] {
        var results: [String: JSONValue] = [:]
        results[ReplicationReport.error] = status[ReplicationReport.error].flatMap { $0 == .null ? nil : $0 }
        guard let verify = status["verify"]?.object else { return ["v": 1, "result": .object(results)] }
        let tables = verify["tables"]?.array?.compactMap(\.object) ?? []
        let rows = tables.compactMap { $0["rows"]?.amount }.reduce(0, +)
        let isDone = verify["done"] == true
        let differing = tables.filter { $0["equal"] == false }
        let compared = isDone ? tables.count : max(0, tables.count - 1)
        results["done"] = .bool(isDone)
        results["equal"] = .bool(verify["equal"] == true)
        results["rows"] = .int(Int64(rows))
        results["rowsTotal"] = verify["rowsTotal"]
        results["tablesCompared"] = .int(Int64(compared))
        results["tablesTotal"] = verify["tablesTotal"]
        results["differing"] = .int(Int64(tables.compactMap { $0["differing"]?.amount }.reduce(0, +)))
        let shown = shown(differing + tables.filter { $0["equal"] != false })
        results["tables"] = .array(shown)
        results["tablesOmitted"] = .int(Int64(tables.count - shown.count))
        if isDone { results[sentence] = .string(words(differing, tables.count, rows)) }
        var line: [String: JSONValue] = ["v": 1, "result": .object(results)]
        line["progress"] = isDone ? 1 : fraction(rows, verify["rowsTotal"]?.amount)
        line["message"] =
            results[sentence] ?? .string("\(Int(rows)) rows compared, at \(tables.last.map(name) ?? "the beginning")")
        return line
    }

    /// The total is an estimate.
    private static func fraction(_ rows: Double, _ total: Double?) -> JSONValue? {
        guard let total, total > 0 else { return nil }
        return .double(min(0.99, rows / total))
    }

    private static func name(_ table: [String: JSONValue]) -> String {
        "\(table["schema"]?.string ?? "").\(table["table"]?.string ?? "")"
    }

    private static func words(_ differing: [[String: JSONValue]], _ tables: Int, _ rows: Double) -> String {
        guard tables > 0 else { return "nothing was compared: no table is selected" }
        guard !differing.isEmpty else { return "both sides are equal: \(tables) tables, \(Int(rows)) rows" }
        let named = differing.prefix(mostNamed).map { table -> String in
            let count = Int(table["differing"]?.amount ?? 0)
            let note = (table["note"]?.string ?? "").prefix(longestKey)
            return "\(name(table)) (\(count > 0 ? "\(count) rows" : String(note)))"
        }
        let more = differing.count > mostNamed ? " and \(differing.count - mostNamed) more" : ""
        return "\(differing.count) of \(tables) tables differ: \(named.joined(separator: ", "))\(more)"
    }

    /// As many as have room, those that differ first.
    private static func shown(_ tables: [[String: JSONValue]]) -> [JSONValue] {
        var room = most
        var shown: [JSONValue] = []
        for table in tables {
            var table = table.filter { $0.key != "chunks" && $0.value != [] && $0.value != "" }
            if let keys = table["keys"]?.array { table["keys"] = .array(cut(keys)) }
            room -= size(.object(table))
            if room < 0 { break }
            shown.append(.object(table))
        }
        return shown
    }

    private static func cut(_ keys: [JSONValue]) -> [JSONValue] {
        var room = mostOfKeys
        return keys.map { .string(String(readable($0.string ?? "").prefix(longestKey))) }.prefix { key in
            room -= size(key)
            return room >= 0
        }
    }

    /// Texts that stand in statements as bytes become texts again, where they are UTF-8: `_utf8mb4 X'626f62' COLLATE …` is 'bob'.
    private static func readable(_ key: String) -> String {
        key.replacing(/_(?:utf8|utf8mb3|utf8mb4|ascii) X'(?<hex>[0-9A-Fa-f]*)'(?: COLLATE \w+)?/) { found in
            let digits = Array(found.hex)
            let bytes = stride(from: 0, to: digits.count - 1, by: 2).compactMap {
                UInt8(String(digits[$0...$0 + 1]), radix: 16)
            }
            guard let text = String(validating: bytes, as: UTF8.self) else { return String(found.0) }
            return "'\(text.replacing("'", with: "''"))'"
        }
    }

    private static func size(_ value: JSONValue) -> Int {
        switch value {
        case .object(let members): members.reduce(2) { $0 + $1.key.utf8.count + 4 + size($1.value) }
        case .array(let elements): elements.reduce(2) { $0 + 1 + size($1) }
        // Escaped it may be longer.
        case .string(let text): text.utf8.reduce(2) { $0 + ($1 < 0x20 ? 6 : 2) }
        case .null, .bool, .int, .double: 20
        }
    }
}
