import Foundation
import Logging
import MartletCore
import Synchronization

/// Where the server's own log goes and in which form. Shared by all loggers; a reload changes it for all.
final class ServerLog: Sendable {
    struct Target: Sendable {
        var level: Logger.Level
        var isJSON: Bool
        /// Nil: stderr.
        var file: String?
        /// To stdout, too; without a file, to stdout only.
        var isOnConsole = false
    }

    /// A file of this size is renamed to `.1`, replacing the one before.
    private static let rotateAt = 100 << 20

    private struct State {
        var target: Target
        var descriptor: Int32
        var written = 0
    }

    private let state: Mutex<State>

    /// Throws `invalid` when the file cannot be opened.
    init(_ target: Target) throws(MartletError) {
        state = Mutex(State(target: target, descriptor: try Self.open(target.file)))
    }

    /// Opens the file anew, too: whoever renamed it gets a fresh one.
    func change(to target: Target) throws(MartletError) {
        let descriptor = try Self.open(target.file)
        state.withLock { state in
            if state.descriptor > 2 { close(state.descriptor) }
            state = State(target: target, descriptor: descriptor)
        }
    }

    var level: Logger.Level { state.withLock { $0.target.level } }
    var isJSON: Bool { state.withLock { $0.target.isJSON } }

    func write(_ line: String) {
        let bytes = Array((line + "\n").utf8)
        state.withLock { state in
            if state.target.isOnConsole { Terminal.write(bytes, to: STDOUT_FILENO) }
            if state.target.isOnConsole, state.target.file == nil { return }
            var rest = bytes[...]
            while !rest.isEmpty {
                let count = rest.withUnsafeBytes { Foundation.write(state.descriptor, $0.baseAddress, $0.count) }
                if count < 0, errno == EINTR { continue }
                // A log that cannot be written must not end the server.
                guard count > 0 else { return }
                rest = rest.dropFirst(count)
            }
            state.written += bytes.count
            if state.written > Self.rotateAt, let file = state.target.file { Self.rotate(file, &state) }
        }
    }

    private static func rotate(_ file: String, _ state: inout State) {
        rename(file, file + ".1")
        guard let fresh = try? open(file) else { return }
        close(state.descriptor)
        state.descriptor = fresh
        state.written = 0
    }

    private static func open(_ file: String?) throws(MartletError) -> Int32 {
        guard let file else { return STDERR_FILENO }
        let descriptor = Foundation.open(file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw MartletError(
                .invalid, "the log file \(file) cannot be opened: \(String(cString: strerror(errno)))",
                problems: [FieldProblem(field: "log.file", problem: "choose a file that can be written")])
        }
        return descriptor
    }

    func logger(_ label: String) -> Logger { Logger(label: label) { ServerLogHandler(label: $0, log: self) } }
}

/// One line per entry: text for people, JSON for collectors.
private struct ServerLogHandler: LogHandler {
    let label: String
    let log: ServerLog
    var metadata: Logger.Metadata = [:]
    /// A level of its own, when somebody set one; else the server's.
    private var ownLevel: Logger.Level?

    init(label: String, log: ServerLog) {
        self.label = label
        self.log = log
    }

    var logLevel: Logger.Level {
        get { ownLevel ?? log.level }
        set { ownLevel = newValue }
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let facts = metadata.merging(event.metadata ?? [:]) { $1 }.sorted { $0.key < $1.key }
        let time = Date().formatted(.iso8601.year().month().day().time(includingFractionalSeconds: true))
        if log.isJSON {
            var members = Dictionary(facts.map { ($0.key, JSONValue.string("\($0.value)")) }) { $1 }
            members["time"] = .string(time + "Z")
            members["level"] = .string(event.level.rawValue)
            members["logger"] = .string(label)
            members["message"] = .string("\(event.message)")
            log.write(JSONText.line(.object(members)))
        } else {
            let pairs = facts.map { " \($0.key)=\(Self.oneLine("\($0.value)"))" }.joined()
            log.write("\(time)Z \(event.level.rawValue) \(Self.oneLine("\(event.message)"))\(pairs)")
        }
    }

    /// Nothing from outside may begin a line of its own.
    private static func oneLine(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: { $0.value < 0x20 || $0 == " " || $0.value == 0x7F }) else {
            return text
        }
        return text.replacing("\n", with: "\\n").replacing("\r", with: "\\r").replacing("\u{1B}", with: "\\e")
    }
}
