import Foundation
import MartletCore

/// Becomes the command of a hook: in the instance's container, in its namespaces, or on the node.
struct HookStep {
    let step: BackupStep
    let environment: [String: String]

    /// Returns only when there is nothing to run or when it cannot be run.
    func run() throws -> Int32 {
        if step.step == .post, environment["MARTLET_FAILED_TASK"] == BackupStep.Step.prepare.rawValue {
            WorkOutput().progress(1, "there was no volume: the hook is not run")
            return 0
        }
        guard let hook = step.hook else { throw WorkFailure("invalid", "there is no hook") }
        let command = try command(hook)
        var words = command.map { strdup($0) } + [nil]
        for name in environment.keys where plain[name] == nil { unsetenv(name) }
        for (name, value) in known { setenv(name, value, 1) }
        for signal in [SIGINT, SIGTERM, SIGHUP, SIGPIPE] { Foundation.signal(signal, SIG_DFL) }
        execvp(command[0], &words)
        throw WorkFailure.system("\(command[0]) cannot be started")
    }

    private func command(_ hook: Hook) throws(WorkFailure) -> [String] {
        switch hook.runner {
        case .host: return hook.command
        case .container:
            return ["docker", "exec"] + known.sorted { $0.key < $1.key }.flatMap { ["-e", "\($0)=\($1)"] }
                + [try container()] + inApp(hook.command)
        case .nsenter:
            return ["nsenter", "--target", try leader(), "--mount", "--uts", "--ipc", "--net", "--pid", "--"]
                + inApp(hook.command)
        }
    }

    /// Programs of an app are named from its directory.
    private func inApp(_ command: [String]) -> [String] {
        guard let program = command.first, !program.hasPrefix("/") else { return command }
        return ["/lain/app/\(program)"] + command.dropFirst()
    }

    private func container() throws(WorkFailure) -> String {
        if let container = step.container { return container }
        throw WorkFailure("noContainer", "the inventory names no container for \(step.volume)")
    }

    /// Pid of the container's first process.
    private func leader() throws(WorkFailure) -> String {
        let container = try container()
        var answer = ""
        let program = Subprogram(
            argv: ["docker", "inspect", "--format", "{{.State.Pid}}", container], environment: environment,
            output: WorkOutput())
        let end: Subprogram.End
        do {
            end = try program.run { answer += String(repairing: $0) }
        } catch let failure as WorkFailure {
            throw failure
        } catch {
            throw WorkFailure("noContainer", "\(error)")
        }
        guard end.code == 0, let pid = Int32(answer.trimmingCharacters(in: .whitespaces)), pid > 1 else {
            throw WorkFailure("noContainer", "the container \(container) does not run: \(end.complaint)")
        }
        return String(pid)
    }

    /// What a hook is told.
    private var known: [String: String] {
        var known = [
            "MARTLET_VOLUME_APP": step.volume.app, "MARTLET_VOLUME_PROC": step.volume.proc,
            "MARTLET_VOLUME_INSTANCE": String(step.volume.instance), "MARTLET_VOLUME": step.volume.volume,
            "MARTLET_VOLUME_PATH": step.path, "MARTLET_RUN_ID": environment["MARTLET_RUN_ID"] ?? "",
        ]
        if step.step == .post { known["MARTLET_OUTCOME"] = environment["MARTLET_OUTCOME"] }
        return known
    }

    /// The server's variables for tasks, without the engine's.
    private var plain: [String: String] {
        environment.filter {
            // The keeper finds what outlives a hook by this one.
            $0.key == "MARTLET_RUN" || !$0.key.hasPrefix("RESTIC_") && !$0.key.hasPrefix("MARTLET_")
        }
    }
}
