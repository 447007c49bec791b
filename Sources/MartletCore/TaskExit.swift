package import Foundation

/// How one task attempt ended, as its keeper saw it. Not an `Error`: a failing task is a value.
package struct TaskExit: Sendable, Hashable, Codable {
    package enum Ending: Sendable, Hashable, Codable {
        /// The leader called exit.
        case exited(code: Int32)
        /// A signal ended the leader.
        case signalled(Int32)
        /// The process could not be started; nothing of the task ran.
        case spawnFailed(stage: String, errno: Int32)
        /// Processes survived KILL (uninterruptible sleep); they may still be there.
        case unkillable(pids: [Int32])
    }

    package var ending: Ending
    /// The deadline passed and the keeper ended the tree.
    package var timedOut: Bool
    /// A stop request made the keeper end the tree.
    package var stopped: Bool
    package var startedAt: Date?
    package var endedAt: Date
    /// Bytes written to the log, holes included.
    package var logBytes: Int64
    /// What of them the cap has left on disk; nil: all.
    package var keptBytes: Int64?
    /// Bytes that could not be written (disk full) and are gone.
    package var droppedBytes: Int64
    /// Descendants that had to be killed after the leader had ended.
    package var strays: Int
    /// What was asked for and could not be enforced, one sentence each.
    package var warnings: [String]

    package init(
        ending: Ending, timedOut: Bool = false, stopped: Bool = false, startedAt: Date? = nil,
        endedAt: Date, logBytes: Int64 = 0, droppedBytes: Int64 = 0, strays: Int = 0,
        warnings: [String] = []
    ) {
        self.ending = ending
        self.timedOut = timedOut
        self.stopped = stopped
        self.startedAt = startedAt
        self.endedAt = endedAt
        self.logBytes = logBytes
        self.droppedBytes = droppedBytes
        self.strays = strays
        self.warnings = warnings
    }

    /// How long it ran.
    package var worked: TimeSpan {
        TimeSpan(milliseconds: max(0, startedAt.map { endedAt.milliseconds - $0.milliseconds } ?? 0))
    }

    package var code: Int32? { if case .exited(let code) = ending { code } else { nil } }
    package var signal: Int32? { if case .signalled(let signal) = ending { signal } else { nil } }
}

/// What a driver makes of an exit: exit code 0 alone is not a success.
package struct Verdict: Sendable, Hashable, Codable {
    package var outcome: Outcome
    /// One sentence of the driver's own, when the outcome needs more than its word.
    package var note: String?

    package init(_ outcome: Outcome, note: String? = nil) {
        self.outcome = outcome
        self.note = note
    }

    package var isGood: Bool { outcome.isGood }

    /// What the exit of a plain process means: only code 0 in time is good.
    package init(of exit: TaskExit) {
        if exit.timedOut {
            self.init(.timeout)
            return
        }
        switch exit.ending {
        case .exited(code: 0):
            if let warning = exit.warnings.first {
                self.init(.warning, note: warning)
            } else if exit.droppedBytes > 0 {
                self.init(.warning, note: "\(exit.droppedBytes) bytes of the log could not be written")
            } else {
                self.init(.ok)
            }
        case .exited: self.init(.exit)
        case .signalled: self.init(.signal)
        case .spawnFailed: self.init(.spawnFailed)
        case .unkillable: self.init(.unkillable)
        }
    }
}

/// Reference to started work, enough to find it again after a restart of the server.
package struct TaskHandle: Sendable, Hashable, Codable {
    /// The kernel's boot id; a handle of another boot is never alive.
    package var bootID: String
    package var keeperPID: Int32
    /// Kernel start time of the keeper in clock ticks since boot, against pid reuse.
    package var keeperStart: UInt64
    /// Version of the control file's format.
    package var protocolVersion: Int

    package init(bootID: String, keeperPID: Int32, keeperStart: UInt64, protocolVersion: Int) {
        self.bootID = bootID
        self.keeperPID = keeperPID
        self.keeperStart = keeperStart
        self.protocolVersion = protocolVersion
    }
}
