import Foundation
package import MartletCore

/// What of a job its placement depends on. Spans in nanoseconds.
package struct JobPlan: Sendable, Hashable {
    package var datacenters: [String]
    package var groups: [GroupPlan]

    package init(datacenters: [String], groups: [GroupPlan]) {
        self.datacenters = datacenters
        self.groups = groups
    }
}

/// Tasks that run side by side, `count` times.
package struct GroupPlan: Sendable, Hashable {
    package var name: String
    package var count: Int
    package var tasks: [TaskPlan]
    package var reschedule: RescheduleRule
    /// Nil: replaced all at once, without a deployment.
    package var update: UpdateRule?
    /// Constraints that this node does not fulfil, in Nomad's words.
    package var unmet: [String]

    package init(
        name: String, count: Int, tasks: [TaskPlan], reschedule: RescheduleRule = .never, update: UpdateRule? = nil,
        unmet: [String] = []
    ) {
        self.name = name
        self.count = count
        self.tasks = tasks
        self.reschedule = reschedule
        self.update = update
        self.unmet = unmet
    }

    package var ask: NomadResources { tasks.reduce(.none) { $0 + $1.ask } }
}

/// One process of a group.
package struct TaskPlan: Sendable, Hashable {
    package var name: String
    /// As the node lists it: `raw_exec`.
    package var driver: String
    /// The engine's driver that plans it.
    package var engineDriver: String
    /// What that driver reads.
    package var spec: JSONValue
    package var environment: [String: String]
    package var user: String?
    /// Where it begins; nil: where the server does.
    package var cwd: String?
    /// What its local directory has when it begins, by relative path.
    package var files: [String: [UInt8]] = [:]
    package var killTimeout: TimeSpan
    package var killSignal: StopSignal
    /// Nanoseconds between the wish that it ends and the stop signal.
    package var shutdownDelay: Int64 = 0
    package var restart: NomadRestartRule
    package var isLeader: Bool
    package var ask: NomadResources
    /// By the variable that the task gets the value in.
    package var secrets: [String: Secret]
    /// What is wrong with its configuration, in Nomad's words: it is placed and fails at once.
    package var refusal: NomadTask.Refusal?

    package init(
        name: String, driver: String, engineDriver: String = "command", spec: JSONValue,
        environment: [String: String] = [:], user: String? = nil, killTimeout: TimeSpan = .seconds(5),
        killSignal: StopSignal = .int, restart: NomadRestartRule, isLeader: Bool = false, ask: NomadResources,
        secrets: [String: Secret] = [:],
        refusal: NomadTask.Refusal? = nil
    ) {
        self.name = name
        self.driver = driver
        self.engineDriver = engineDriver
        self.spec = spec
        self.environment = environment
        self.user = user
        self.killTimeout = killTimeout
        self.killSignal = killSignal
        self.restart = restart
        self.isLeader = isLeader
        self.ask = ask
        self.secrets = secrets
        self.refusal = refusal
    }
}

/// When and how often a failed allocation is placed anew. Spans in nanoseconds.
package struct RescheduleRule: Sendable, Hashable {
    package var attempts: Int
    package var interval: Int64
    package var delay: Int64
    package var function: RetryPolicy.Backoff
    /// 0: no bound.
    package var maxDelay: Int64
    package var isUnlimited: Bool

    package init(
        attempts: Int, interval: Int64, delay: Int64, function: RetryPolicy.Backoff = .constant, maxDelay: Int64 = 0,
        isUnlimited: Bool = false
    ) {
        self.attempts = attempts
        self.interval = interval
        self.delay = delay
        self.function = function
        self.maxDelay = maxDelay
        self.isUnlimited = isUnlimited
    }

    package static let never = RescheduleRule(attempts: 0, interval: 0, delay: 0)

    /// How long to wait after a failure at `failedAt`; nil: it is the last. `events`: the placements that failed before.
    package func delay(after events: [NomadAllocation.Reschedule], failedAt: Int64) -> Int64? {
        if !isUnlimited {
            let recent = events.count { failedAt - $0.time < interval }
            guard recent < attempts else { return nil }
        }
        guard let last = events.last else { return delay }
        var wait: Int64
        switch function {
        case .constant: return delay
        case .exponential: wait = last.delay.multipliedReportingOverflow(by: 2).partialValue
        case .fibonacci:
            let before = events.dropLast().last?.delay ?? 0
            wait =
                before == maxDelay && maxDelay > 0
                ? last.delay : last.delay.addingReportingOverflow(before).partialValue
        }
        guard maxDelay > 0, wait > maxDelay else { return max(wait, delay) }
        wait = maxDelay
        // It ran for long: begin anew.
        return failedAt - last.time > wait ? delay : wait
    }

    /// What the next placement knows of those before it.
    package func kept(_ events: [NomadAllocation.Reschedule], at now: Int64) -> [NomadAllocation.Reschedule] {
        isUnlimited ? Array(events.suffix(4)) : events.filter { now - $0.time < interval }
    }
}

