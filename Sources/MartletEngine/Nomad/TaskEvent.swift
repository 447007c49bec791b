package import MartletCore

/// One thing that happened to a task, in Nomad's vocabulary.
package struct NomadTaskEvent: Sendable, Hashable {
    package enum Kind: String, Sendable {
        case received = "Received"
        case setup = "Task Setup"
        case started = "Started"
        case driver = "Driver"
        case terminated = "Terminated"
        case restarting = "Restarting"
        case notRestarting = "Not Restarting"
        case killing = "Killing"
        case killed = "Killed"
        case failedValidation = "Failed Validation"
        case driverFailure = "Driver Failure"
        case unhealthy = "Alloc Unhealthy"
        case restartSignaled = "Restart Signaled"
        case siblingFailed = "Sibling Task Failed"
        case leaderDead = "Leader Task Dead"
        case signaling = "Signaling"
    }

    package var kind: Kind
    /// Nanoseconds since 1970.
    package var time: Int64
    package var displayMessage: String
    /// Nil for what a driver tells.
    package var details: [String: String]? = [:]
    package var message = ""
    package var exitCode: Int64 = 0
    package var signal: Int64 = 0
    /// Nanoseconds.
    package var startDelay: Int64 = 0
    package var killTimeout: Int64 = 0
    package var restartReason = ""
    package var failsTask = false
    package var driverError = ""
    package var validationError = ""
    package var driverMessage = ""
    package var failedSibling = ""

    init(_ kind: Kind, at time: Int64, _ displayMessage: String) {
        self.kind = kind
        self.time = time
        self.displayMessage = displayMessage
    }

    /// All 24 keys, also the empty ones.
    package var json: JSONValue {
        [
            "Details": details.map { .object($0.mapValues(JSONValue.string)) } ?? .null, "DiskLimit": 0,
            "DisplayMessage": .string(displayMessage), "DownloadError": "", "DriverError": .string(driverError),
            "DriverMessage": .string(driverMessage), "ExitCode": .int(exitCode),
            "FailedSibling": .string(failedSibling), "FailsTask": .bool(failsTask), "GenericSource": "",
            "KillError": "", "KillReason": "", "KillTimeout": .int(killTimeout), "Message": .string(message),
            "RestartReason": .string(restartReason), "SetupError": "", "Signal": .int(signal),
            "StartDelay": .int(startDelay), "TaskSignal": "", "TaskSignalReason": "", "Time": .int(time),
            "Type": .string(kind.rawValue), "ValidationError": .string(validationError), "VaultError": "",
        ]
    }
}

// MARK: Kinds

extension NomadTaskEvent {
    static func received(at time: Int64) -> Self { Self(.received, at: time, "Task received by client") }
    static func started(at time: Int64) -> Self { Self(.started, at: time, "Task started by client") }
    static func killed(at time: Int64) -> Self { Self(.killed, at: time, "Task successfully killed") }
    static func leaderDead(at time: Int64) -> Self { Self(.leaderDead, at: time, "Leader Task in Group dead") }

    static func setup(at time: Int64) -> Self { saying(.setup, at: time, "Building Task Directory") }
    static func unhealthy(at time: Int64) -> Self { saying(.unhealthy, at: time, "Unhealthy because of failed task") }

    private static func saying(_ kind: Kind, at time: Int64, _ text: String) -> Self {
        var event = Self(kind, at: time, text)
        event.message = text
        event.details = ["message": text]
        return event
    }

    static func driver(at time: Int64, _ text: String) -> Self {
        var event = Self(.driver, at: time, text)
        event.driverMessage = text
        event.details = nil
        return event
    }

    static func terminated(at time: Int64, code: Int64, signal: Int64, saying message: String) -> Self {
        var parts = ["Exit Code: \(code)"]
        if signal != 0 { parts.append("Signal: \(signal)") }
        if !message.isEmpty { parts.append("Exit Message: \(GoText.quoted(message))") }
        var event = Self(.terminated, at: time, parts.joined(separator: ", "))
        (event.exitCode, event.signal, event.message) = (code, signal, message)
        event.details = ["exit_code": "\(code)", "signal": "\(signal)", "oom_killed": "false"]
        if !message.isEmpty { event.details?["exit_message"] = message }
        return event
    }

