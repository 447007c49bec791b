import CMartlet
import Glibc
import KeeperProtocol

/// The task's first process.
struct Leader {
    let pid: pid_t
    let warnings: [String]

    struct Failure: Error {
        let stage: String
        let errno: Int32
        let warnings: [String]
    }

    /// Descriptors for the task's side.
    struct Streams {
        var null: Int32
        var output: Int32
        var errors: Int32
        /// -1: the task has a path.
        var progress: Int32
    }

    init(_ frame: LaunchFrame, streams: Streams) throws(Failure) {
        let argv = CStrings(frame.argv)
        let environment = CStrings(frame.environment)
        let path = frame.environment.last { $0.hasPrefix("PATH=") }.flatMap { strdup(String($0.dropFirst(5))) }
        var launch = mt_launch()
        launch.argv = UnsafePointer(argv.pointers)
        launch.envp = UnsafePointer(environment.pointers)
        launch.search_path = UnsafePointer(path)
        launch.cwd = UnsafePointer(frame.cwd.flatMap { strdup($0) })
        launch.stdin_fd = streams.null
        launch.stdout_fd = streams.output
        launch.stderr_fd = streams.errors
        launch.progress_fd = streams.progress
        launch.umask = frame.umask.map { Int32($0 & 0o777) } ?? -1
        launch.has_nice = frame.nice == nil ? 0 : 1
        launch.nice = frame.nice ?? 0
        launch.memory = frame.memory ?? -1
        launch.open_files = frame.openFiles ?? -1
        launch.processes = frame.processes ?? -1
        launch.kill_parent = Failpoint.isArmed("leader.forked") ? 1 : 0
        let groups = frame.user?.groups ?? []
        let launched = groups.withUnsafeBufferPointer { list in
            launch.has_user = frame.user == nil ? 0 : 1
            launch.uid = frame.user?.uid ?? 0
            launch.gid = frame.user?.gid ?? 0
            launch.groups = list.baseAddress
            launch.group_count = list.count
            return withUnsafePointer(to: &launch) { mt_launch($0) }
        }
        let warnings = Self.warnings(launched.warnings, frame)
        guard launched.stage == Int32(MT_STAGE_NONE.rawValue) else {
            if launched.pid > 0 { waitpid(launched.pid, nil, 0) }
            throw Failure(stage: Self.stage(launched.stage), errno: launched.error, warnings: warnings)
        }
        self.pid = launched.pid
        self.warnings = warnings
    }

    private static func stage(_ number: Int32) -> String {
        switch UInt32(number) {
        case MT_STAGE_FORK.rawValue: "fork"
        case MT_STAGE_SETPGID.rawValue: "setpgid"
        case MT_STAGE_LIMITS.rawValue: "limits"
        case MT_STAGE_USER.rawValue: "user"
        case MT_STAGE_CHDIR.rawValue: "chdir"
        default: "exec"
        }
    }

    private static func warnings(_ bits: Int32, _ frame: LaunchFrame) -> [String] {
        var sentences: [String] = []
        let refused: [(mt_warning, String)] = [
            (MT_WARNING_NICE, "nice \(frame.nice ?? 0) was refused by the system"),
            (MT_WARNING_MEMORY, "the memory limit is above the system's and was set to that"),
            (MT_WARNING_OPEN_FILES, "the limit of open files is above the system's and was set to that"),
            (MT_WARNING_PROCESSES, "the limit of processes is above the system's and was set to that"),
        ]
        for (bit, sentence) in refused where UInt32(bits) & bit.rawValue != 0 { sentences.append(sentence) }
        if frame.processes != nil, (frame.user?.uid ?? geteuid()) == 0 {
            sentences.append("the limit of processes does not bind root")
        }
        return sentences
    }
}

/// A null-terminated array of C strings. Never freed: a keeper makes two of them.
private struct CStrings {
    let pointers: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>

    init(_ texts: [String]) {
        pointers = .allocate(capacity: texts.count + 1)
        for (index, text) in texts.enumerated() { pointers[index] = strdup(text) }
        pointers[texts.count] = nil
    }
}
