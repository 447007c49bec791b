package import GoWire
package import MartletCore

/// A job as the replaced system shows it, `{id, spec, action, args, type, sleep}`, with what it did not tell: `state`
/// and `problem`.
package struct BackupJob: Sendable, Hashable {
    package enum Action: String, Sendable, CaseIterable {
        case backup
        case expire = "backup_expire"
        /// Of records only: a restore, or a move to another instance.
        case recover = "backup_recover"
    }

    package enum Kind: String, Sendable, CaseIterable {
        case cron
        /// Asked for by somebody.
        case once
    }

    package enum State: String, Sendable, CaseIterable {
        /// It fires by itself.
        case active
        /// It has no schedule: it runs when somebody asks for it.
        case manual
        /// Its node has not confirmed it yet.
        case pending
        /// It never fires; `problem` says why.
        case invalid
    }

    /// Why a job never fires.
    package struct Problem: Sendable, Hashable {
        /// `bad_schedule`, `too_frequent` or `node_unknown`.
        package let code: String
        package let message: String

        package init(code: String, message: String) {
            self.code = code
            self.message = message
        }
    }

    /// 40 digits, see ``JobID``; empty for `backup_expire` and for restores.
    package var id: String
    /// Cron text; empty for what has none.
    package var spec: String
    package var action: Action
    package var arguments: [String: JSONValue]
    package var kind: Kind
    package var sleeps: Bool
    /// Nil in records.
    package var state: State?
    package var problem: Problem?
    /// `down`, `up` or `unknown`; nil for this machine's.
    package var nodeState: String?

    package init(
        id: String = "", spec: String = "", action: Action, arguments: [String: JSONValue] = [:], kind: Kind = .cron,
        sleeps: Bool = false, state: State? = nil, problem: Problem? = nil
    ) {
        self.id = id
        self.spec = spec
        self.action = action
        self.arguments = arguments
        self.kind = kind
        self.sleeps = sleeps
        self.state = state
        self.problem = problem
    }
}

extension BackupJob {
    package var wire: WireValue {
        var members = members
        if let state { members.append(("state", .string(state.rawValue))) }
        if let nodeState { members.append(("nodeState", .string(nodeState))) }
        if let problem {
            members.append(
                ("problem", .object([("code", .string(problem.code)), ("message", .string(problem.message))])))
        }
        return .object(members)
    }

    /// What records have of it, too.
    var members: [(String, WireValue)] {
        [
            ("id", .string(id)), ("spec", .string(spec)), ("action", .string(action.rawValue)),
            ("args", .json(.object(arguments))), ("type", .string(kind.rawValue)), ("sleep", .bool(sleeps)),
        ]
    }

    /// What `init(_:)` reads.
    var document: JSONValue {
        [
            "id": .string(id), "spec": .string(spec), "action": .string(action.rawValue), "args": .object(arguments),
            "type": .string(kind.rawValue), "sleep": .bool(sleeps),
        ]
    }

    /// Reads one that somebody sent. Members that are not known are let be, as in Go. Throws `invalid` with the fields.
    package init(_ value: JSONValue) throws(MartletError) {
        let problems = Fields.Problems()
        var fields = Fields(value, problems: problems)
        self.init(&fields)
        try problems.check("the job")
    }

    init(_ fields: inout Fields) {
        let action: Action? = fields.choice("action")
        if action == nil, fields.value("action") == nil { fields.problem("action", "is missing") }
        let id = fields.string("id", maxBytes: 64) ?? ""
        if !id.isEmpty, JobID(id) == nil { fields.problem("id", "must be empty or 40 hex digits") }
        self.init(
            id: id, spec: fields.string("spec", maxBytes: 1024) ?? "", action: action ?? .backup,
            arguments: fields.read("args", "an object", \.object) ?? [:], kind: fields.choice("type") ?? .cron,
            sleeps: fields.bool("sleep") ?? false)
    }
}

/// A job and its times: `{prev, next, job}`.
package struct EntrySpec: Sendable, Hashable {
    /// Unset: it never ran by its schedule.
    package var previous: GoTime
    /// Unset: it sleeps, or has no times.
    package var next: GoTime
    package var job: BackupJob

    package init(previous: GoTime, next: GoTime, job: BackupJob) {
        self.previous = previous
        self.next = next
        self.job = job
    }

    package var wire: WireValue {
        .object([("prev", .string(previous.text())), ("next", .string(next.text())), ("job", job.wire)])
    }
}
