import Foundation
import MartletCore
@testable import Scripts

/// Says how much of a file system is free; fails below a threshold. Argument: `{"path": "/var", "percent": 10}`.
struct FreeSpace: BuiltInTask {
    static let clusterType = "Host"
    static let name = "FreeSpace"
    static let emptyArgument: JSONValue = ["path": "/", "percent": 0]

    private let path: String
    private let percent: Int

    init(body: [UInt8]) throws(ArgumentError) {
        let problems = Fields.Problems()
        do {
            var fields = Fields(try JSONParser.parse(body), problems: problems)
            path = fields.string("path") ?? "/"
            percent = fields.int("percent", in: 0...100) ?? 10
            fields.finish()
            try problems.check("the argument")
        } catch {
            throw ArgumentError("\(error)")
        }
    }

    func run(_ environment: [String: String], log: (String) -> Void) async throws -> String {
        let facts = try FileManager.default.attributesOfFileSystem(forPath: path)
        let free = facts[.systemFreeSize] as? Int64 ?? 0
        let size = facts[.systemSize] as? Int64 ?? 0
        log("\(path): \(free) of \(size) bytes are free")
        guard size > 0, free * 100 / size >= Int64(percent) else {
            throw Shortage(description: "\(path) has less than \(percent) % free")
        }
        return "\(path) has \(free * 100 / size) % free"
    }

    private struct Shortage: Error, CustomStringConvertible {
        let description: String
    }
}
