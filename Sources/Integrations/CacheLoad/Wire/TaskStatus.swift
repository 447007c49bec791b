import MartletCore

/// The replaced service's four words for how a task or a group of tasks fares.
enum TaskStatus: String, Sendable, CaseIterable {
    case success, failed, notallsuccess, running

    /// Runs in other states never fare so.
    var states: [RunState] {
        switch self {
        case .success: [.succeeded]
        case .failed: [.failed, .cancelled, .lost]
        case .notallsuccess: [.failed]
        case .running: RunState.allCases.filter { !$0.isEnd }
        }
    }

    /// Of one run: `notallsuccess` when some of its files are in the cache and others failed.
    init(_ run: Run) {
        switch run.state {
        case .pending, .running, .stopping, .paused: self = .running
        case .succeeded: self = .success
        case .failed where run.exitCode == 0:
            let tally = LoadTally(run.report.evidence)
            self = tally.loaded + tally.present > 0 ? .notallsuccess : .failed
        case .failed, .cancelled, .lost: self = .failed
        }
    }

    /// Of several; `running` as long as any runs.
    init(of parts: [TaskStatus]) {
        if parts.contains(.running) {
            self = .running
        } else if parts.allSatisfy({ $0 == .success }) {
            self = .success
        } else if parts.allSatisfy({ $0 == .failed }) {
            self = .failed
        } else {
            self = .notallsuccess
        }
    }
}