    static let withinPolicy = "Restart within policy"

    static func restarting(at time: Int64, after delay: Int64, _ why: String) -> Self {
        let text = "Task restarting in \(GoText.duration(delay))"
        var event = Self(.restarting, at: time, why.isEmpty || why == withinPolicy ? text : "\(why) - \(text)")
        (event.startDelay, event.restartReason) = (delay, why)
        event.details = ["start_delay": "\(delay)", "restart_reason": why]
        return event
    }

    static func notRestarting(at time: Int64, _ why: String) -> Self {
        var event = Self(.notRestarting, at: time, why)
        (event.restartReason, event.failsTask) = (why, true)
        event.details = ["restart_reason": why, "fails_task": "true"]
        return event
    }

    static func restartSignaled(at time: Int64) -> Self {
        var event = Self(.restartSignaled, at: time, "User requested restart")
        event.restartReason = event.displayMessage
        event.details = ["restart_reason": event.displayMessage]
        return event
    }

    static func signaling(at time: Int64, _ signal: String) -> Self {
        var event = Self(.signaling, at: time, "Task being sent a signal")
        event.details = ["signal": signal]
        return event
    }

    static func killing(at time: Int64, timeout: Int64) -> Self {
        let span = GoText.duration(timeout)
        var event = Self(.killing, at: time, "Sent interrupt. Waiting \(span) before force killing")
        event.killTimeout = timeout
        event.details = ["kill_timeout": span]
        return event
    }

    static func refused(at time: Int64, _ refusal: NomadTask.Refusal) -> Self {
        switch refusal.kind {
        case .validation:
            var event = Self(.failedValidation, at: time, refusal.text)
            event.validationError = refusal.text
            event.details = ["validation_error": refusal.text]
            return event
        case .driver:
            var event = Self(.driverFailure, at: time, refusal.text)
            event.driverError = refusal.text
            event.details = ["driver_error": refusal.text]
            return event
        }
    }

    static func siblingFailed(at time: Int64, _ sibling: String) -> Self {
        var event = Self(.siblingFailed, at: time, "Task's sibling \(GoText.quoted(sibling)) failed")
        event.failedSibling = sibling
        event.details = ["failed_sibling": sibling]
        return event
    }
}

/// Texts as Go prints them.
package enum GoText {
    /// A span in nanoseconds: `1h0m0s`, `17.046872245s`, `1.5ms`, `0s`.
    package static func duration(_ nanoseconds: Int64) -> String {
        if nanoseconds == 0 { return "0s" }
        let sign = nanoseconds < 0 ? "-" : ""
        let total = nanoseconds.magnitude
        if total < 1_000 { return "\(sign)\(total)ns" }
        if total < 1_000_000 { return sign + fraction(total, 1_000) + "µs" }
        if total < 1_000_000_000 { return sign + fraction(total, 1_000_000) + "ms" }
        let seconds = fraction(total % 60_000_000_000, 1_000_000_000) + "s"
        let minutes = total / 60_000_000_000
        if minutes == 0 { return sign + seconds }
        return minutes < 60 ? "\(sign)\(minutes)m\(seconds)" : "\(sign)\(minutes / 60)h\(minutes % 60)m\(seconds)"
    }

    private static func fraction(_ value: UInt64, _ unit: UInt64) -> String {
        let rest = value % unit
        guard rest > 0 else { return "\(value / unit)" }
        let width = String(unit).count - 1
        var digits = String(rest)
        digits = String(repeating: "0", count: width - digits.count) + digits
        while digits.hasSuffix("0") { digits.removeLast() }
        return "\(value / unit).\(digits)"
    }

    /// As `%q` does.
    package static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            case _ where scalar.value < 0x20 || scalar.value == 0x7F:
                let digits = String(scalar.value, radix: 16)
                result += "\\x" + (digits.count == 1 ? "0" : "") + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
