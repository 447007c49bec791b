import Foundation
import GoWire
import MartletCore
import Testing

@testable import Jobs

/// A recorded request and what Nomad 0.11.2 answered, by its number.
struct Recording {
    let status: Int
    let request: JSONValue
    let body: JSONValue

    init(_ number: String) throws {
        let file = try #require(Bundle.module.url(forResource: "Recordings/\(number)", withExtension: "json"))
        let document = try JSONDecoder().decode(JSONValue.self, from: Data(contentsOf: file))
        let members = try #require(document.object)
        guard case .int(let status)? = members["status"] else { throw Missing(number: number) }
        self.status = Int(status)
        request = members["request"]?.object?["body"] ?? .null
        body = members["body"] ?? .null
    }

    struct Missing: Error { let number: String }

    /// The request's body as it was sent.
    var bytes: [UInt8] {
        if let text = request.string { return Array(text.utf8) }
        return WireWriter.bytes(.json(request))
    }

    /// Numbers as JSON has them: 2000.0 is 2000.
    static func plain(_ value: JSONValue) -> JSONValue {
        switch value {
        case .double(let number): Int64(exactly: number).map { .int($0) } ?? value
        case .array(let elements): .array(elements.map(plain))
        case .object(let members): .object(members.mapValues(plain))
        default: value
        }
    }
}

/// Where two documents differ, as paths; one line for each.
func differences(_ path: String, _ left: JSONValue, _ right: JSONValue) -> [String] {
    switch (left, right) {
    case (.object(let ours), .object(let theirs)):
        return Set(ours.keys).union(theirs.keys).sorted().flatMap { key -> [String] in
            guard let our = ours[key] else { return ["\(path).\(key): missing"] }
            guard let their = theirs[key] else { return ["\(path).\(key): too much"] }
            return differences("\(path).\(key)", our, their)
        }
    case (.array(let ours), .array(let theirs)) where ours.count == theirs.count:
        return zip(ours, theirs).enumerated().flatMap { differences("\(path)[\($0)]", $1.0, $1.1) }
    default:
        return Recording.plain(left) == Recording.plain(right) ? [] : ["\(path): \(left) instead of \(right)"]
    }
}
