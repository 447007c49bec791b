import GoWire
import MartletCore
import Replication

/// What is wrong with tasks of the driver `dtle`: told when a job is registered, and once more by the task when it is placed, in
/// the words of dtle's plugin.
enum ReplicationCheck {
    /// Of one task, in one text.
    private static let mostTold = 20

    /// Why the task cannot be started; nil: it can. Types and keys come before what values mean, as there.
    static func refusal(of task: NomadTask, in group: TaskGroup, of spec: JobSpec) -> NomadTaskRefusal? {
        let problems = problems(of: task, role: role(of: task, in: group, of: spec))
        let malformed = problems.filter { $0.kind != .value }.prefix(mostTold)
        if !malformed.isEmpty {
            return NomadTaskRefusal(
                .validation, GoErrors.text(["failed to parse config: "] + malformed.map(words)))
        }
        let reasons = reasons(against: task, in: group, of: spec) + problems.prefix(mostTold).map(words)
        return reasons.first.map { NomadTaskRefusal(.driver, "rpc error: code = Unknown desc = \($0)") }
    }

    /// Sentences that name the field and the fix; empty: nothing is wrong, or the group has no such task.
    static func warnings(of group: TaskGroup, in spec: JobSpec) -> [String] {
        group.tasks.filter { $0.driver == ReplicationDriver.name }.flatMap { task in
            let problems = problems(of: task, role: role(of: task, in: group, of: spec))
            let found = reasons(against: task, in: group, of: spec) + problems.prefix(mostTold).map(\.description)
            return found.map { "Task \(GoErrors.quoted(task.name)) cannot be started: \($0)" }
        }
    }

    static func role(of task: NomadTask, in group: TaskGroup, of spec: JobSpec) -> ReplicationRole? {
        ReplicationRole(group: group.name, task: task.name, groups: spec.groups.map(\.name))
    }

    /// What is wrong with a task beside its configuration.
    private static func reasons(against task: NomadTask, in group: TaskGroup, of spec: JobSpec) -> [String] {
        var reasons: [String] = []
        let longest = ReplicationSettings.longestJobID
        if spec.id.utf8.count > longest {
            reasons.append("job name too long. jobName \(spec.id.prefix(200)) lenLimit \(longest)")
        }
        if role(of: task, in: group, of: spec) == nil {
            reasons.append("unknown processor type: \(group.name); name the group src or dest")
        }
        return reasons
    }

    /// A task without a role may have either's keys.
    private static func problems(of task: NomadTask, role: ReplicationRole?) -> [ReplicationProblem] {
        do throws(InvalidReplication) {
            _ = try ReplicationSettings(config: task.config, role: role ?? .target)
            return []
        } catch {
            return error.problems
        }
    }

    private static func words(_ problem: ReplicationProblem) -> String {
        let key = GoErrors.quoted(problem.key)
        // The plugin does not say where; a reader wants to know.
        let place = problem.path.isEmpty ? "" : " (in \(problem.path.dropLast()))"
        switch problem.kind {
        case .unknown: return "Invalid label: No argument or block type is named \(key).\(place)"
        case .missing:
            return
                "Missing required argument: The argument \(key) is required, but no definition was found.\(place)"
        case .type:
            return
                "Incorrect attribute value type: Inappropriate value for attribute \(key): \(problem.fix).\(place)"
        case .value where problem.key == ReplicationSettings.eitherEndpoint:
            return "one and only one of ConnectionConfig or KafkaConfig should be set"
        case .value: return problem.description
        }
    }
}