/// How a service's allocations are replaced. Spans in nanoseconds.
package struct UpdateRule: Sendable, Hashable {
    package var maxParallel: Int
    package var minHealthyTime: Int64
    package var healthyDeadline: Int64
    package var progressDeadline: Int64
    package var autoRevert: Bool
    /// Allocations of a new version that are tried beside the old ones; 0: none.
    package var canaries = 0
    /// Healthy canaries take the others' places by themselves.
    package var autoPromote = false

    package init(
        maxParallel: Int = 1, minHealthyTime: Int64 = 10_000_000_000, healthyDeadline: Int64 = 300_000_000_000,
        progressDeadline: Int64 = 600_000_000_000, autoRevert: Bool = false
    ) {
        self.maxParallel = maxParallel
        self.minHealthyTime = minHealthyTime
        self.healthyDeadline = healthyDeadline
        self.progressDeadline = progressDeadline
        self.autoRevert = autoRevert
    }
}

/// What this machine offers.
package struct NomadNodeFacts: Sendable, Hashable {
    package var name: String
    package var datacenter: String
    package var drivers: Set<String>
    package var resources: NomadResources

    package init(name: String, datacenter: String, drivers: Set<String>, resources: NomadResources) {
        self.name = name
        self.datacenter = datacenter
        self.drivers = drivers
        self.resources = resources
    }
}

/// When a periodic job makes others.
package struct LaunchRule: Sendable {
    package let timetable: Timetable
    /// Not while an earlier one is not over.
    package let prohibitsOverlap: Bool

    package init(timetable: Timetable, prohibitsOverlap: Bool) {
        self.timetable = timetable
        self.prohibitsOverlap = prohibitsOverlap
    }
}

/// Reads job definitions: the integration's part.
package protocol JobPlanner: Sendable {
    /// What a version of a job is to have placed on a node. Throws `invalid` when it cannot be read: then its evaluation fails.
    func plan(of job: NomadJobRecord, secrets: [String: Secret], on node: String) throws -> JobPlan
    /// When a periodic job makes others; nil: never by itself. `content`: as it is kept.
    func launches(of content: String) throws -> LaunchRule?
    /// What a periodic job makes, by this name.
    func child(of job: NomadJobRecord, named id: String, secrets: [String: Secret]) throws -> NomadJobDraft
    /// What is registered to have an older version's content again; without its secrets.
    func draft(of content: String, like job: NomadJobRecord) throws -> NomadJobDraft
    /// A task with what it knows of its allocation only when it is placed: names and ids in its environment and arguments,
    /// and whether it can be started there.
    func task(_ task: TaskPlan, in allocation: NomadAllocation) -> TaskPlan
}

extension GroupPlan {
    /// The same for groups whose processes need not be replaced: 16 hex digits. Versions with secrets differ always.
    func fingerprint(of edition: NomadJobEdition) -> String {
        let parts: [JSONValue] = tasks.map { task in
            [
                "name": .string(task.name), "driver": .string(task.driver), "engine": .string(task.engineDriver),
                "spec": task.spec, "environment": .object(task.environment.mapValues(JSONValue.string)),
                "user": task.user.map(JSONValue.string) ?? .null, "timeout": .int(task.killTimeout.milliseconds),
                "signal": .string(task.killSignal.rawValue), "leader": .bool(task.isLeader),
                "cpu": .int(Int64(task.ask.cpu)), "memory": .int(Int64(task.ask.memory)),
                "secrets": task.secrets.isEmpty ? .null : .int(Int64(edition.version)),
                "refusal": task.refusal.map { .string($0.text) } ?? .null, "restart": task.restart.json,
                "shutdown": .int(task.shutdownDelay),
            ]
        }
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        JSONValue.array(parts).feed { hash = (hash ^ UInt64($0)) &* 0x100_0000_01B3 }
        let digits = String(hash, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}

extension NomadRestartRule {
    fileprivate var json: JSONValue {
        [
            "attempts": .int(Int64(attempts)), "interval": .int(interval), "delay": .int(delay),
            "mode": .string(mode.rawValue),
        ]
    }
}

extension JSONValue {
    /// Its bytes in one fixed order, each value told from every other.
    fileprivate func feed(_ sink: (UInt8) -> Void) {
        func text(_ mark: Character, _ text: String) { "\(mark)\(text.utf8.count):\(text)".utf8.forEach(sink) }
        switch self {
        case .null: text("n", "")
        case .bool(let value): text("b", "\(value)")
        case .int(let value): text("i", "\(value)")
        case .double(let value): text("d", "\(value)")
        case .string(let value): text("s", value)
        case .array(let elements):
            text("a", "\(elements.count)")
            for element in elements { element.feed(sink) }
        case .object(let members):
            text("o", "\(members.count)")
            for (key, value) in members.sorted(by: { $0.key < $1.key }) {
                text("k", key)
                value.feed(sink)
            }
        }
    }
}
