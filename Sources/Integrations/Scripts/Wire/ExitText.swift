import GoWire
import MartletCore

/// How a run ended, in the texts of the replaced service (they are Go's).
enum ExitText {
    /// Nil when it ended well.
    static func error(of run: Run) -> String? {
        guard run.state != .succeeded else { return nil }
        if case .spawnFailed(_, let stage, let errno) = run.reason {
            return "exec start failed: " + GoExit.start(program(of: run), stage: stage, errno)
        }
        switch run.state {
        case .cancelled: return cancelled(run)
        case .lost: return "interrupted: \(run.reason.sentence(.en).text)"
        case .failed, .pending, .running, .stopping, .paused, .succeeded: return failed(run)
        }
    }

    private static func cancelled(_ run: Run) -> String {
        if case .busy = run.reason { return run.reason.sentence(.en).text }
        return run.outcome == .skipped ? "killed before it started" : ended(run) ?? "killed"
    }

    private static func failed(_ run: Run) -> String {
        switch run.reason {
        case .timedOut(_, let span):
            "exec error: timeout after \(span?.description ?? "its time") (\(run.lastLines.stderr))"
        default: ended(run) ?? run.reason.sentence(.en).text
        }
    }

    private static func ended(_ run: Run) -> String? {
        let line = run.lastLines.stderr
        guard run.exitCode != 0, let state = GoExit.state(code: run.exitCode, signal: run.signal) else { return nil }
        return "exec error: \(state) (\(line))"
    }

    private static func program(of run: Run) -> String {
        let spec = run.job.tasks.first?.spec.object ?? [:]
        return spec["shell"]?.string ?? spec["argv"]?.array?.first?.string ?? "martlet"
    }
}
