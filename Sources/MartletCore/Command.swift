/// What an executor starts: fully resolved, no shell, nothing left to look up.
package struct Command: Sendable, Hashable {
    package var argv: [String]
    package var environment: [String: String]
    /// Passed in the environment and masked wherever the task writes them.
    package var secrets: [String: Secret]
    /// Masked as well, and given to other tasks of the run only.
    package var hidden: Set<Secret>
    package var process: ProcessLimits
    package var timeout: TimeSpan?
    package var grace: TimeSpan
    package var stopSignal: StopSignal
    /// Bytes of log and index kept per task; the first MiB and the newest tail survive.
    package var logCap: Int64

    package init(
        argv: [String], environment: [String: String] = [:], secrets: [String: Secret] = [:],
        hidden: Set<Secret> = [], process: ProcessLimits = ProcessLimits(), timeout: TimeSpan? = nil,
        grace: TimeSpan = .seconds(10),
        stopSignal: StopSignal = .term, logCap: Int64 = 64 << 20
    ) {
        self.argv = argv
        self.environment = environment
        self.secrets = secrets
        self.hidden = hidden
        self.process = process
        self.timeout = timeout
        self.grace = grace
        self.stopSignal = stopSignal
        self.logCap = logCap
    }
}

/// Which task attempt something is about; also the address of its files.
package struct TaskAddress: Sendable, Hashable, Codable, CustomStringConvertible {
    package let run: RunID
    /// From 1.
    package let attempt: Int
    /// Index in the job, from 0.
    package let task: Int

    package init(run: RunID, attempt: Int, task: Int) {
        self.run = run
        self.attempt = attempt
        self.task = task
    }

    package var description: String { "\(run)/\(attempt).\(task)" }
}

/// What a driver may know when it plans: values, no files, no sockets.
package struct TaskContext: Sendable {
    package let address: TaskAddress
    package let task: TaskSpec
    package let jobName: String?
    package let params: [String: JSONValue]

    package init(address: TaskAddress, task: TaskSpec, jobName: String?, params: [String: JSONValue]) {
        self.address = address
        self.task = task
        self.jobName = jobName
        self.params = params
    }
}
