import Foundation
import MartletCore

/// How a run ended, in the texts of the replaced service (they are Go's).
enum ExitText {
    /// Nil when it ended well.
    static func error(of run: Run) -> String? {
        guard run.state != .succeeded else { return nil }
        if case .spawnFailed(_, let stage, let errno) = run.reason {
            return "exec start failed: " + start(program(of: run), stage: stage, errno)
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
        if let signal = run.signal { return "exec error: signal: \(signalName(signal)) (\(line))" }
        guard let code = run.exitCode, code != 0 else { return nil }
        return "exec error: exit status \(code) (\(line))"
    }

    private static func program(of run: Run) -> String {
        let spec = run.job.tasks.first?.spec.object ?? [:]
        return spec["shell"]?.string ?? spec["argv"]?.array?.first?.string ?? "martlet"
    }

    static func start(_ program: String, stage: String, _ errno: Int32) -> String {
        let reason = String(cString: strerror(errno)).lowercased()
        guard stage == "exec" else { return "\(stage): \(reason)" }
        if errno == ENOENT, !program.contains("/") {
            return "exec: \"\(program)\": executable file not found in $PATH"
        }
        return "fork/exec \(program): \(reason)"
    }

    /// As Go's `syscall.Signal` writes it on Linux.
    static func signalName(_ signal: Int32) -> String {
        names.indices.contains(Int(signal) - 1) ? names[Int(signal) - 1] : "signal \(signal)"
    }

    private static let names = [
        "hangup", "interrupt", "quit", "illegal instruction", "trace/breakpoint trap", "aborted", "bus error",
        "floating point exception", "killed", "user defined signal 1", "segmentation fault", "user defined signal 2",
        "broken pipe", "alarm clock", "terminated", "stack fault", "child exited", "continued", "stopped (signal)",
        "stopped", "stopped (tty input)", "stopped (tty output)", "urgent I/O condition", "CPU time limit exceeded",
        "file size limit exceeded", "virtual timer expired", "profiling timer expired", "window changed",
        "I/O possible", "power failure", "bad system call",
    ]
}
