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
        var rotation = ServerLogFile.Rotation()
        /// To stdout, too; without a file, to stdout only.
        var isOnConsole = false
    }

    private struct State {
        var target: Target
        var file: ServerLogFile
        var limiter = RepeatLimiter()
    }

    private let state: Mutex<State>

    /// Throws `invalid` when the file cannot be opened.
    init(_ target: Target) throws(MartletError) {
        state = Mutex(State(target: target, file: try ServerLogFile(target.file, target.rotation)))
    }

    /// Opens the file anew, too: whoever renamed it gets a fresh one.
    func change(to target: Target) throws(MartletError) {
        let file = try ServerLogFile(target.file, target.rotation)
        state.withLock { state in
            state.file.close()
            state.target = target
            state.file = file
        }
    }

    var level: Logger.Level { state.withLock { $0.target.level } }

    /// Never throws and never waits for room: a log that cannot be written must not end the server.
    func write(_ entry: LogEntry) {
        let isFirstHeld = state.withLock { state in
            Self.tellRepeats(&state, at: entry.time)
            // Whoever asks for more than `info` wants all of it.
            if entry.level >= .info {
                switch state.limiter.take(entry) {
                case .write: break
                case .hold(let isFirst): return isFirst
                }
            }
            Self.put(entry, &state)
            return false
        }
        if isFirstHeld { tellRepeatsLater() }
    }

    /// Writes what is still counted: for the end of the server.
    func flush() {
        state.withLock { Self.tellRepeats(&$0, at: .distantFuture) }
    }

    func logger(_ label: String) -> Logger { Logger(label: label) { ServerLogHandler(label: $0, log: self) } }

    private static func put(_ entry: LogEntry, _ state: inout State) {
        let isJSON = state.target.isJSON
        let bytes = Array((entry.line(isJSON: isJSON) + "\n").utf8)
        if state.target.isOnConsole { Terminal.write(bytes, to: STDOUT_FILENO) }
        if state.target.isOnConsole, state.target.file == nil { return }
        state.file.append(bytes) { lost, cause in
            Array((LogEntry.dropped(lost, because: cause, before: entry).line(isJSON: isJSON) + "\n").utf8)
        }
    }

    private static func tellRepeats(_ state: inout State, at now: Date) {
        for entry in state.limiter.summaries(at: now) { put(entry, &state) }
    }

    /// A message that stops for good is told of, too.
    private func tellRepeatsLater() {
        let wait = Int(RepeatLimiter.window * 1000) + 1
        DispatchQueue.global().asyncAfter(deadline: .now() + .milliseconds(wait)) { [weak self] in
            self?.state.withLock { Self.tellRepeats(&$0, at: Date()) }
        }
    }
}
