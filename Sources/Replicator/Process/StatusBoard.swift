package import Foundation
internal import Glibc
internal import MartletCore
internal import Synchronization

/// The status of this process: every thread writes on it, one writes it to the file.
package final class StatusBoard: Sendable {
    package static let fullStage = "job_stage_full"
    package static let incrementalStage = "job_stage_incr"
    private static let keptEvents = 64
    /// Texts of servers may be long.
    private static let longestText = 2000

    private let file: URL
    private let report: Mutex<StatusReport>
    /// Shown to whoever looks at the process; replaced in tests.
    private let show: @Sendable (String) -> Void

    package init(
        _ file: URL, role: String, job: String, show: @escaping @Sendable (String) -> Void = StatusBoard.printed
    ) {
        let now = Timestamp.text(Date())
        self.file = file
        self.show = show
        report = Mutex(StatusReport(role: role, job: job, pid: getpid(), started: now, updated: now))
    }

    package var current: StatusReport { report.withLock { $0 } }

    /// One line to stdout, at once; nobody reading it is no reason to end.
    package static let printed: @Sendable (String) -> Void = { line in
        let bytes = Array("\(line)\n".utf8)
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes { Glibc.write(1, $0.baseAddress, $0.count) }
            if count <= 0 { return }
            sent += count
        }
    }

    package func change(_ body: @Sendable (inout StatusReport) -> Void) {
        report.withLock { body(&$0) }
    }

    /// Says something that happened, once.
    package func note(_ level: StatusReport.Level, _ text: String) {
        let (at, text) = (Timestamp.text(Date()), Self.oneLine(text))
        report.withLock { report in
            let number = (report.events.last?.n ?? 0) + 1
            report.events.append(StatusReport.Entry(n: number, at: at, level: level, text: text))
            report.events.removeFirst(max(0, report.events.count - Self.keptEvents))
        }
        show("\(at) \(level.rawValue) \(text)")
    }

    /// The other state, if it is one, is written at once.
    package func enter(_ state: StatusReport.State) {
        let isNew = report.withLock { report in
            defer { report.state = state }
            return report.state != state
        }
        if isNew { write() }
    }

    /// Each word once a run.
    package func reach(_ stage: String) {
        let at = Timestamp.text(Date())
        let isNew = report.withLock { report in
            guard !report.stages.contains(where: { $0.stage == stage }) else { return false }
            report.stages.append(StatusReport.Stage(stage: stage, at: at))
            return true
        }
        guard isNew else { return }
        note(.info, stage)
        write()
    }

    /// Something is away and is tried again.
    package func retry(after error: any Error, _ what: String) { retry("\(what): \(error)") }

    package func retry(_ text: String) {
        let trouble = StatusReport.Trouble(at: Timestamp.text(Date()), text: Self.oneLine(text))
        report.withLock { report in
            report.retries += 1
            report.lastError = trouble
        }
        note(.warning, trouble.text)
    }

    /// Nothing moves though there is something to do.
    func stall(for time: Duration, cause: String) {
        let since = Timestamp.text(Date(timeIntervalSinceNow: -(time / .seconds(1))))
        change { $0.stall = StatusReport.Stall(since: since, cause: Self.oneLine(cause)) }
        note(.warning, "nothing has moved for \(Int(time / .seconds(1))) s: \(cause)")
    }

    /// Something moves.
    func move() {
        guard report.withLock({ $0.stall }) != nil else { return }
        change { $0.stall = nil }
        note(.info, "it moves again")
    }

    /// How far the source was read, by one event of so many bytes.
    func sawSource(_ file: String, _ position: UInt64, bytes: Int) {
        report.withLock { report in
            report.spool.events += 1
            report.spool.read += bytes
            if report.spool.file != file { report.spool.file = file }
            report.spool.position = position
        }
    }

    /// Replaces the file. A disk without room is no reason to end: the next write tells what this one could not.
    package func write() {
        let now = Timestamp.text(Date())
        let report = report.withLock { report in
            report.updated = now
            return report
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard let data = try? encoder.encode(report) else { return }
        try? data.write(to: file, options: .atomic)
    }

    /// Line ends and control characters become spaces; cut where it is too long.
    package static func oneLine(_ text: String) -> String {
        let cut = text.utf8.count > longestText ? text.prefix(longestText / 4) + "…" : text[...]
        let line = String(cut.map { $0.isNewline || $0.unicodeScalars.allSatisfy { $0.value < 32 } ? " " : $0 })
        return line.split(separator: " ", omittingEmptySubsequences: true).joined(separator: " ")
    }
}
