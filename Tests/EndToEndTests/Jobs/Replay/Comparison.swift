import Foundation
import MartletCore

/// What of a recorded answer ours must have: the same members, the same types, and the same values but where
/// `comparison.json` says why not.
struct Comparison {
    /// Members whose values are another server's: their type alone is compared.
    private let shapes: Set<String>
    /// What is not compared, by recording: ends of paths, `*` for any one part.
    private let apart: [(recordings: Set<String>, paths: [[Substring]])]
    /// Recorded task events that are not expected here, by recording: their types.
    private let dropped: [(recordings: Set<String>, types: Set<String>)]
    /// Recordings that are not replayed.
    let left: Set<String>
    /// Recordings of the driver dtle, which need two database servers.
    let replication: Set<String>

    init() throws {
        let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "comparison.json")
        let rules = try JSONParser.parse(Array(try Data(contentsOf: file)))
        func entries(_ key: String) -> [JSONValue] { rules[key].array ?? [] }
        shapes = Set(entries("shape").flatMap { $0["members"].texts })
        apart = entries("apart").map { entry in
            (Set(entry["recordings"].texts), entry["paths"].texts.map { $0.split(separator: ".") })
        }
        dropped = entries("dropped").map { (Set($0["recordings"].texts), Set($0["events"].texts)) }
        left = Set(entries("left").flatMap { $0["recordings"].texts })
        replication = Set(rules["replication"].texts)
    }

    /// One line for each difference.
    func differences(_ number: String, _ ours: JSONValue, _ recorded: JSONValue) -> [String] {
        differences(number, [], ours, recorded)
    }

    private func differences(
        _ number: String, _ path: [String], _ ours: JSONValue, _ recorded: JSONValue
    ) -> [String] {
        if isApart(number, path) { return [] }
        let place = "\(number) \(path.joined(separator: "."))"
        switch (ours, recorded) {
        case (.object(let mine), .object(let theirs)):
            return Set(mine.keys).union(theirs.keys).sorted().flatMap { key -> [String] in
                let path = path + [key]
                if isApart(number, path) { return [] }
                guard let our = mine[key] else { return ["\(place).\(key): missing"] }
                guard let their = theirs[key] else { return ["\(place).\(key): too much (\(our))"] }
                return differences(number, path, our, their)
            }
        case (.array(let mine), .array(let all)):
            let theirs = all.filter { !isDropped(number, $0) }
            guard mine.count == theirs.count else {
                let types = mine.compactMap { $0.object?["Type"]?.string }
                return ["\(place): \(mine.count) instead of \(theirs.count) \(types)"]
            }
            return zip(sorted(mine), sorted(theirs)).flatMap { differences(number, path + ["[]"], $0, $1) }
        default:
            if let last = path.last(where: { $0 != "[]" }), shapes.contains(last) {
                return Self.type(ours) == Self.type(recorded) ? [] : ["\(place): \(ours), recorded \(recorded)"]
            }
            return Self.plain(ours) == Self.plain(recorded) ? [] : ["\(place): \(ours), recorded \(recorded)"]
        }
    }

    private func isDropped(_ number: String, _ element: JSONValue) -> Bool {
        guard let type = element.object?["Type"]?.string else { return false }
        return dropped.contains { $0.recordings.contains(number) && $0.types.contains(type) }
    }

    private func isApart(_ number: String, _ path: [String]) -> Bool {
        let parts = path.filter { $0 != "[]" }
        return apart.contains { entry in
            (entry.recordings.contains(number) || entry.recordings.contains("*"))
                && entry.paths.contains { pattern in
                    pattern.count <= parts.count
                        && zip(pattern.reversed(), parts.reversed()).allSatisfy { $0 == "*" || $0 == $1 }
                }
        }
    }

    /// Ids are random, and lists are in their order: elements are told apart by what they are about. Others stay where they are.
    private func sorted(_ elements: [JSONValue]) -> [JSONValue] {
        guard elements.allSatisfy({ $0["JobID"] != .null && $0["ID"] != .null }) else { return elements }
        func key(_ element: JSONValue) -> String {
            guard case .int(let index) = element["CreateIndex"] else { return "" }
            let digits = String(index)
            let rank = String(repeating: "0", count: max(0, 20 - digits.count)) + digits
            return "\(element["JobID"].string ?? "") \(element["Name"].string ?? "") \(rank)"
        }
        return elements.sorted { key($0) < key($1) }
    }

    private static func type(_ value: JSONValue) -> String {
        switch value {
        case .null: "null"
        case .bool: "bool"
        case .int, .double: "number"
        case .string: "string"
        case .array: "array"
        case .object: "object"
        }
    }

    /// 2.0 is 2.
    private static func plain(_ value: JSONValue) -> JSONValue {
        if case .double(let number) = value { return Int64(exactly: number).map { .int($0) } ?? value }
        return value
    }
}
