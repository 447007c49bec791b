import GoWire
import MartletCore

/// One run as `/api/v1/status` shows it.
struct TaskRow: Sendable {
    let id: String
    let run: Run
    /// The goosefs program, for the text about one that could not be started.
    let program: String?
    /// The name under which it was asked for; nil: the one that it was given.
    var taskName: String?
    /// The names of failed files are left out: the answer is about too many.
    var isCut = false

    var status: TaskStatus { TaskStatus(run) }

    /// The fields of the replaced service, then ours.
    var wire: WireValue {
        let tally = LoadTally(run.report.evidence)
        var members: [(String, WireValue)] = [
            ("task_name", .string(taskName ?? run.cacheTaskName)), ("path", .string(run.cachePath)),
            ("exit_code", .string(exitText)), ("success_count", .int(Int64(tally.loaded))),
            ("total_file", .int(Int64(tally.loaded + tally.present))),
            ("created_at", .string(LegacyTime.text(run.createdAt))),
        ]
        members += [
            ("action", .string(CacheAction(of: run)?.rawValue ?? "")), ("status", .string(status.rawValue)),
            ("state", .string(state)), ("outcome", run.outcome.map { .string($0.rawValue) } ?? .null),
            ("reason", .string(run.reason.sentence(.en).text)), ("failed_count", .int(Int64(tally.failed))),
            ("failed_paths", .array(tally.failures.map(WireValue.string))), ("progress", .string(progress(tally))),
            ("run", .string(run.id.description)), ("attempt", .int(Int64(run.attempt))),
            ("started_at", run.startedAt.map { .string(LegacyTime.text($0)) } ?? .null),
            ("ended_at", run.finishedAt.map { .string(LegacyTime.text($0)) } ?? .null),
        ]
        if isCut { members.append(("failed_paths_truncated", true)) }
        let paths = run.cachePaths
        if paths.count > 1 { members.append(("paths", .array(paths.map(WireValue.string)))) }
        return .object(members)
    }

    private func progress(_ tally: LoadTally) -> String { run.report.evidence == nil ? "" : tally.progress }

    /// Others than we write it so.
    private var state: String { run.state == .cancelled ? "canceled" : run.state.rawValue }

    /// How its last process ended, in Go's words; "" as long as it is not over. Of a run that had none, why.
    var exitText: String {
        guard run.state.isEnd else { return "" }
        if case .spawnFailed(_, let stage, let errno) = run.reason {
            return GoExit.start(program ?? "goosefs", stage: stage, errno)
        }
        if run.state == .lost { return "interrupted" }
        return GoExit.state(code: run.exitCode, signal: run.signal) ?? "canceled"
    }
}
