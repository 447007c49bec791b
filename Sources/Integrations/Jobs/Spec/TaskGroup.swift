package import MartletCore

/// Tasks that are placed together, `count` times.
package struct TaskGroup: Sendable, Hashable {
    package let name: String
    package let count: Int
    package let tasks: [NomadTask]
    package let restart: RestartPolicy
    /// Nil for system jobs.
    package let reschedule: ReschedulePolicy?
    package let update: UpdateStrategy?
    package let ephemeralDisk: EphemeralDisk
    package let meta: [String: String]
    package let constraints: [JobSpec.Constraint]
    /// Nanoseconds; nil: not given.
    package let shutdownDelay: Int64?
    /// The group as the server keeps it.
    package let json: JSONValue

    init(_ values: [String: JSONValue]) {
        name = values.text("Name")
        count = Int(values.integer("Count"))
        tasks = values.objects("Tasks").map(NomadTask.init)
        restart = RestartPolicy(values["RestartPolicy"]?.object ?? [:])
        reschedule = values["ReschedulePolicy"]?.object.map(ReschedulePolicy.init)
        update = values["Update"]?.object.map(UpdateStrategy.init)
        ephemeralDisk = EphemeralDisk(values["EphemeralDisk"]?.object ?? [:])
        meta = values.textMap("Meta")
        constraints = values.objects("Constraints").map(JobSpec.Constraint.init)
        shutdownDelay = values["ShutdownDelay"] == .null ? nil : values.integer("ShutdownDelay")
        json = .object(values)
    }
}

/// How often a task that ended is started again in its allocation. Nanoseconds.
package struct RestartPolicy: Sendable, Hashable {
    package let attempts: Int
    package let interval: Int64
    package let delay: Int64
    /// `fail` or `delay`: what follows when the attempts of an interval are used up.
    package let mode: String

    init(_ values: [String: JSONValue]) {
        attempts = Int(values.integer("Attempts"))
        interval = values.integer("Interval")
        delay = values.integer("Delay")
        mode = values.text("Mode")
    }
}

/// How often a failed allocation is replaced by another one. Nanoseconds.
package struct ReschedulePolicy: Sendable, Hashable {
    package let attempts: Int
    package let interval: Int64
    package let delay: Int64
    /// `constant`, `exponential` or `fibonacci`.
    package let delayFunction: String
    package let maxDelay: Int64
    package let unlimited: Bool

    init(_ values: [String: JSONValue]) {
        attempts = Int(values.integer("Attempts"))
        interval = values.integer("Interval")
        delay = values.integer("Delay")
        delayFunction = values.text("DelayFunction")
        maxDelay = values.integer("MaxDelay")
        unlimited = values.flag("Unlimited")
    }
}

/// How a new version takes the place of the one before. Nanoseconds.
package struct UpdateStrategy: Sendable, Hashable {
    package let stagger: Int64
    package let maxParallel: Int
    package let healthCheck: String
    package let minHealthyTime: Int64
    package let healthyDeadline: Int64
    package let progressDeadline: Int64
    package let canary: Int
    package let autoRevert: Bool
    package let autoPromote: Bool

    init(_ values: [String: JSONValue]) {
        stagger = values.integer("Stagger")
        maxParallel = Int(values.integer("MaxParallel"))
        healthCheck = values.text("HealthCheck")
        minHealthyTime = values.integer("MinHealthyTime")
        healthyDeadline = values.integer("HealthyDeadline")
        progressDeadline = values.integer("ProgressDeadline")
        canary = Int(values.integer("Canary"))
        autoRevert = values.flag("AutoRevert")
        autoPromote = values.flag("AutoPromote")
    }
}

/// The directory that the tasks of a group share.
package struct EphemeralDisk: Sendable, Hashable {
    package let isSticky: Bool
    package let migrates: Bool
    package let sizeMB: Int

    init(_ values: [String: JSONValue]) {
        isSticky = values.flag("Sticky")
        migrates = values.flag("Migrate")
        sizeMB = Int(values.integer("SizeMB"))
    }
}
