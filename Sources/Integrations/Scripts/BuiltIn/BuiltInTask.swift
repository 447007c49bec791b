package import MartletCore

/// A task written in Swift. It runs in a process of its own, so that it can be stopped, measured and crash without
/// touching the server; see docs/adding-a-task.md.
package protocol BuiltInTask: Sendable {
    static var clusterType: String { get }
    static var name: String { get }
    /// What `/discovery` tells schedulers; the task can be called all the same.
    static var isEnabled: Bool { get }
    /// An argument that does nothing much, for `/discovery`.
    static var emptyArgument: JSONValue { get }
    /// Reads the posted body. Throws what is wrong with it, before anything is started.
    init(body: [UInt8]) throws(ArgumentError)
    /// Does the work. `log` writes one line at once. What it returns is the last line and the answer; what it throws ends
    /// the process with exit code 1 and stands on stderr.
    func run(_ environment: [String: String], log: (String) -> Void) async throws -> String
}

extension BuiltInTask {
    package static var isEnabled: Bool { true }
    package static var emptyArgument: JSONValue { .object([:]) }
}

/// What is wrong with a built-in task's body, in one line.
package struct ArgumentError: Error, CustomStringConvertible {
    package let description: String
    package init(_ description: String) { self.description = description }
}

/// Every built-in task. A new one is one more line.
package let builtInTasks: [any BuiltInTask.Type] = [
    Counter.self
]

extension BuiltInTask {
    static var path: String { "\(KebabCase.path(clusterType))/\(KebabCase.path(name))" }
}

/// How the worker subcommand runs a built-in task: `martlet task PATH`, the body in the environment.
package enum BuiltInWorker {
    private static let bodyVariable = "MARTLET_PARAM_BODY"

    /// The last line, to be printed. Throws `notFound`, what is wrong with the body, or what the task throws.
    package static func run(
        _ path: String, _ environment: [String: String], log: (String) -> Void
    ) async throws -> String {
        guard let task = builtInTasks.first(where: { $0.path == path }) else {
            throw MartletError(.notFound, "there is no built-in task \(path)")
        }
        return try await task.init(body: Array((environment[bodyVariable] ?? "").utf8)).run(environment, log: log)
    }
}
