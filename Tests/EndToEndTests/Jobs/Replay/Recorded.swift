import Foundation
import MartletCore

/// A recorded request and what Nomad 0.11.2 answered, by its number.
struct Recorded {
    let number: String
    let status: Int
    let headers: [String: String]
    let method: ScriptServer.Method
    let path: String
    /// Nil: the request had none.
    let request: JSONValue?
    let body: JSONValue

    static let directory = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().appending(path: "JobsTests/Recordings")

    static func numbers() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: directory.path)
            .map { String($0.prefix { $0 != "." }) }.filter { Int($0) != nil }.sorted()
    }

    init(_ number: String) throws {
        self.number = number
        let bytes = try Data(contentsOf: Self.directory.appending(path: "\(number).json"))
        let document = try JSONParser.parse(Array(bytes))
        guard case .int(let status) = document["status"],
            let method = document["request"]["method"].string.flatMap(ScriptServer.Method.init(rawValue:)),
            let path = document["request"]["path"].string
        else { throw Unreadable(number: number) }
        self.status = Int(status)
        self.method = method
        self.path = path
        headers = (document["headers"].object ?? [:]).compactMapValues(\.string)
        request = document["request"].object?["body"]
        body = document["body"]
    }

    struct Unreadable: Error { let number: String }

    /// The request's body as it was sent.
    func bytes() throws -> String? {
        switch request {
        case nil: nil
        case .string(let text): text
        case .some(let value): String(decoding: try JSONEncoder().encode(value), as: UTF8.self)
        }
    }
}
