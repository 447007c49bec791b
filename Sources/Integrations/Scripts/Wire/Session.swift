import Foundation
import GoWire
import MartletCore

/// An asynchronous call as its caller knows it: a run under a UUID v4.
struct Session: Sendable {
    let id: String
    let run: Run

    /// What became of it, in the words of this facade.
    enum Status: String, Sendable {
        case queued, running, succeeded, failed, killed, timeout, interrupted, rejected
    }

    var isDone: Bool { run.state.isEnd }

    var status: Status { Status(run) }

    /// The fields of the replaced service in its order, then ours.
    func wire() -> WireValue {
        var members: [(String, WireValue)] = [
            ("id", .string(id)), ("message", .string(isDone ? run.lastLines.stdout : "")),
            ("error", .string(isDone ? ExitText.error(of: run) ?? "" : "")), ("done", .bool(isDone)),
            ("start_at", .string(LegacyTime.text(run.createdAt))),
        ]
        let words = TaskWords(run)
        members += [
            ("task", .string(words.name)), ("cluster_type", .string(words.clusterType)),
            ("status", .string(status.rawValue)), ("run", .string(run.id.description)),
            ("attempt", .int(Int64(run.attempt))), ("args", .array(Redaction.arguments(of: run).map(WireValue.string))),
            ("by", run.trigger.caller.map(WireValue.string) ?? .null),
            ("exit_code", run.exitCode.map { .int(Int64($0)) } ?? .null),
            ("signal", run.signal.map { .int(Int64($0)) } ?? .null),
            ("end_at", run.finishedAt.map { .string(LegacyTime.text($0)) } ?? .null),
            ("duration_ms", isDone ? .int(run.worked.milliseconds) : .null),
            ("stdout_bytes", isDone ? .int(run.lastLines.stdoutBytes) : .null),
            ("stderr_bytes", isDone ? .int(run.lastLines.stderrBytes) : .null),
            ("truncated", .bool(run.lastLines.isTruncated)),
        ]
        return .object(members)
    }
}

extension Session.Status {
    init(_ run: Run) {
        switch run.state {
        case .pending: self = .queued
        case .running, .stopping, .paused: self = .running
        case .succeeded: self = .succeeded
        case .failed: self = run.outcome == .timeout ? .timeout : .failed
        case .cancelled: if case .busy = run.reason { self = .rejected } else { self = .killed }
        case .lost: self = .interrupted
        }
    }
}

extension Run {
    var lastLines: TaskReport.LastLines { report.lastLines ?? TaskReport.LastLines(stdout: "", stderr: "") }
}

/// The names that a run's task has in its file; they are kept as labels, so that they survive the file.
struct TaskWords: Sendable {
    static let nameLabel = "scripts/task"
    static let clusterLabel = "scripts/cluster"

    let name: String
    let clusterType: String

    init(_ run: Run) {
        name = run.labels[Self.nameLabel] ?? run.job.name ?? ""
        clusterType = run.labels[Self.clusterLabel] ?? ""
    }
}
