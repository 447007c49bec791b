import Foundation

/// One reason in words: what happened, and what to do next (nil when there is nothing to do).
package struct Sentence: Sendable, Hashable, Codable {
    package var text: String
    package var next: String?
}

package enum Language: String, Sendable, CaseIterable { case en, zh }

extension Reason {
    /// Stable word for programs; the sentences may change, this does not.
    package var code: String {
        switch self {
        case .queued: "queued"
        case .notDue: "notDue"
        case .retryWait: "retryWait"
        case .globalLimit: "globalLimit"
        case .driverLimit: "driverLimit"
        case .jobLimit: "jobLimit"
        case .diskLow: "diskLow"
        case .runningTask: "runningTask"
        case .stopRequested: "stopRequested"
        case .pausedOnRequest: "paused"
        case .succeeded: "succeeded"
        case .succeededWithWarning: "warning"
        case .nothingToDo: "nothingToDo"
        case .partlyDone: "partial"
        case .exited, .exitedSaying: "exit"
        case .signalled: "signal"
        case .timedOut, .runTimedOut: "timeout"
        case .spawnFailed: "spawnFailed"
        case .unkillable: "unkillable"
        case .cancelledBeforeStart, .cancelled: "cancelled"
        case .busy: "busy"
        case .machineRestarted: "machineRestarted"
        case .restored: "restored"
        case .keeperVanished: "keeperVanished"
        }
    }

    package func sentence(_ language: Language) -> Sentence {
        switch language {
        case .en: english
        case .zh: chinese
        }
    }

    private func pair(_ text: String, _ next: String? = nil) -> Sentence { Sentence(text: text, next: next) }

    private var english: Sentence {
        switch self {
        case .queued: pair("Waiting for the next free place.")
        case .notDue(let at): pair("Waiting until \(Self.time(at)).")
        case .retryWait(let attempt, let at):
            pair(
                "Waiting to try again: attempt \(attempt) starts at \(Self.time(at)).",
                "Read the log of the failed attempt, or stop the run.")
        case .globalLimit(let limit):
            pair("Waiting: all \(limit) places of this server are taken.", "Wait, stop a run, or raise limits.runs.")
        case .driverLimit(let driver, let limit):
            pair(
                "Waiting: all \(limit) places for driver \(driver) are taken.",
                "Wait, or raise limits.drivers.\(driver).")
        case .jobLimit(let job, let limit):
            pair("Waiting: job \(job) allows \(limit) runs at once.", "Wait, or raise the job's concurrency.")
        case .diskLow(let free, let needed):
            pair(
                "Waiting: only \(Self.megabytes(free)) are free in the data directory and \(Self.megabytes(needed)) must stay free.",
                "Free disk space or lower limits.minFree.")
        case .runningTask(let name, let number, let count): pair("Running task \(name) (\(number) of \(count)).")
        case .stopRequested(let reason):
            pair("Stopping: \(Self.english(reason)).", "If it does not end, look at its log.")
        case .pausedOnRequest: pair("Paused on request.", "Resume it to go on with its first unfinished task.")
        case .succeeded: pair("Every task ended well.")
        case .succeededWithWarning(let note): pair("Ended well, with a warning: \(note)", "Look at the warning.")
        case .nothingToDo(let note): pair("Nothing had to be done: \(note)")
        case .partlyDone(let task, let note):
            pair("Task \(task) did only a part of its work: \(note)", "Read the log and run the rest again.")
        case .exited(let task, let code): pair("Task \(task) exited with code \(code).", "Read its log, then rerun.")
        case .exitedSaying(let task, let code, let note):
            pair("Task \(task) exited with code \(code): \(note)", "Mend that, then rerun.")
        case .signalled(let task, let signal):
            pair(
                "Task \(task) was ended by signal \(signal).",
                "Look for who sent it: the kernel's out-of-memory killer sends 9.")
        case .timedOut(let task, let span):
            pair(
                "Task \(task) did not end within \(span?.description ?? "its time") and was ended.",
                "Raise its timeout or make it faster.")
        case .runTimedOut(let span):
            pair("The run did not end within \(span) and was ended.", "Raise the job's timeout.")
        case .spawnFailed(let task, let stage, let errno):
            pair(
                "Task \(task) could not be started: \(stage): \(Self.errorText(errno)).",
                Self.spawnHint(stage, errno).en)
        case .unkillable(let task, let pids):
            pair(
                "Processes of task \(task) survived KILL: \(Self.list(pids)).",
                "They wait in the kernel (often a dead disk or NFS server); the key stays taken until they are gone.")
        case .cancelledBeforeStart: pair("Stopped before it started.")
        case .busy(let job, let unfinished):
            pair(
                "Refused: \(unfinished) \(unfinished == 1 ? "run" : "runs") of job \(job) \(unfinished == 1 ? "is" : "are") not over, and its rule takes no more.",
                "Wait for the end of one, stop one, or raise the job's concurrency.")
        case .cancelled(let reason): pair("Ended: \(Self.english(reason)).")
        case .machineRestarted: pair("Lost: the machine restarted while it ran.", "Check what it had done, then rerun.")
        case .restored:
            pair(
                "Lost: it ran when the backup was made that was restored here; its processes were left alone.",
                "Check what it had done and that nothing of it runs any more, then rerun.")
        case .keeperVanished(let killed):
            pair(
                "Lost: its keeper process vanished without an exit record\(killed.isEmpty ? "" : "; survivors were killed: \(Self.list(killed))").",
                "Check what it had done, then rerun.")
        }
    }

