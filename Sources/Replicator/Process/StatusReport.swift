package import MartletCore

/// The status of a process as it is written; see docs/protocol.md. Times are RFC 3339 texts.
package struct StatusReport: Codable, Sendable {
    package enum State: String, Codable, Sendable {
        /// Nothing was asked of anyone yet.
        case starting
        /// For the other process.
        case waiting
        /// The servers are asked whether they are fit.
        case checking
        /// What there is.
        case copying
        /// What comes.
        case applying
        /// The copy is done and nothing after it is wanted.
        case idle
        /// Something is away.
        case retrying
        case stopped
        case failed
    }

    package struct Stage: Codable, Sendable {
        package var stage: String
        package var at: String
    }

    package struct Full: Codable, Sendable {
        package var tables = 0
        package var tablesDone = 0
        package var rows = 0
        /// An estimate of the source.
        package var rowsTotal: Int?
        package var bytes = 0
        /// In seconds.
        package var eta: Double?
        package var done = false
        package init() {}
    }

    package struct Incremental: Codable, Sendable {
        package var transactions = 0
        package var rows = 0
        package var statements = 0
        /// Rows that were not as they had to be.
        package var mismatches = 0
        /// Of the binlog, that were handed to the workers.
        package var events = 0
        /// Transactions that no worker has taken yet.
        package var waiting = 0
        /// Transactions of the target that were begun because enough was joined, and because nothing more came in time.
        package var fullGroups = 0
        package var lateGroups = 0
        package init() {}
    }

    package struct Waiting: Codable, Sendable {
        package var bytes = 0
        package var limit = 0
        package var file = ""
        package var position: UInt64 = 0
        /// Taken from the source's binlog by this process.
        package var events = 0
        /// Their bytes.
        package var read = 0
        package init() {}
    }

    package struct Trouble: Codable, Sendable {
        package var at: String
        package var text: String
    }

    package struct Stall: Codable, Sendable {
        package var since: String
        package var cause: String
    }

    package enum Level: String, Codable, Sendable {
        case info
        case warning
        case error
    }

    package struct Entry: Codable, Sendable {
        package var n: Int
        package var at: String
        package var level: Level
        package var text: String
    }

    package var v = 1
    package var role: String
    package var job: String
    package var pid: Int32
    package var started: String
    package var updated: String
    package var state = State.starting
    package var stages: [Stage] = []
    package var gtid = ""
    package var file = ""
    package var position: UInt64 = 0
    package var lag: Double?
    package var rowsPerSecond = 0.0
    package var transactionsPerSecond = 0.0
    package var full: Full?
    package var incremental = Incremental()
    package var spool = Waiting()
    package var retries = 0
    package var lastError: Trouble?
    package var stall: Stall?
    package var error: String?
    /// Of a comparison.
    package var verify: JSONValue?
    package var events: [Entry] = []
}
