import Foundation
package import Hummingbird
package import MartletCore

/// The parameters of a query, each taken once; what nobody takes is an error that names it.
package struct QueryItems {
    private var items: [(name: String, value: String)] = []
    private let problems = Fields.Problems()
    private var known: [String] = []

    package init(_ request: Request) throws(MartletError) {
        guard let query = request.uri.query, !query.isEmpty else { return }
        for part in query.split(separator: "&") {
            let pair = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let value = pair.count == 2 ? pair[1] : ""
            guard let name = Self.decode(pair[0]), let value = Self.decode(value) else {
                throw Problem.invalid(String(pair[0].prefix(64)), "is not correctly percent-encoded")
            }
            items.append((name, value))
        }
    }

    private static func decode(_ text: Substring) -> String? {
        guard text.utf8.contains(where: { $0 == UInt8(ascii: "%") || $0 == UInt8(ascii: "+") }) else {
            return String(text)
        }
        return text.replacing("+", with: " ").removingPercentEncoding
    }

    package func problem(_ name: String, _ text: String) { problems.add(name, text) }

    mutating func all(_ name: String) -> [String] {
        known.append(name)
        let values = items.filter { $0.name == name }.map(\.value)
        items.removeAll { $0.name == name }
        return values
    }

    package mutating func text(_ name: String) -> String? {
        let values = all(name)
        if values.count > 1 { problem(name, "stands twice") }
        return values.first.flatMap { $0.isEmpty ? nil : $0 }
    }

    /// Whether a parameter with a value is given; it is still to be taken.
    func has(_ name: String) -> Bool { items.contains { $0.name == name && !$0.value.isEmpty } }

    /// Takes a parameter that has exactly this value.
    mutating func takes(_ name: String, _ word: String) -> Bool {
        guard items.filter({ $0.name == name }).map(\.value) == [word] else { return false }
        _ = all(name)
        return true
    }

    /// Every parameter whose name starts with `prefix`, without it.
    mutating func prefixed(_ prefix: String) -> [(name: String, value: String)] {
        let found = items.filter { $0.name.hasPrefix(prefix) }
        items.removeAll { $0.name.hasPrefix(prefix) }
        return found.map { (String($0.name.dropFirst(prefix.count)), $0.value) }
    }

    package mutating func int(_ name: String, in range: ClosedRange<Int64>) -> Int64? {
        guard let text = text(name) else { return nil }
        guard let value = Int64(text), range.contains(value) else {
            problem(name, "must be a whole number from \(range.lowerBound) to \(range.upperBound)")
            return nil
        }
        return value
    }

    /// RFC 3339 with an offset.
    mutating func instant(_ name: String) -> Date? {
        guard let text = text(name) else { return nil }
        let date = Timestamp.date(text)
        if date == nil { problem(name, "must be a time such as 2026-03-01T12:00:00Z") }
        return date
    }

    mutating func bool(_ name: String) -> Bool {
        switch text(name) {
        case nil, "false", "0": return false
        case "true", "1": return true
        default:
            problem(name, "must be true or false")
            return false
        }
    }

    mutating func choice<T: RawRepresentable & CaseIterable>(_ name: String, _: T.Type = T.self) -> T?
    where T.RawValue == String {
        guard let text = text(name) else { return nil }
        if let value = T(rawValue: text) { return value }
        problem(name, "must be one of \(T.allCases.map(\.rawValue).joined(separator: ", "))")
        return nil
    }

    /// Throws one error with everything that was wrong. Call it last.
    package func finish() throws(MartletError) {
        for item in items {
            let names = known.isEmpty ? "none" : known.joined(separator: ", ")
            problem(String(item.name.prefix(64)), "unknown parameter; known here: \(names)")
        }
        try problems.check("the query")
    }
}
