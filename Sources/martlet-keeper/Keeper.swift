import CMartlet
import Glibc
import KeeperProtocol

/// Watches one task attempt from its fence to its exit record, alone: it needs no server after the launch.
struct Keeper {
    /// How long descendants may outlive the leader.
    static let linger: Int64 = 1_000
    /// A task that lives longer than this gets the protection that costs a few system calls.
    static let protectAfter: Int64 = 50

    let frame: LaunchFrame
    let fence: Fence
    let signals: Int32
    let leader: pid_t
    let startedAt: Int64
    /// Milliseconds since boot, as all instants below.
    let started: Int64
    var log: LogFile
    var output: StreamPump
    var errors: StreamPump
    var buffer = ReadBuffer()
    var warnings: [String]

    /// What wait told about the leader.
    var status: Int32?
    var treeIsGone = false
    var timedOut = false
    var stopped = false
    /// When KILL follows the stop signal; nil: no stop signal was sent.
    var graceEnd: Int64?
    /// When KILL follows the leader's own end.
    var lingerEnd: Int64?
    var protected = false
    var strays = 0
    var recorded = false

    /// Returns never.
    static func run(_ frame: LaunchFrame, _ inherited: Inherited) -> Never {
        setsid()
        _ = mt_subreaper()
        guard let fence = takeFence(frame) else { _exit(0) }
        Reply.close()
        if var keeper = start(frame, fence, inherited) { keeper.watch() }
        Failpoint.reach("after.ended")
        // Without the destructors of libraries: there is nothing to flush.
        _exit(0)
    }

    /// Creates the control file and tells the server; nil when the task must not run.
    private static func takeFence(_ frame: LaunchFrame) -> Fence? {
        var reply = LaunchReply(requestID: frame.requestID, status: .held, keeperPID: getpid())
        defer { Reply.send(reply) }
        do throws(Fence.Failure) {
            let fence = try Fence(frame)
            reply.keeperStart = ownStart()
            let error = fence.append(
                ControlRecord(
                    .keeper,
                    [
                        ("v", "\(ControlRecord.version)"), ("pid", "\(reply.keeperPID)"),
                        ("start", "\(reply.keeperStart)"), ("boot", frame.bootID), ("mark", frame.mark),
                    ]))
            guard error == 0 else { throw .failed(errno: error) }
            Failpoint.reach("keeper.written")
            return fence
        } catch {
            switch error {
            case .lost: reply.status = .fenceLost
            case .failed(let errno): (reply.status, reply.error) = (.noKeeper, errno)
            }
            return nil
        }
    }

    private static func ownStart() -> UInt64 {
        var parent: pid_t = 0
        var session: pid_t = 0
        var start: UInt64 = 0
        var state: CChar = 0
        return mt_process_stat(getpid(), &parent, &session, &start, &state) == 0 ? start : 0
    }
}

// MARK: Starting the task

extension Keeper {
    /// Nil when the task could not be started; its record then says why.
    private static func start(_ frame: LaunchFrame, _ fence: Fence, _ inherited: Inherited) -> Keeper? {
        var output: [Int32] = [-1, -1]
        var errors: [Int32] = [-1, -1]
        var warnings = frame.warnings
        do throws(Leader.Failure) {
            guard mt_pipe(&output) == 0, mt_pipe(&errors) == 0 else {
                throw Leader.Failure(stage: "fork", errno: errno, warnings: [])
            }
            let progress = openProgress(frame, &warnings)
            // Before the fork: whoever gets no turn after it must not make the task look shorter than it was.
            let began = (boot: mt_boot_milliseconds(), wall: mt_wall_milliseconds())
            let leader = try Leader(
                frame,
                streams: .init(null: inherited.null, output: output[1], errors: errors[1], progress: progress))
            for fd in [output[1], errors[1], progress] where fd >= 0 { close(fd) }
            return Keeper(
                frame: frame, fence: fence, signals: inherited.signals, leader: leader, began: began,
                pipes: (output[0], errors[0]), warnings: warnings + leader.warnings)
        } catch {
            var record = ExitRecord(
                ending: .spawnFailed(stage: error.stage, errno: error.errno), endedAt: mt_wall_milliseconds(),
                seal: frame.seal)
            record.warnings = warnings + error.warnings
            fence.appendSurely(record.record)
            return nil
        }
    }

    /// For a task whose user cannot reach the run directory: its own file, as a descriptor.
    private static func openProgress(_ frame: LaunchFrame, _ warnings: inout [String]) -> Int32 {
        guard frame.progressByDescriptor, let user = frame.user else { return -1 }
        let path = "\(frame.runDirectory)/\(frame.baseName).progress"
        let fd = mt_openat(AT_FDCWD, path, O_CREAT | O_EXCL | O_RDWR | O_APPEND, 0o600)
        if fd < 0 || fchown(fd, user.uid, user.gid) != 0 {
            warnings.append("the progress file could not be made (errno \(errno))")
        }
        return fd
    }

    private init(
        frame: LaunchFrame, fence: Fence, signals: Int32, leader: Leader, began: (boot: Int64, wall: Int64),
        pipes: (Int32, Int32), warnings: [String]
    ) {
        self.frame = frame
        self.fence = fence
        self.signals = signals
        self.leader = leader.pid
        self.warnings = warnings
        started = began.boot
        startedAt = began.wall
        log = LogFile(basePath: "\(frame.runDirectory)/\(frame.baseName)", cap: frame.logCap)
        let patterns = frame.secrets.isEmpty ? nil : MaskPatterns(frame.secrets)
        output = StreamPump(pipes.0, .stdout, patterns: patterns)
        errors = StreamPump(pipes.1, .stderr, patterns: patterns)
        Failpoint.reach("leader.execed")
        // Only for people who look: nothing depends on this line.
        _ = fence.append(ControlRecord(.leader, [("pid", "\(leader.pid)"), ("at", "\(startedAt)")]))
    }
}
