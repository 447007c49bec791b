package import Foundation

/// An immutable fact about a run; globally numbered.
package struct RunEvent: Sendable, Hashable {
    package enum Kind: String, Sendable, Codable, CaseIterable {
        /// It was accepted.
        case created
        /// Its state changed.
        case state
        /// A task's keeper reported in.
        case taskStarted
        /// A task ended and another follows.
        case taskFinished
        /// It was asked to stop while it was stopping already.
        case stopAgain
        /// The task wrote an `event` or a `warning` line.
        case note
        /// The task was sent a signal, which is its note.
        case signalled
    }

    /// Global number, from 1, rising; gaps are possible, repeats are not.
    package let number: Int64
    package let run: RunID
    package let kind: Kind
    package let from: RunState?
    package let to: RunState
    package let attempt: Int
    package let task: Int
    package let reason: Reason?
    package let note: String?
    package let at: Date

    package init(
        number: Int64, run: RunID, kind: Kind, from: RunState?, to: RunState, attempt: Int, task: Int,
        reason: Reason?, note: String?, at: Date
    ) {
        self.number = number
        self.run = run
        self.kind = kind
        self.from = from
        self.to = to
        self.attempt = attempt
        self.task = task
        self.reason = reason
        self.note = note
        self.at = at
    }
}

/// One ended task of one attempt.
package struct FinishedTask: Sendable, Hashable, Codable {
    package let attempt: Int
    package let task: Int
    package let name: String
    package let exit: TaskExit
    package let verdict: Verdict

    package init(attempt: Int, task: Int, name: String, exit: TaskExit, verdict: Verdict) {
        self.attempt = attempt
        self.task = task
        self.name = name
        self.exit = exit
        self.verdict = verdict
    }
}
