package import MartletCore

/// Knows what of a status file is new.
package protocol StatusLines: Sendable {
    /// The lines that are new. `status`: the members of the status file.
    mutating func lines(_ status: [String: JSONValue]) -> [JSONValue]
}

/// Turns what a process says of itself in its status file into lines for `MARTLET_PROGRESS`: each stage and each trouble as an
/// event, once; where it stands as message, progress and results.
package struct ReplicationReport: StatusLines {
    /// The result that says what a process ended with.
    static let error = "error"

    private var told: [String: JSONValue] = [:]
    private var stages = 0
    private var lastEvent: Int64 = 0

    package init() {}

    /// Of a process that never had a status.
    package static func line(error text: String) -> JSONValue { ["v": 1, "result": .object([error: .string(text)])] }

    package mutating func lines(_ status: [String: JSONValue]) -> [JSONValue] {
        var lines: [JSONValue] = []
        let entered = status["stages"]?.array?.compactMap { $0.object?["stage"]?.string } ?? []
        for stage in entered.dropFirst(stages) { lines.append(["v": 1, "event": .string(stage)]) }
        stages = max(stages, entered.count)
        for event in status["events"]?.array?.compactMap(\.object) ?? [] {
            guard case .int(let number)? = event["n"], number > lastEvent else { continue }
            lastEvent = number
            // What a process failed with stands in its end.
            guard event["level"] == "warning", let text = event["text"] else { continue }
            lines.append(["v": 1, "event": text])
        }
        let now = Self.standing(status, stage: entered.last)
        if now != told { lines.append(.object(now)) }
        told = now
        return lines
    }

    private static func standing(_ status: [String: JSONValue], stage: String?) -> [String: JSONValue] {
        let full = status["full"]?.object ?? [:]
        var results: [String: JSONValue] = [:]
        results["stage"] = stage.map(JSONValue.string)
        results["delay"] = status["lag"]
        for name in ["state", "gtid", "file", "position", "rowsPerSecond", "transactionsPerSecond", "retries", error] {
            results[name] = status[name]
        }
        results["rows"] = full["rows"]
        results["rowsTotal"] = full["rowsTotal"]
        results["stall"] = status["stall"]?.object?["cause"]
        results = results.filter { $0.value != .null && $0.value != "" }
        var line: [String: JSONValue] = ["v": 1, "result": .object(results)]
        line["progress"] = fraction(full)
        line["message"] = .string(message(status, full))
        return line
    }

    /// Of the copy; nil: there is none, or nobody knows how much it is.
    private static func fraction(_ full: [String: JSONValue]) -> JSONValue? {
        if full["done"] == true { return 1 }
        guard let rows = full["rows"]?.amount, let total = full["rowsTotal"]?.amount, total > 0 else { return nil }
        // The total is an estimate.
        return .double(min(0.99, rows / total))
    }

    private static func message(_ status: [String: JSONValue], _ full: [String: JSONValue]) -> String {
        let state = status["state"]?.string ?? ""
        switch state {
        case "copying":
            let rows = full["rows"]?.amount.map { String(Int($0)) } ?? "0"
            let total = full["rowsTotal"]?.amount.map { " of about \(Int($0))" } ?? ""
            let left = full["eta"]?.amount.map { ", \(Int($0)) s left" } ?? ""
            return "copying: \(rows)\(total) rows\(left)"
        case "applying":
            if let cause = status["stall"]?.object?["cause"]?.string { return "stands still: \(cause)" }
            return status["lag"]?.amount.map { "following, \(Int($0.rounded())) s behind" } ?? "following"
        case "retrying":
            let text = status["lastError"]?.object?["text"]?.string ?? ""
            return text.isEmpty ? "trying again" : "trying again: \(text)"
        default: return state
        }
    }
}

extension JSONValue {
    var amount: Double? {
        switch self {
        case .int(let value): Double(value)
        case .double(let value): value.isFinite && abs(value) < 1e15 ? value : nil
        case .null, .bool, .string, .array, .object: nil
        }
    }
}
