/// What the last line of a control file tells.
package struct ExitRecord: Sendable, Equatable {
    package enum Ending: Sendable, Equatable {
        case exited(code: Int32)
        case signalled(Int32)
        case spawnFailed(stage: String, errno: Int32)
        case unkillable(pids: [Int32])
    }

    package var ending: Ending
    package var timedOut = false
    package var stopped = false
    /// Milliseconds since 1970; 0: nothing was started.
    package var startedAt: Int64 = 0
    package var endedAt: Int64
    package var logBytes: Int64 = 0
    package var droppedBytes: Int64 = 0
    package var strays: Int = 0
    package var warnings: [String] = []
    package var seal: String

    package init(ending: Ending, endedAt: Int64, seal: String) {
        self.ending = ending
        self.endedAt = endedAt
        self.seal = seal
    }

    /// Lists are cut so that the line always fits its file.
    private static let mostPIDs = 50
    private static let longestWarnings = 700

    package var record: ControlRecord {
        var fields: [(key: String, value: String)] = []
        switch ending {
        case .exited(let code): fields += [("how", "exited"), ("code", "\(code)")]
        case .signalled(let signal): fields += [("how", "signalled"), ("signal", "\(signal)")]
        case .spawnFailed(let stage, let errno):
            fields += [("how", "spawnFailed"), ("stage", stage), ("errno", "\(errno)")]
        case .unkillable(let pids):
            let list = pids.prefix(Self.mostPIDs).map { "\($0)" }.joined(separator: ",")
            fields += [("how", "unkillable"), ("pids", list)]
        }
        fields += [
            ("timedout", timedOut ? "1" : "0"), ("stopped", stopped ? "1" : "0"), ("began", "\(startedAt)"),
            ("at", "\(endedAt)"), ("log", "\(logBytes)"), ("dropped", "\(droppedBytes)"),
            ("strays", "\(strays)"),
        ]
        let text = boundedWarnings
        if !text.isEmpty { fields.append(("warnings", text)) }
        fields.append(("seal", seal))
        return ControlRecord(.ended, fields)
    }

    private var boundedWarnings: String {
        var text = ""
        for warning in warnings where text.utf8.count + warning.utf8.count < Self.longestWarnings {
            text += text.isEmpty ? warning : "\n\(warning)"
        }
        return text
    }

    /// Nil when the record is not an `ended` one or lacks a field.
    package init?(_ record: ControlRecord) {
        guard record.word == .ended, let at: Int64 = record.integer("at"), let seal = record["seal"],
            let ending = Ending(record)
        else { return nil }
        self.init(ending: ending, endedAt: at, seal: seal)
        timedOut = record["timedout"] == "1"
        stopped = record["stopped"] == "1"
        startedAt = record.integer("began") ?? 0
        logBytes = record.integer("log") ?? 0
        droppedBytes = record.integer("dropped") ?? 0
        strays = record.integer("strays") ?? 0
        warnings = record["warnings"].map { $0.split(separator: "\n").map(String.init) } ?? []
    }
}

extension ExitRecord.Ending {
    fileprivate init?(_ record: ControlRecord) {
        switch record["how"] {
        case "exited":
            guard let code: Int32 = record.integer("code") else { return nil }
            self = .exited(code: code)
        case "signalled":
            guard let signal: Int32 = record.integer("signal") else { return nil }
            self = .signalled(signal)
        case "spawnFailed":
            guard let stage = record["stage"], let errno: Int32 = record.integer("errno") else { return nil }
            self = .spawnFailed(stage: stage, errno: errno)
        case "unkillable":
            self = .unkillable(pids: (record["pids"] ?? "").split(separator: ",").compactMap { Int32($0) })
        default: return nil
        }
    }
}
