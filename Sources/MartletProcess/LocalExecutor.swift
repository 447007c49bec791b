import CMartlet
import Foundation
import KeeperProtocol
package import MartletCore

/// Runs tasks on this machine, each under a keeper that outlives the server.
package final class LocalExecutor: Executor {
    /// Names of a task attempt that need no storage: derived from a key of the server, so that the next
    /// server knows them too. `mark` is public, `seal` is known to server and keeper alone; both are visible
    /// ASCII without spaces.
    package typealias Seal = @Sendable (TaskAddress) -> (mark: String, seal: String)

    package let bootID: String
    package let paths: RunPaths
    private let seal: Seal
    private let baseEnvironment: [String: String]
    private let zygote: ZygoteClient
    private let watcher: PidWatcher

    /// Makes the directories of runs. `keeper` is the path of the `martlet-keeper` program, `baseEnvironment`
    /// what every task gets, `keeperEnvironment` what the keepers themselves see (failpoints). Throws
    /// `internal` or `unavailable`.
    package init(
        dataDirectory: String, keeper: String, baseEnvironment: [String: String],
        keeperEnvironment: [String: String] = [:], seal: @escaping Seal
    ) throws {
        paths = RunPaths(dataDirectory: dataDirectory)
        self.seal = seal
        self.baseEnvironment = baseEnvironment
        bootID = try Self.readBootID()
        // A crashing keeper must not linger to print where; symbols are bound once, before the forks.
        let fixed = ["SWIFT_BACKTRACE": "enable=no", "LD_BIND_NOW": "1"]
        let environment = keeperEnvironment.merging(fixed) { given, _ in given }
        zygote = ZygoteClient(keeper: keeper, environment: environment.map { "\($0.key)=\($0.value)" })
        guard let watcher = PidWatcher() else { throw MartletError.system("no epoll descriptor", errno) }
        self.watcher = watcher
        for path in [dataDirectory, paths.root] + paths.shards where mkdir(path, 0o700) != 0 && errno != EEXIST {
            throw MartletError.system("directory \(path)", errno)
        }
    }

    private static func readBootID() throws -> String {
        guard let file = Descriptor(opening: "/proc/sys/kernel/random/boot_id", O_RDONLY) else {
            throw MartletError.system("boot id", errno)
        }
        return String(decoding: file.read(from: 0, count: 64), as: UTF8.self).trimmingCharacters(in: .newlines)
    }

    package func run(
        _ command: Command, at address: TaskAddress, started: @Sendable (TaskHandle) async throws -> Void
    ) async throws -> TaskExit {
        let frame = LaunchFrame(
            command, at: address, in: paths, base: baseEnvironment, bootID: bootID, seal: seal(address))
        guard let frame else {
            return TaskExit(ending: .spawnFailed(stage: "user", errno: ENOENT), endedAt: Date())
        }
        switch try await zygote.launch(frame) {
        case .replied(let reply) where reply.status == .held:
            return try await follow(address, handle(reply.keeperPID, reply.keeperStart), started: started)
        case .replied(let reply) where reply.status == .noKeeper:
            throw MartletError.system("no keeper for \(address)", reply.error)
        // The fence is not ours, or nobody knows: it tells.
        case .replied, .noReply:
            return try await settle(address, isStarted: false, started: started)
        }
    }

    package func adopt(
        _ address: TaskAddress, handle: TaskHandle?, claimedOn bootID: String?,
        started: @Sendable (TaskHandle) async throws -> Void
    ) async throws -> TaskExit {
        if let boot = handle?.bootID ?? bootID, boot != self.bootID { throw TaskLost(reason: .machineRestarted) }
        return try await settle(address, isStarted: handle != nil, started: started)
    }

    package func stop(_ handle: TaskHandle, at address: TaskAddress, grace: TimeSpan?) async throws {
        guard handle.bootID == bootID, let pidfd = Self.open(handle.keeperPID, handle.keeperStart) else { return }
        // 0 means the task's own grace, so none at all is a millisecond.
        let value = grace.map { Int32(clamping: max(1, $0.milliseconds)) } ?? 0
        if mt_pidfd_stop(pidfd.number, value) != 0 && errno != ESRCH {
            throw MartletError.system("keeper \(handle.keeperPID) of \(address) cannot be signalled", errno)
        }
    }

    package func signal(_ signal: TaskSignal, to handle: TaskHandle, at address: TaskAddress) async throws {
        guard handle.bootID == bootID, let pidfd = Self.open(handle.keeperPID, handle.keeperStart) else { return }
        // An older one takes it for a stop.
        guard let version = controlFile(address).keeperVersion, version >= Self.firstToPassSignals else {
            throw MartletError(
                .unavailable, "the keeper of \(address) is of an earlier version and passes no signals on")
        }
        if mt_pidfd_pass(pidfd.number, signal.number) != 0 && errno != ESRCH {
            throw MartletError.system("keeper \(handle.keeperPID) of \(address) cannot be signalled", errno)
        }
    }

    private static let firstToPassSignals = 2

    package func usage(of handle: TaskHandle) -> [ProcessUsage] {
        guard handle.bootID == bootID, Self.open(handle.keeperPID, handle.keeperStart) != nil else { return [] }
        let capacity = 1 << 12
        let pids = [pid_t](unsafeUninitializedCapacity: capacity) { buffer, count in
            guard let place = buffer.baseAddress else { return }
            count = mt_descendants(handle.keeperPID, place, capacity)
        }
        return pids.compactMap(ProcessUsage.init(of:))
    }
}

