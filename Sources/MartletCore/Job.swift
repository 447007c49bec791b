/// A stored definition: ordered tasks and the rules around them. A run carries a snapshot of it.
package struct Job: Sendable, Hashable, Codable {
    /// A validated token; nil for the job of an inline submission.
    package var name: String?
    package var description: String?
    package var tasks: [TaskSpec]
    package var params: [String: ParamSpec]
    package var labels: [String: String]
    package var retry: RetryPolicy?
    /// Bounds one attempt of the whole run; `always` tasks keep their own deadlines beyond it.
    package var timeout: TimeSpan?
    /// At most so many runs of this job at once; more wait. Nil: no limit of its own.
    package var concurrency: Int?
    /// Whether a run that was lost (machine restarted, keeper killed) is tried again.
    package var retryLost: Bool
    package var notify: [NotifyRule]
    /// Absent in what earlier versions stored.
    private var references: [String: String]?

    /// Names of stored secrets by the variable that every task gets the value in.
    package var secrets: [String: String] {
        get { references ?? [:] }
        set { references = newValue.isEmpty ? nil : newValue }
    }

    package init(
        name: String? = nil, description: String? = nil, tasks: [TaskSpec],
        params: [String: ParamSpec] = [:], labels: [String: String] = [:], retry: RetryPolicy? = nil,
        timeout: TimeSpan? = nil, concurrency: Int? = nil, retryLost: Bool = false,
        notify: [NotifyRule] = [], secrets: [String: String] = [:]
    ) {
        self.name = name
        self.description = description
        self.tasks = tasks
        self.params = params
        self.labels = labels
        self.retry = retry
        self.timeout = timeout
        self.concurrency = concurrency
        self.retryLost = retryLost
        self.notify = notify
        self.secrets = secrets
    }
}

/// One step of a job = one process.
package struct TaskSpec: Sendable, Hashable, Codable {
    package enum When: String, Sendable, Codable, CaseIterable {
        /// Runs only while nothing before it failed and nobody asked to stop.
        case success
        /// Runs also after a failure, a stop or a timeout: clean-up.
        case always
    }
    package enum OnFailure: String, Sendable, Codable, CaseIterable {
        /// A failure skips the later `success` tasks.
        case stop
        /// The later tasks run; the run's verdict is still the first failure.
        case `continue`
    }

    package var name: String
    /// Which driver plans it, `command` for a plain process.
    package var driver: String
    /// What the driver reads; its shape is the driver's own.
    package var spec: JSONValue
    package var environment: [String: String]
    package var when: When
    package var onFailure: OnFailure
    package var timeout: TimeSpan?
    /// Between the stop signal and KILL. Nil: the server's `limits.grace`.
    package var grace: TimeSpan?
    package var stopSignal: StopSignal
    package var process: ProcessLimits
    /// Absent in what earlier versions stored.
    private var references: [String: String]?

    /// Names of stored secrets by the variable that this task alone gets the value in.
    package var secrets: [String: String] {
        get { references ?? [:] }
        set { references = newValue.isEmpty ? nil : newValue }
    }

    package init(
        name: String, driver: String = "command", spec: JSONValue, environment: [String: String] = [:],
        when: When = .success, onFailure: OnFailure = .stop, timeout: TimeSpan? = nil,
        grace: TimeSpan? = nil, stopSignal: StopSignal = .term, process: ProcessLimits = ProcessLimits(),
        secrets: [String: String] = [:]
    ) {
        self.name = name
        self.driver = driver
        self.spec = spec
        self.environment = environment
        self.when = when
        self.onFailure = onFailure
        self.timeout = timeout
        self.grace = grace
        self.stopSignal = stopSignal
        self.process = process
        self.secrets = secrets
    }
}

/// The signal that asks a task to end, by its POSIX name.
package enum StopSignal: String, Sendable, Codable, CaseIterable {
    case term = "TERM", int = "INT", hup = "HUP", quit = "QUIT", usr1 = "USR1", usr2 = "USR2", kill = "KILL"
    case abrt = "ABRT", alrm = "ALRM", cont = "CONT", io = "IO", pipe = "PIPE", prof = "PROF", trap = "TRAP"
    case urg = "URG", winch = "WINCH", xcpu = "XCPU"

    package var number: Int32 {
        switch self {
        case .hup: 1
        case .int: 2
        case .quit: 3
        case .trap: 5
        case .abrt: 6
        case .kill: 9
        case .usr1: 10
        case .usr2: 12
        case .pipe: 13
        case .alrm: 14
        case .term: 15
        case .cont: 18
        case .urg: 23
        case .xcpu: 24
        case .prof: 27
        case .winch: 28
        case .io: 29
        }
    }
}

/// How the process is started and what it may use; nil = inherited from the server.
package struct ProcessLimits: Sendable, Hashable, Codable {
    /// Absolute working directory.
    package var cwd: String?
    /// User name to run as; needs the server to run as root.
    package var user: String?
    /// Octal text, `0027`.
    package var umask: String?
    /// -20…19.
    package var nice: Int?
    /// Bytes of address space (RLIMIT_AS).
    package var memory: Int64?
    /// RLIMIT_NOFILE.
    package var openFiles: Int?
    /// RLIMIT_NPROC; counts all processes of the user, and does not bind root.
    package var processes: Int?

    package init(
        cwd: String? = nil, user: String? = nil, umask: String? = nil, nice: Int? = nil,
        memory: Int64? = nil, openFiles: Int? = nil, processes: Int? = nil
    ) {
        self.cwd = cwd
        self.user = user
        self.umask = umask
        self.nice = nice
        self.memory = memory
        self.openFiles = openFiles
        self.processes = processes
    }
}

/// Who is told about which end of a run, beside the rules of the channels; carried in the snapshot.
package struct NotifyRule: Sendable, Hashable, Codable {
    package var on: [NoticeEvent]
    /// Name of a channel of the server.
    package var channel: String

    package init(on: [NoticeEvent], channel: String) {
        self.on = on
        self.channel = channel
    }
}
