import CMartlet
import Foundation
import MartletCore

/// The process that the driver planned: `martlet playbook-worker SETTINGS SPEC…`. It starts Ansible with its own output, watches the
/// events, judges the end by them, and leaves no password behind.
package enum PlaybookWorker {
    /// The spec may come in several arguments. The exit code is Ansible's, or one of ``PlaybookOutcome``.
    package static func run(_ settings: String, _ spec: [String], _ environment: [String: String]) -> Int32 {
        Ending.watch()
        // What Ansible leaves becomes this process's.
        _ = mt_subreaper()
        let report = PlaybookReport(environment["MARTLET_PROGRESS"])
        do {
            let work = try PlaybookWork(JSONParser.parse(Array(spec.joined().utf8)))
            var run = try PlaybookRun(work, settings, environment, report)
            return try run.run()
        } catch {
            let words = (error as? MartletError)?.description ?? "\(error)"
            report.fail(words)
            Descriptor.write(Array("martlet: \(words)\n".utf8), to: STDERR_FILENO)
            return PlaybookOutcome.unable
        }
    }
}

private struct PlaybookRun {
    /// How long an event waits until it is seen; looking costs a few microseconds.
    private static let pause: UInt32 = 20_000

    let work: PlaybookWork
    let settings: PlaybookSettings
    let playbooks: String
    let secrets: PlaybookSecrets
    let address: TaskAddress
    /// What the files of the task in the run's directory are called by.
    let base: String
    let environment: [String: String]
    var report: PlaybookReport

    init(
        _ work: PlaybookWork, _ settings: String, _ environment: [String: String], _ report: PlaybookReport
    ) throws {
        guard let settings = try? JSONDecoder().decode(PlaybookSettings.self, from: Data(settings.utf8)),
            let playbooks = settings.playbooks, let progress = environment["MARTLET_PROGRESS"],
            progress.hasPrefix("/"), progress.hasSuffix(".progress"),
            let address = Self.address(environment["MARTLET_RUN_ID"], progress)
        else {
            throw MartletError(.invalid, "the settings of this task are missing; the server starts this program")
        }
        self.playbooks = playbooks
        self.work = work
        self.settings = settings
        self.address = address
        base = String(progress.dropLast(".progress".count))
        secrets = PlaybookSecrets(environment)
        self.environment = environment
        self.report = report
    }

    private static func address(_ id: String?, _ progress: String) -> TaskAddress? {
        let name = progress.split(separator: "/").last?.dropLast(".progress".count) ?? ""
        return PlaybookLeftovers.address("\(id ?? "").\(name)")
    }

    mutating func run() throws -> Int32 {
        guard access("\(playbooks)/\(work.playbook)", R_OK) == 0 else {
            throw MartletError(.invalid, "there is no playbook \(playbooks)/\(work.playbook); see clusters.playbooks")
        }
        let key = try ClusterKey.publicKey(in: settings.directory)
        let files = try PlaybookFiles(PlaybookLeftovers.name(address), in: settings.dataDirectory)
        do {
            let code = try run(in: files, publicKey: key)
            return try end(files, code)
        } catch {
            _ = files.remove()
            throw error
        }
    }

    private func end(_ files: PlaybookFiles, _ code: Int32) throws -> Int32 {
        guard files.remove() else {
            throw MartletError(.unavailable, "\(files.path) cannot be removed: it holds passwords")
        }
        return code
    }

    private mutating func run(in files: PlaybookFiles, publicKey: String) throws -> Int32 {
        try write(files, publicKey)
        let events = open(base + ".events", O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard events >= 0 else { throw MartletError(.unavailable, "\(base).events cannot be written") }
        defer { close(events) }
        let command = PlaybookCommand(
            settings: settings, playbooks: playbooks, files: files, work: work,
            key: "\(settings.directory)/\(ClusterKey.name)",
            worker: getpid())
        // cluster-deploy contract §1.7: the first line of the log
        Descriptor.write(Array("\(work.action.rawValue)\n".utf8), to: STDOUT_FILENO)
        try Self.enter(playbooks)
        let child = try PlaybookChild(command.arguments, environment: command.environment(environment))
        // The short way to the sockets, see PlaybookCommand.
        try Self.enter(files.path)
        Descriptor.write(Self.begin(child.pid), to: events)
        var tail = EventTail(of: files.events, to: events, hiding: secrets.all)
        defer { tail.close() }
        let code = watch(child, &tail, files)
        PlaybookChild.endDescendants()
        _ = tail.read(isOver: true)
        // Whoever ended it knows why.
        if Ending.signal != 0 {
            report.end(tail.progress, nil, expected: work.expectedHosts)
            return 128 + Ending.signal
        }
        let outcome = PlaybookOutcome(code: code, tail.progress, expected: work.expectedHosts)
        if case .bootstrap(let spec) = work, outcome.problem == nil {
            try KnownHosts(directory: settings.directory).forget(
                spec.hosts, environment: command.environment(environment))
        }
        report.end(tail.progress, outcome.problem, expected: work.expectedHosts)
        return outcome.code
    }

    private static func enter(_ directory: String) throws {
        guard chdir(directory) == 0 else { throw MartletError(.unavailable, "\(directory) cannot be entered") }
    }

    private func write(_ files: PlaybookFiles, _ publicKey: String) throws {
        let place = PlaybookVariables.Place(
            archives: settings.archives, run: address.run.description, publicKey: publicKey)
        try files.write(try PlaybookVariables.text(work, secrets, place), to: files.variables)
        switch work {
        case .cluster(let spec):
            try files.write(PlaybookInventory.text(spec), to: files.inventory)
            if let limit = spec.limit { try files.write(PlaybookInventory.limit(limit), to: files.limit) }
        case .bootstrap(let spec): try files.write(PlaybookInventory.text(spec), to: files.inventory)
        }
    }

    /// Until Ansible has ended. A signal to end comes to the whole group, Ansible too; if it came to this process alone, it
    /// is passed on.
    private mutating func watch(_ child: PlaybookChild, _ tail: inout EventTail, _ files: PlaybookFiles) -> Int32 {
        var hasVariables = true
        var isAsked = false
        while true {
            let code = child.reaped()
            if tail.read() {
                report.tell(tail.progress)
                if hasVariables, !tail.progress.plays.isEmpty {
                    hasVariables = false
                    files.removeVariables()
                }
            }
            if let code { return code }
            if Ending.signal != 0, !isAsked {
                isAsked = true
                files.removeVariables()
                kill(child.pid, SIGTERM)
            }
            usleep(Self.pause)
        }
    }

    /// Who runs Ansible: part of every line of the log as the document shows it.
    private static func begin(_ pid: pid_t) -> [UInt8] {
        let name = getpwuid(geteuid()).map { String(cString: $0.pointee.pw_name) } ?? String(geteuid())
        let line: JSONValue = [
            "v": 1, "event": "begin", "time": .string(Timestamp.text(Date())), "pid": .int(Int64(pid)),
            "user": .string(name),
        ]
        return Array((PlaybookWork.text(line) + "\n").utf8)
    }
}