extension LocalExecutor {
    /// The ordinary way: the keeper has replied.
    private func follow(
        _ address: TaskAddress, _ handle: TaskHandle, started: @Sendable (TaskHandle) async throws -> Void
    ) async throws -> TaskExit {
        let control = controlFile(address)
        let pidfd = Self.open(handle.keeperPID, handle.keeperStart)
        try await started(handle)
        if let pidfd { try await watcher.wait(for: pidfd) { control.ending() != nil } }
        if let record = control.ending() { return TaskExit(record) }
        return try await settle(address, isStarted: true, started: started)
    }

    /// Reads the fence until it tells the end, or proves that there is none to come.
    private func settle(
        _ address: TaskAddress, isStarted: Bool, started: @Sendable (TaskHandle) async throws -> Void
    ) async throws -> TaskExit {
        let control = controlFile(address)
        var isStarted = isStarted
        while true {
            switch try control.inspect() {
            case .abandoned: throw TaskAbandoned()
            case .ended(let record): return TaskExit(record)
            case .starting: try await Task.sleep(for: .milliseconds(2))
            case .kept(let keeper):
                if !isStarted { try await started(handle(keeper.pid, keeper.start)) }
                isStarted = true
                if let pidfd = Self.open(keeper.pid, keeper.start) {
                    try await watcher.wait(for: pidfd) { control.ending() != nil }
                } else {
                    // Dying: its lock goes in a moment.
                    try await Task.sleep(for: .milliseconds(2))
                }
            case .vanished(let keeper):
                let killed = try await Survivors(of: keeper, run: address.run).sweep()
                throw TaskLost(reason: .keeperVanished(killed: killed))
            }
        }
    }

    private func controlFile(_ address: TaskAddress) -> ControlFile {
        ControlFile(path: paths.file(.control, of: address), seal: seal(address).seal)
    }

    private func handle(_ pid: pid_t, _ start: UInt64) -> TaskHandle {
        TaskHandle(bootID: bootID, keeperPID: pid, keeperStart: start, protocolVersion: ControlRecord.version)
    }

    /// Nil when that very process is gone. Compared after opening, so a reused pid cannot slip in between.
    private static func open(_ pid: pid_t, _ start: UInt64) -> Descriptor? {
        let number = mt_pidfd_open(pid)
        guard number >= 0 else { return nil }
        let pidfd = Descriptor(number)
        guard ProcessStat(pid)?.start == start else { return nil }
        return pidfd
    }
}
