import Foundation
import GoWire
import MartletCore
import MartletEngine

/// Reads registered jobs into what is to be placed.
struct JobsPlanner: JobPlanner {
    let node: JobsNode
    let region: String
    let places: AllocationDirectories
    /// Of replications' folders.
    private let replications: String

    init(_ node: JobsNode, _ settings: JobsSettings, _ places: AllocationDirectories) {
        (self.node, self.places) = (node, places)
        (region, replications) = (settings.region, settings.replicationsDirectory)
    }

    func plan(of job: NomadJobRecord, secrets: [String: Secret], on node: String) throws -> JobPlan {
        let spec = try JobSpec(stored: job.content)
        return JobPlan(
            datacenters: spec.datacenters, groups: spec.groups.map { group(_: $0, of: spec, secrets, on: node) })
    }

    func task(_ task: TaskPlan, in allocation: NomadAllocation) -> TaskPlan {
        var task = task
        let paths = places.paths(of: task, in: allocation)
        task.cwd = paths?.task
        task.environment.merge(paths?.variables ?? [:]) { $1 }
        let known = task.environment.merging([
            "NOMAD_ALLOC_ID": allocation.id, "NOMAD_ALLOC_NAME": allocation.name,
            "NOMAD_ALLOC_INDEX": String(allocation.slot),
        ]) { $1 }
        let interpolation = Interpolation(environment: known, node: node.interpolated(allocation.nodeID))
        // Names of schemas have templates of their own.
        if task.driver != ReplicationDriver.name { task.spec = interpolation.apply(task.spec) }
        task.environment = task.environment.mapValues(interpolation.apply)
        let program = task.spec.object?["command"]?.array?.first?.string
        if let program, let missing = Self.missing(program: program) {
            task.refusal = NomadTaskRefusal(.driver, missing)
        }
        return task
    }

    /// A program that is not there is not tried again and again. One without a path is looked for by the one who starts it.
    private static func missing(program: String) -> String? {
        guard program.hasPrefix("/"), !FileManager.default.fileExists(atPath: program) else { return nil }
        return "failed to launch command with executor: rpc error: code = Unknown desc = binary "
            + "\(GoErrors.quoted(program)) could not be found"
    }

    private func group(
        _ group: TaskGroup, of spec: JobSpec, _ secrets: [String: Secret], on node: String
    ) -> GroupPlan {
        GroupPlan(
            name: group.name, count: spec.type == .system ? 1 : group.count,
            tasks: group.tasks.map { task($0, group, spec, secrets) },
            reschedule: group.reschedule?.rule ?? .never,
            update: spec.type == .service ? group.update.flatMap(\.rule) : nil,
            unmet: unmet(spec.constraints + group.constraints + group.tasks.flatMap(\.constraints), on: node)
                + unknownSignals(group))
    }

    /// As the condition that Nomad makes of a signal to end with.
    private func unknownSignals(_ group: TaskGroup) -> [String] {
        group.tasks.map(\.killSignal).filter { !$0.isEmpty && StopSignal(nomad: $0) == nil }.map {
            "${attr.os.signals} set_contains \($0)"
        }
    }

    /// Conditions that this node does not fulfil.
    private func unmet(_ constraints: [JobSpec.Constraint], on id: String) -> [String] {
        constraints.compactMap { constraint in
            // About several allocations on several nodes: with one node they hold.
            if ["distinct_hosts", "distinct_property"].contains(constraint.operand) { return nil }
            return node.fulfils(constraint, as: id)
                ? nil
                : "\(constraint.left) \(constraint.operand.isEmpty ? "=" : constraint.operand) \(constraint.right)"
        }
    }

    private func task(
        _ task: NomadTask, _ group: TaskGroup, _ spec: JobSpec, _ secrets: [String: Secret]
    ) -> TaskPlan {
        var plan = TaskPlan(
            name: task.name, driver: task.driver, engineDriver: task.driver, spec: ["command": []],
            environment: environment(task, group, spec),
            killTimeout: TimeSpan(milliseconds: task.killTimeout / 1_000_000),
            killSignal: StopSignal(nomad: task.killSignal) ?? .int, restart: task.restart.rule, isLeader: task.leader,
            ask: NomadResources(cpu: task.resources.cpu, memory: task.resources.memoryMB))
        plan.shutdownDelay = max(0, group.shutdownDelay ?? 0) + max(0, task.shutdownDelay)
        if task.driver == ReplicationDriver.name {
            replicate(task, group, spec, secrets, in: &plan)
            return plan
        }
        guard node.drivers.contains(task.driver) else { return plan }
        plan.user = task.user.isEmpty ? node.user(of: task.driver) : task.user
        do throws(GoJSONError) {
            let config = try TaskConfig(task.config)
            plan.spec = ["command": .array(([config.command] + config.arguments).map(JSONValue.string))]
        } catch {
            plan.refusal = NomadTaskRefusal(.validation, error.message)
        }
        if let file = task.dispatchPayloadFile, !file.isEmpty, let payload = spec.payload {
            plan.files[file] = Data(base64Encoded: payload).map(Array.init) ?? []
        }
        if plan.refusal == nil, let missing = Self.missing(task) { plan.refusal = NomadTaskRefusal(.driver, missing) }
        return plan
    }

