import KeeperProtocol
import MartletCore

extension LaunchFrame {
    /// The frame of a command. Nil when its user does not exist.
    init?(
        _ command: Command, at address: TaskAddress, in paths: RunPaths, base: [String: String], bootID: String,
        seal: (mark: String, seal: String)
    ) {
        self.init(
            runDirectory: paths.directory(of: address.run), baseName: "\(address.attempt).\(address.task)",
            mark: seal.mark, seal: seal.seal, bootID: bootID, argv: command.argv, environment: [],
            grace: command.grace.milliseconds, logCap: command.logCap)
        if let name = command.process.user {
            switch TaskUser.look(up: name) {
            case .same: break
            case .other(let user): self.user = user
            case .unknown: return nil
            }
        }
        progressByDescriptor = user != nil
        environment = Self.environment(command, at: address, in: paths, base: base, mark: mark, ownUser: user == nil)
        if user != nil { warnings.append("a task with a user of its own has no MARTLET_CHECKPOINT") }
        setLimits(command)
        secrets = command.hidden.union(command.secrets.values).map { Array($0.exposed.utf8) }
    }

    private mutating func setLimits(_ command: Command) {
        let process = command.process
        cwd = process.cwd
        umask = process.umask.flatMap { UInt32($0, radix: 8) }
        nice = process.nice.map { Int32(clamping: $0) }
        memory = process.memory
        openFiles = process.openFiles.map(Int64.init)
        processes = process.processes.map(Int64.init)
        stopSignal = command.stopSignal.number
        deadline = command.timeout?.milliseconds ?? 0
    }

    /// Ours last: nothing from outside may replace the mark.
    private static func environment(
        _ command: Command, at address: TaskAddress, in paths: RunPaths, base: [String: String], mark: String,
        ownUser: Bool
    ) -> [String] {
        var all = base
        all.merge(command.environment) { $1 }
        all.merge(command.secrets.mapValues(\.exposed)) { $1 }
        all["MARTLET_RUN"] = "\(address.run).\(mark)"
        all["MARTLET_PROGRESS"] = ownUser ? paths.file(.progress, of: address) : "/dev/fd/9"
        all["MARTLET_CHECKPOINT"] = ownUser ? paths.file(.checkpoint, of: address) : nil
        return all.map { "\($0.key)=\($0.value)" }
    }
}
