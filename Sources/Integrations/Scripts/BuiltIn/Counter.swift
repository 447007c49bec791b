import Foundation
import GoWire
package import MartletCore

/// The example of the replaced service: counts seconds. Argument `{"counter": n}`.
package struct Counter: BuiltInTask {
    package static let clusterType = "TendbHA"
    package static let name = "Counter"
    package static let isEnabled = false
    package static let emptyArgument: JSONValue = ["counter": 0]

    private let count: Int64

    package init(body: [UInt8]) throws(ArgumentError) {
        do {
            count =
                try GoJSON.integer("counter", in: try GoJSON.document(body), of: "demoArg", type: "democounter.demoArg")
                ?? 0
        } catch {
            throw ArgumentError("\(error)")
        }
    }

    package func run(_ environment: [String: String], log: (String) -> Void) async throws -> String {
        for second in stride(from: 0, to: count, by: 1) {
            try await Task.sleep(for: .seconds(1))
            log("count \(second), database user \(environment["CS_DB_USER"] ?? "none")")
        }
        return "hello world"
    }
}
