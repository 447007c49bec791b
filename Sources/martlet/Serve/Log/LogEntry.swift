import Foundation
import Logging
import MartletCore

/// One line of the server's own log before it is text.
struct LogEntry: Sendable {
    var time = Date()
    let level: Logger.Level
    let logger: String
    let message: String
    var facts: [String: String] = [:]

    /// `lost` lines before `next` could not be written.
    static func dropped(_ lost: Int, because cause: Int32, before next: LogEntry) -> LogEntry {
        LogEntry(
            time: next.time, level: .warning, logger: "martlet", message: "lines of this log could not be written",
            facts: ["dropped": String(lost), "error": String(cString: strerror(cause))])
    }

    func line(isJSON: Bool) -> String { isJSON ? json : text }

    private var timestamp: String {
        time.formatted(.iso8601.year().month().day().time(includingFractionalSeconds: true)) + "Z"
    }

    private var json: String {
        var members = facts.mapValues(JSONValue.string)
        members["time"] = .string(timestamp)
        members["level"] = .string(level.rawValue)
        members["logger"] = .string(logger)
        members["message"] = .string(message)
        return JSONText.line(.object(members))
    }

    private var text: String {
        let pairs = facts.sorted { $0.key < $1.key }.map { " \($0.key)=\(Self.oneLine($0.value))" }.joined()
        return "\(timestamp) \(level.rawValue) \(Self.oneLine(message))\(pairs)"
    }

    /// Nothing from outside may begin a line of its own.
    private static func oneLine(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: { $0.value < 0x20 || $0 == " " || $0.value == 0x7F }) else {
            return text
        }
        return text.replacing("\n", with: "\\n").replacing("\r", with: "\\r").replacing("\u{1B}", with: "\\e")
    }
}
