import Foundation

/// How processes end, in the words of Go's os/exec: clients of services written in Go know them.
package enum GoExit {
    /// Of an ended process: `exit status 3`, `signal: killed`; nil when it is neither.
    package static func state(code: Int32?, signal: Int32?) -> String? {
        if let signal { return "signal: \(signalName(signal))" }
        return code.map { "exit status \($0)" }
    }

    /// Why `program` could not be started. `stage`: the step before the program that failed, or `exec`.
    package static func start(_ program: String, stage: String, _ errno: Int32) -> String {
        let reason = String(cString: strerror(errno)).lowercased()
        guard stage == "exec" else { return "\(stage): \(reason)" }
        if errno == ENOENT, !program.contains("/") {
            return "exec: \"\(program)\": executable file not found in $PATH"
        }
        return "fork/exec \(program): \(reason)"
    }

    /// As Go's `syscall.Signal` writes it on Linux.
    package static func signalName(_ signal: Int32) -> String {
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
