package import MartletCore

/// One process of a group.
package struct NomadTask: Sendable, Hashable {
    package let name: String
    package let driver: String
    /// Empty: the server's own choice.
    package let user: String
    /// As sent; blocks may be objects or lists of one object.
    package let config: [String: JSONValue]
    package let env: [String: String]
    package let meta: [String: String]
    package let resources: Resources
    package let restart: RestartPolicy
    /// Nanoseconds.
    package let killTimeout: Int64
    /// Empty: the driver's own choice.
    package let killSignal: String
    /// Nanoseconds.
    package let shutdownDelay: Int64
    package let leader: Bool
    package let logConfig: LogConfig
    /// Where in the task's `local` directory a dispatch's payload is written; nil: nowhere.
    package let dispatchPayloadFile: String?
    package let artifacts: [JSONValue]
    package let templates: [JSONValue]
    package let constraints: [JobSpec.Constraint]
    /// The task as the server keeps it.
    package let json: JSONValue

    init(_ values: [String: JSONValue]) {
        name = values.text("Name")
        driver = values.text("Driver")
        user = values.text("User")
        config = values["Config"]?.object ?? [:]
        env = values.textMap("Env")
        meta = values.textMap("Meta")
        resources = Resources(values["Resources"]?.object ?? [:])
        restart = RestartPolicy(values["RestartPolicy"]?.object ?? [:])
        killTimeout = values.integer("KillTimeout")
        killSignal = values.text("KillSignal")
        shutdownDelay = values.integer("ShutdownDelay")
        leader = values.flag("Leader")
        logConfig = LogConfig(values["LogConfig"]?.object ?? [:])
        dispatchPayloadFile = values["DispatchPayload"]?.object?["File"]?.string
        artifacts = values["Artifacts"]?.array ?? []
        templates = values["Templates"]?.array ?? []
        constraints = values.objects("Constraints").map(JobSpec.Constraint.init)
        json = .object(values)
    }

    /// What a task asks for.
    package struct Resources: Sendable, Hashable {
        /// MHz.
        package let cpu: Int
        package let memoryMB: Int
        package let diskMB: Int
        package let networks: [JSONValue]

        init(_ values: [String: JSONValue]) {
            cpu = Int(values.integer("CPU"))
            memoryMB = Int(values.integer("MemoryMB"))
            diskMB = Int(values.integer("DiskMB"))
            networks = values["Networks"]?.array ?? []
        }
    }

    package struct LogConfig: Sendable, Hashable {
        package let maxFiles: Int
        package let maxFileSizeMB: Int

        init(_ values: [String: JSONValue]) {
            maxFiles = Int(values.integer("MaxFiles"))
            maxFileSizeMB = Int(values.integer("MaxFileSizeMB"))
        }
    }
}