    private func replicate(
        _ task: NomadTask, _ group: TaskGroup, _ spec: JobSpec, _ secrets: [String: Secret], in plan: inout TaskPlan
    ) {
        plan.refusal = ReplicationCheck.refusal(of: task, in: group, of: spec)
        guard plan.refusal == nil, let role = ReplicationCheck.role(of: task, in: group, of: spec) else { return }
        let hidden = ReplicationSecrets.hiding(.object(task.config)) { path in
            secrets["\(group.name)\0\(task.name)\(path)"]
        }
        plan.secrets = hidden.secrets
        plan.spec =
            ReplicationTask(
                role: role, job: spec.id, folder: "\(replications)/\(ReplicationFolder.name(of: spec.id))",
                config: hidden.config.object ?? [:]
            ).spec
    }

    /// What a task wants that no task gets here: it fails with these words instead of running without it.
    private static func missing(_ task: NomadTask) -> String? {
        if !task.artifacts.isEmpty { return "artifacts are not fetched by this server" }
        if !task.templates.isEmpty { return "templates are not rendered by this server" }
        let values = task.json.object ?? [:]
        for (name, word) in [
            ("Lifecycle", "lifecycle hooks are"), ("Vault", "Vault is"), ("VolumeMounts", "volumes are"),
        ] {
            if let value = values[name], value != .null, value != [] { return "\(word) not there on this server" }
        }
        return nil
    }

    private func environment(_ task: NomadTask, _ group: TaskGroup, _ spec: JobSpec) -> [String: String] {
        var all = [
            "NOMAD_TASK_NAME": task.name, "NOMAD_GROUP_NAME": group.name, "NOMAD_JOB_NAME": spec.name,
            "NOMAD_JOB_ID": spec.id, "NOMAD_DC": node.facts.datacenter, "NOMAD_REGION": region,
            "NOMAD_CPU_LIMIT": String(task.resources.cpu), "NOMAD_MEMORY_LIMIT": String(task.resources.memoryMB),
        ]
        for (name, value) in spec.meta.merging(group.meta, uniquingKeysWith: { $1 }).merging(
            task.meta, uniquingKeysWith: { $1 })
        {
            let word = String(name.map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "_" })
            all["NOMAD_META_\(word)"] = value
            all["NOMAD_META_\(word.uppercased())"] = value
        }
        return all.merging(task.env) { $1 }
    }
}

/// The store's word, which is also that of the spec's task.
typealias NomadTaskRefusal = MartletCore.NomadTask.Refusal

extension JobSpec {
    /// From the text that the store keeps.
    init(stored text: String) throws {
        try self.init(json: JSONParser.parse(text.utf8, maxDepth: JobCheck.deepest + 2))
    }
}

extension RestartPolicy {
    fileprivate var rule: NomadRestartRule {
        NomadRestartRule(attempts: attempts, interval: interval, delay: delay, mode: mode == "delay" ? .delay : .fail)
    }
}

extension ReschedulePolicy {
    fileprivate var rule: RescheduleRule {
        RescheduleRule(
            attempts: attempts, interval: interval, delay: delay,
            function: RetryPolicy.Backoff(rawValue: delayFunction) ?? .constant, maxDelay: maxDelay,
            isUnlimited: unlimited)
    }
}

extension UpdateStrategy {
    /// Nil: everything is replaced at once.
    fileprivate var rule: UpdateRule? {
        guard maxParallel > 0 else { return nil }
        var rule = UpdateRule(
            maxParallel: maxParallel, minHealthyTime: minHealthyTime, healthyDeadline: healthyDeadline,
            progressDeadline: progressDeadline, autoRevert: autoRevert)
        (rule.canaries, rule.autoPromote) = (max(0, canary), autoPromote)
        return rule
    }
}

extension StopSignal {
    /// `SIGINT` or `INT`; nil for what no task is ended by.
    init?(nomad text: String) {
        let word = text.uppercased()
        self.init(rawValue: word.hasPrefix("SIG") ? String(word.dropFirst(3)) : word)
    }
}
