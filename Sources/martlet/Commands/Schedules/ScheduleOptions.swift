import ArgumentParser
import MartletCore

/// What a schedule is made of, on the command line. In `edit` an empty value removes what was there.
struct ScheduleOptions: ParsableArguments {
    @Option(help: "When: five or six cron fields, @daily and so on; may begin with TZ=Zone.") var cron: String?
    @Option(help: "When: so often, such as 90m.") var every: String?
    @Option(help: "When: once, such as 2030-01-01T03:00.") var at: String?
    @Option(help: "What: this stored job.") var job: String?
    @Option(help: ArgumentHelp("A parameter of the job, as name=value.", valueName: "name=value")) var param: [String] =
        []
    @Option(help: ArgumentHelp("What: this script task, as martlet scripts list shows it.", valueName: "path"))
    var script: String?
    @Option(parsing: .unconditionalSingleValue, help: "An argument of the script task.") var arg: [String] = []
    @Flag(help: "What: nothing; others do the work and tell by pings.") var watch = false
    @Option(help: "IANA name such as Asia/Shanghai; without it the server's.") var zone: String?
    @Option(help: "Of times that nobody acted on: skip, latest (standard) or all.") var missed: String?
    @Option(help: "How long ago a missed time may be to be made up for, such as 7d.") var window: String?
    @Option(help: "While a run of before goes on: allow, skip (standard), queue or replace.") var overlap: String?
    @Option(help: "When the clocks change: once (standard), skip or all.") var dst: String?
    @Option(help: "Each time is later by a part of this that belongs to the name, such as 15m.") var jitter: String?
    @Option(help: "Only on workdays, holidays, or NAME:workdays of another calendar.") var calendar: String?
    @Option(help: ArgumentHelp("A label.", valueName: "name=value")) var label: [String] = []
    @Option(help: "It is overdue when its work has not ended well so long after its time.") var grace: String?
    @Option(help: "For people.") var description: String?
    @Argument(parsing: .postTerminator, help: "What, after --: a command and its arguments.") var command: [String] = []

    private var cadences: [(String, String?)] { [("cron", cron), ("every", every), ("at", at)] }
    private var hasWork: Bool { job != nil || script != nil || watch || !command.isEmpty }

    func check(isNew: Bool) throws {
        let times = cadences.count { $0.1 != nil }
        if times > 1 || (isNew && times == 0) { throw ValidationError("Give one of --cron, --every and --at.") }
        let works = [job != nil, script != nil, watch, !command.isEmpty].count(where: \.self)
        if works > 1 || (isNew && works == 0) {
            throw ValidationError("Give one of --job, --script, --watch, and a command after --.")
        }
        if !param.isEmpty, job == nil { throw ValidationError("--param belongs to --job.") }
        if !arg.isEmpty, script == nil { throw ValidationError("--arg belongs to --script.") }
    }

    /// The keys of the definition that are named.
    func definition() throws -> [String: JSONValue] {
        var members: [String: JSONValue] = [:]
        let texts = [
            ("zone", zone), ("missed", missed), ("window", window), ("overlap", overlap), ("dst", dst),
            ("jitter", jitter),
            ("calendar", calendar), ("grace", grace), ("description", description),
        ]
        for (key, value) in cadences + texts { members[key] = value.map { $0.isEmpty ? .null : .string($0) } }
        if !label.isEmpty { members["labels"] = .object(try Pairs.parse(label, "label").mapValues(JSONValue.string)) }
        if let job { members["job"] = .string(job) }
        if !param.isEmpty { members["params"] = .object(try Pairs.parse(param, "parameter").mapValues(Pairs.typed)) }
        if let script {
            members["work"] = [
                "scripts": .object(
                    arg.isEmpty
                        ? ["task": .string(script)]
                        : ["task": .string(script), "args": .array(arg.map(JSONValue.string))])
            ]
        }
        if watch { members["watch"] = true }
        if !command.isEmpty { members["command"] = .array(command.map(JSONValue.string)) }
        return members
    }

    /// What belongs to another kind of work or of times than the one that is named, and must go.
    func patch() throws -> JSONValue {
        var members: [String: JSONValue] = [:]
        if cadences.contains(where: { $0.1 != nil }) { for (key, _) in cadences { members[key] = .null } }
        if hasWork { for key in Self.workKeys { members[key] = .null } }
        return .object(members.merging(try definition()) { $1 })
    }

    private static let workKeys = [
        "job", "params", "work", "watch", "command", "tasks", "secrets", "retry", "timeout", "concurrency", "retryLost",
    ]
}
