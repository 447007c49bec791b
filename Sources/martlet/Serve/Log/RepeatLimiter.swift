import Foundation
import Logging

/// Keeps a message that repeats endlessly from filling the log: the first of each window are written, the rest are
/// counted and told in one line. Messages are constant phrases; what differs is in their facts.
struct RepeatLimiter {
    /// Lines of one message that are written in a window.
    static let burst = 30
    /// In seconds.
    static let window: TimeInterval = 10
    /// Messages told apart; more share one window.
    static let mostMessages = 500

    enum Answer: Equatable {
        case write
        /// It is only counted. `isFirst`: nothing else of its window was held before.
        case hold(isFirst: Bool)
    }

    private struct Message: Hashable {
        let level: Logger.Level
        let logger: String
        let text: String
    }

    private struct Window {
        let start: Date
        var written = 0
        var held = 0
    }

    private var windows: [Message: Window] = [:]
    private var earliestEnd = Date.distantFuture

    mutating func take(_ entry: LogEntry) -> Answer {
        var message = Message(level: entry.level, logger: entry.logger, text: entry.message)
        if windows[message] == nil, windows.count >= Self.mostMessages {
            message = Message(level: .warning, logger: "martlet", text: "many different messages")
        }
        var window = windows[message] ?? open(at: entry.time)
        defer { windows[message] = window }
        if window.written < Self.burst {
            window.written += 1
            return .write
        }
        window.held += 1
        return .hold(isFirst: window.held == 1)
    }

    /// Forgets the windows that are over; a line for each message that was held in one.
    mutating func summaries(at now: Date) -> [LogEntry] {
        guard now >= earliestEnd else { return [] }
        let over = windows.filter { now >= $0.value.start.addingTimeInterval(Self.window) }
        for message in over.keys { windows[message] = nil }
        earliestEnd = windows.values.map { $0.start.addingTimeInterval(Self.window) }.min() ?? .distantFuture
        return over.filter { $0.value.held > 0 }.sorted { $0.value.start < $1.value.start }.map { message, window in
            LogEntry(
                level: message.level, logger: message.logger, message: message.text,
                facts: ["repeated": String(window.held), "since": window.start.formatted(.iso8601)])
        }
    }

    private mutating func open(at now: Date) -> Window {
        earliestEnd = min(earliestEnd, now.addingTimeInterval(Self.window))
        return Window(start: now)
    }
}
