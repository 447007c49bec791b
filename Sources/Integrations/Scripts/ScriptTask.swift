import MartletCore

/// One task as its file defines it, checked; what a call of it becomes.
struct ScriptTask: Sendable, Hashable {
    enum Language: String, Sendable, CaseIterable {
        case python, python2, python3, perl, sh, bash, binary
        /// The document's other word for `sh`.
        case shell

        /// The shell that gets one text with `-c`.
        var shell: String? {
            switch self {
            case .sh, .shell: "sh"
            case .bash: "bash"
            case .python, .python2, .python3, .perl, .binary: nil
            }
        }
        /// The program that gets the script as its first argument.
        var interpreter: String? {
            switch self {
            case .python, .python2, .python3, .perl: rawValue
            case .sh, .shell, .bash, .binary: nil
            }
        }
    }

    enum ShellArguments: String, Sendable, CaseIterable {
        /// Posted values are positional parameters: data, whatever they contain.
        case quoted
        /// Posted values are joined to the text and read by the shell, as the replaced service did.
        case raw
    }

    enum WhenBusy: String, Sendable, CaseIterable { case queue, reject, replace, attach }

    enum OnDisconnect: String, Sendable, CaseIterable { case stop, keep }

    /// What is started.
    enum Program: Sendable, Hashable {
        case argv([String])
        case shell(String, text: String, arguments: ShellArguments)
        case builtIn(name: String)
    }

    let name: String
    let clusterType: String
    /// Canonical path below `/sync/` and `/async/`.
    let path: String
    /// Name of the job whose runs are this task's: a token that no job file takes by chance.
    let jobName: String
    var program: Program
    /// The script below the collect directory, for collected tasks.
    var collected: String?
    var description: String?
    var isEnabled = true
    var params: [String: ParamSpec] = [:]
    var timeout: TimeSpan?
    var grace: TimeSpan?
    var stopSignal = StopSignal.term
    var concurrency: Int?
    var whenBusy = WhenBusy.queue
    /// Calls that may wait beside the running ones; nil: any number.
    var queueMax: Int?
    var retry: RetryPolicy?
    var environment: [String: String] = [:]
    /// Names of stored secrets by variable.
    var secrets: [String: String] = [:]
    var process = ProcessLimits()
    var successCodes: [Int32] = [0]
    var onDisconnect = OnDisconnect.stop
    /// Handed on in `/discovery`: when the caller's scheduler should call it.
    var crontab: JSONValue?

    init(name: String, clusterType: String, program: Program) {
        let (cluster, task) = (KebabCase.path(clusterType), KebabCase.path(name))
        self.name = name
        self.clusterType = clusterType
        self.program = program
        path = "\(cluster)/\(task)"
        jobName = "scripts." + Self.token("\(cluster).\(task)")
    }
}

extension ScriptTask {
    /// The parameter of a job that carries the posted array.
    static let argumentList = "args"
    /// The parameter of a built-in task's job that carries the posted body.
    static let body = "body"

    private static let longestToken = 100

    /// The text with every byte that no token may have written as `_` and two hex digits; a long one is cut and ends in
    /// a hash of the whole.
    static func token(_ text: String) -> String {
        let token = text.utf8.map { byte -> String in
            let character = String(decoding: [byte], as: UTF8.self)
            return Token.isValid("x\(character)") ? character : "_" + String(byte, radix: 16)
        }.joined()
        if token.utf8.count <= longestToken { return token }
        // FNV-1a: the same in every process.
        let hash = token.utf8.reduce(0xCBF2_9CE4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
        return token.prefix(longestToken - 17) + "-" + String(hash, radix: 16)
    }

    /// The job of one call. The same task gives the same job: what differs is in the parameters.
    func job(_ settings: ScriptSettings) -> Job {
        var process = process
        process.user = process.user ?? settings.user
        let task = TaskSpec(
            name: "script", driver: ScriptDriver.name, spec: spec,
            environment: settings.environment.merging(environment) { _, own in own }, timeout: timeout,
            grace: grace, stopSignal: stopSignal, process: process)
        return Job(
            name: jobName, description: description, tasks: [task], params: declared,
            labels: labels, retry: retry,
            concurrency: concurrency, secrets: secretNames(settings))
    }

    /// Names of stored secrets by variable, those of the configuration included.
    func secretNames(_ settings: ScriptSettings) -> [String: String] {
        settings.secretNames.filter { environment[$0.key] == nil }.merging(secrets) { _, own in own }
    }

    var labels: [String: String] { [TaskWords.nameLabel: name, TaskWords.clusterLabel: clusterType] }

    private var declared: [String: ParamSpec] {
        var declared = params
        if case .builtIn = program {
            declared[Self.body] = ParamSpec(type: .string)
        } else {
            declared[Self.argumentList] = ParamSpec(type: .list)
        }
        return declared
    }

    /// As ``ScriptDriver`` reads it.
    private var spec: JSONValue {
        var members: [String: JSONValue] = [:]
        switch program {
        case .argv(let words): members["argv"] = .array(words.map(JSONValue.string))
        case .shell(let shell, let text, let arguments):
            members["shell"] = .string(shell)
            members["text"] = .string(text)
            members["arguments"] = .string(arguments.rawValue)
        case .builtIn(let name): members["builtIn"] = .string(name)
        }
        if !params.isEmpty { members["fill"] = .bool(true) }
        if successCodes != [0] { members["successCodes"] = .array(successCodes.map { .int(Int64($0)) }) }
        return .object(members)
    }

    /// How many calls may be unfinished, and what becomes of the next one.
    var admission: Admission? {
        guard let concurrency else { return nil }
        switch whenBusy {
        case .queue: return queueMax.map { Admission(mostUnfinished: concurrency + $0, otherwise: .refuse) }
        case .reject: return Admission(mostUnfinished: concurrency, otherwise: .refuse)
        case .attach: return Admission(mostUnfinished: concurrency, otherwise: .join)
        case .replace: return Admission(mostUnfinished: concurrency, otherwise: .replace)
        }
    }
}

extension ScriptTask {
    /// A link that was put into the collect directory after the file was read must not lead out of it. Throws `invalid`.
    func checkPlace(in directory: String) throws(MartletError) {
        guard let collected, !Collection(directory: directory).isInside(collected) else { return }
        throw MartletError(
            .invalid, "exec start failed: \(collected) is a link that leads out of the collect directory")
    }
}