    private var chinese: Sentence {
        switch self {
        case .queued: pair("等待空闲位置。")
        case .notDue(let at): pair("等待至 \(Self.time(at))。")
        case .retryWait(let attempt, let at): pair("等待重试：第 \(attempt) 次尝试将于 \(Self.time(at)) 开始。", "查看失败尝试的日志，或停止该运行。")
        case .globalLimit(let limit): pair("等待：服务器的 \(limit) 个位置已全部占用。", "请等待、停止其他运行，或调高 limits.runs。")
        case .driverLimit(let driver, let limit):
            pair("等待：驱动 \(driver) 的 \(limit) 个位置已全部占用。", "请等待，或调高 limits.drivers.\(driver)。")
        case .jobLimit(let job, let limit): pair("等待：作业 \(job) 最多同时运行 \(limit) 个。", "请等待，或调高作业的 concurrency。")
        case .diskLow(let free, let needed):
            pair("等待：数据目录仅剩 \(Self.megabytes(free))，须保留 \(Self.megabytes(needed))。", "清理磁盘或调低 limits.minFree。")
        case .runningTask(let name, let number, let count): pair("正在运行任务 \(name)（第 \(number)/\(count) 个）。")
        case .stopRequested(let reason): pair("正在停止：\(Self.chinese(reason))。", "若未结束，请查看日志。")
        case .pausedOnRequest: pair("已按要求暂停。", "恢复后将从第一个未完成的任务继续。")
        case .succeeded: pair("所有任务均正常结束。")
        case .succeededWithWarning(let note): pair("正常结束，但有警告：\(note)", "请查看该警告。")
        case .nothingToDo(let note): pair("无需执行：\(note)")
        case .partlyDone(let task, let note): pair("任务 \(task) 只完成了一部分：\(note)", "查看日志并重新运行其余部分。")
        case .exited(let task, let code): pair("任务 \(task) 以退出码 \(code) 结束。", "查看日志后重新运行。")
        case .exitedSaying(let task, let code, let note):
            pair("任务 \(task) 以退出码 \(code) 结束：\(note)", "排除原因后重新运行。")
        case .signalled(let task, let signal): pair("任务 \(task) 被信号 \(signal) 终止。", "查明信号来源：内核内存不足时会发送 9。")
        case .timedOut(let task, let span):
            pair("任务 \(task) 未在 \(span?.description ?? "规定时间") 内结束，已被终止。", "调高其 timeout，或加快任务。")
        case .runTimedOut(let span): pair("该运行未在 \(span) 内结束，已被终止。", "调高作业的 timeout。")
        case .spawnFailed(let task, let stage, let errno):
            pair("任务 \(task) 无法启动：\(stage)：\(Self.errorText(errno))。", Self.spawnHint(stage, errno).zh)
        case .unkillable(let task, let pids):
            pair("任务 \(task) 的进程在 KILL 后仍存活：\(Self.list(pids))。", "它们卡在内核中（常见于磁盘或 NFS 故障）；消失前键不会释放。")
        case .cancelledBeforeStart: pair("启动前已停止。")
        case .busy(let job, let unfinished):
            pair("已拒绝：作业 \(job) 有 \(unfinished) 个运行尚未结束，按其规则不再接受。", "等待或停止其中一个，或调高作业的 concurrency。")
        case .cancelled(let reason): pair("已结束：\(Self.chinese(reason))。")
        case .machineRestarted: pair("丢失：运行期间机器重启。", "核对已完成的部分后重新运行。")
        case .restored: pair("丢失：此处恢复的备份制作时它正在运行；其进程未被触动。", "核对已完成的部分，并确认已无残留进程，再重新运行。")
        case .keeperVanished(let killed):
            pair("丢失：守护进程消失且无退出记录\(killed.isEmpty ? "" : "；已终止残留进程：\(Self.list(killed))")。", "核对已完成的部分后重新运行。")
        }
    }

    private static func english(_ reason: StopReason) -> String {
        switch reason {
        case .user: "somebody asked for it"
        case .pause: "it is to be paused"
        case .shutdown: "the server was told to end its runs"
        case .timeout: "its time is over"
        }
    }

    private static func chinese(_ reason: StopReason) -> String {
        switch reason {
        case .user: "按用户要求"
        case .pause: "即将暂停"
        case .shutdown: "服务器被要求结束所有运行"
        case .timeout: "已超时"
        }
    }

    private static func time(_ date: Date) -> String { date.formatted(.iso8601) }
    private static func megabytes(_ bytes: Int64) -> String { "\(bytes / 1_000_000) MB" }
    private static func list(_ pids: [Int32]) -> String { pids.map(String.init).joined(separator: ", ") }
    private static func errorText(_ errno: Int32) -> String { String(cString: strerror(errno)) }

    private static func spawnHint(_ stage: String, _ errno: Int32) -> (en: String, zh: String) {
        switch (stage, errno) {
        case ("exec", ENOENT): ("Check the program's path, or the interpreter in its first line.", "检查程序路径，或其首行的解释器。")
        case ("exec", EACCES): ("Make the program executable (chmod +x) for the task's user.", "为任务用户添加执行权限（chmod +x）。")
        case ("chdir", _): ("Check the task's cwd.", "检查任务的 cwd。")
        case ("user", _):
            ("Check the task's user; changing it needs a server that runs as root.", "检查任务的 user；切换用户需要以 root 运行服务器。")
        default: ("Check the task's definition and the machine's limits.", "检查任务定义与系统限制。")
        }
    }
}
