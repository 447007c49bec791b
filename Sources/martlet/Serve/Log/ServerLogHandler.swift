import Foundation
import Logging

/// Turns what a logger is given into entries of the server's own log.
struct ServerLogHandler: LogHandler {
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
        let facts = metadata.merging(event.metadata ?? [:]) { $1 }.mapValues { "\($0)" }
        log.write(LogEntry(level: event.level, logger: label, message: "\(event.message)", facts: facts))
    }
}
