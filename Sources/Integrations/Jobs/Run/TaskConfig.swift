import GoWire
import MartletCore

/// The configuration of `raw_exec` and `exec`, read as their plugins do when a task starts.
struct TaskConfig {
    let command: String
    let arguments: [String]

    /// Throws what the task's event says.
    init(_ config: [String: JSONValue]) throws(GoJSONError) {
        var problems: [String] = []
        let known = ["command", "args"]
        if config["command"] == nil {
            problems.append(
                "Missing required argument: The argument \"command\" is required, but no definition was found.")
        }
        for name in config.keys.sorted() where !known.contains(name) {
            problems.append("Invalid label: No argument or block type is named \(GoErrors.quoted(name)).")
        }
        let command = config["command"]?.string
        if config["command"] != nil, command == nil {
            problems.append(
                "Incorrect attribute value type: Inappropriate value for attribute \"command\": string required.")
        }
        let arguments = Self.arguments(config["args"])
        if arguments == nil {
            problems.append(
                "Incorrect attribute value type: Inappropriate value for attribute \"args\": list of string required.")
        }
        guard problems.isEmpty, let command, let arguments else {
            throw GoJSONError(GoErrors.text(["failed to parse config: "] + problems))
        }
        self.command = command
        self.arguments = arguments
    }

    /// Numbers and truth values become texts, as there.
    private static func arguments(_ value: JSONValue?) -> [String]? {
        guard let value, value != .null else { return [] }
        guard let elements = value.array else { return nil }
        var texts: [String] = []
        for element in elements {
            switch element {
            case .string(let text): texts.append(text)
            case .int(let number): texts.append(String(number))
            case .double(let number): texts.append("\(number)")
            case .bool(let flag): texts.append(flag ? "true" : "false")
            case .null, .array, .object: return nil
            }
        }
        return texts
    }
}
