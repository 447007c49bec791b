import GoWire
import MartletCore

/// What a call posted, read as its task wants it. Nothing is started when it is wrong.
struct TaskRequest: Sendable {
    /// The run's parameters.
    let params: [String: JSONValue]

    /// Throws the text of the replaced service.
    init(_ entry: Catalog.Entry, _ body: [UInt8]) throws(MartletError) {
        do {
            params = try Self.params(entry, body)
        } catch {
            throw MartletError(.invalid, "\(error)")
        }
    }

    private static func params(_ entry: Catalog.Entry, _ body: [UInt8]) throws -> [String: JSONValue] {
        if case .builtIn(let type, _) = entry {
            return try builtIn(type, body)
        }
        let value = body.isEmpty ? JSONValue.null : try GoJSON.value(body)
        if case .object(let members) = value, members.isEmpty || !entry.task.params.isEmpty {
            return members
        }
        let words = try GoJSON.strings(value)
        try check(words, entry.task)
        return words.isEmpty ? [:] : [ScriptTask.argumentList: .array(words.map(JSONValue.string))]
    }

    private static func builtIn(_ type: any BuiltInTask.Type, _ body: [UInt8]) throws -> [String: JSONValue] {
        _ = try type.init(body: body)
        let text = String(repairing: body)
        guard text.utf8.count <= 65_536, !text.utf8.contains(0) else {
            throw ArgumentError("the body of a built-in task must be at most 65536 bytes, without NUL")
        }
        return [ScriptTask.body: .string(text)]
    }

    /// What no process can be started with.
    private static func check(_ words: [String], _ task: ScriptTask) throws {
        let program: String =
            switch task.program {
            case .argv(let words): words[0]
            case .shell(let shell, _, _): shell
            case .builtIn: "martlet"
            }
        if words.contains(where: { $0.utf8.contains(0) }) {
            throw ArgumentError("exec start failed: fork/exec \(program): invalid argument")
        }
        if words.contains(where: { $0.utf8.count > ScriptDriver.longestArgument }) {
            throw ArgumentError("exec start failed: fork/exec \(program): argument list too long")
        }
    }
}
