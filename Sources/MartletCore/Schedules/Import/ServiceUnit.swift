/// What a timer starts: the parts of a service's file that a schedule can have.
struct ServiceUnit {
    private(set) var command: [String] = []
    private(set) var environment: [String: String] = [:]
    private(set) var user: String?
    private(set) var directory: String?
    private(set) var warnings: [String] = []
    /// Why it cannot be taken over; line 0 is the file as a whole.
    private(set) var refused: [(line: Int, text: String, reason: String)] = []

    /// Part of the work, or of what counts as a good end: a schedule without them would do something else.
    private static let essential: Set<String> = [
        "ExecStartPre", "ExecStartPost", "ExecCondition", "ExecStop", "ExecStopPost", "EnvironmentFile",
        "StandardInputText", "StandardInputData", "SuccessExitStatus", "RootDirectory", "RootImage", "DynamicUser",
    ]
    private static let taken: Set<String> = ["Type", "ExecStart", "Environment", "User", "WorkingDirectory"]

    init(_ text: String) {
        let unit = UnitFile(text)
        for line in unit.wrong { refused.append((line.number, line.text, "it is neither a section nor key=value")) }
        if let type = unit.last("Service", "Type"), !["simple", "exec", "oneshot", "idle"].contains(type.value) {
            refuse(type, "only simple, exec, idle and oneshot end with their process")
        }
        let starts = unit.all("Service", "ExecStart")
        if starts.count != 1 {
            refused.append(
                (starts.last?.number ?? 0, "ExecStart=", "there are \(starts.count) of it; one is taken over"))
        }
        do throws(CronProblem) {
            if let start = starts.first { try readCommand(start.value) }
        } catch { if let start = starts.first { refuse(start, error.message) } }
        for line in unit.all("Service", "Environment") {
            do throws(CronProblem) { try readEnvironment(line.value) } catch { refuse(line, error.message) }
        }
        readUser(unit)
        readDirectory(unit)
        readRest(unit)
    }

    private mutating func refuse(_ line: UnitFile.Line, _ reason: String) {
        refused.append((line.number, line.text, reason))
    }

    /// The signs before the program: `-` and `:` can be kept, others change who it is or what it is called.
    private mutating func readCommand(_ value: String) throws(CronProblem) {
        var words = try UnitWords.split(value)
        guard var program = words.first else { throw CronProblem("there is no command") }
        var expands = true
        while let sign = program.first, "-:@+!".contains(sign) {
            switch sign {
            case "-": warnings.append("the - before the command is left out: an exit code other than 0 fails")
            case ":": expands = false
            default: throw CronProblem("the sign \(sign) before the command is not taken over")
            }
            program.removeFirst()
        }
        words[0] = program
        command = try words.map { word throws(CronProblem) in
            try Self.literal(word, expands: expands)
        }
        guard !program.isEmpty else { throw CronProblem("there is no command") }
    }

    /// A word in which systemd puts nothing at run time; `%%` is a % and, where it expands variables, `$$` a $.
    private static func literal(_ word: String, expands: Bool) throws(CronProblem) -> String {
        let plain = word.replacing("%%", with: "")
        if let sign = plain.firstIndex(of: "%") {
            throw CronProblem("the specifier \(plain[sign...].prefix(2)) is filled in by systemd; write its value")
        }
        let once = word.replacing("%%", with: "%")
        guard expands else { return once }
        let rest = once.replacing("$$", with: "")
        let isVariable =
            rest.first == "$" && rest.dropFirst().first != "{" && Token.isVariable(String(rest.dropFirst()))
        guard !isVariable, !rest.contains("${") else {
            throw CronProblem("\(CronProblem.quote(word)) is filled in by systemd; write its value")
        }
        return once.replacing("$$", with: "$")
    }

    private mutating func readEnvironment(_ value: String) throws(CronProblem) {
        for word in try UnitWords.split(value) {
            let pair = try Self.literal(word, expands: false)
            guard let equals = pair.firstIndex(of: "="), Token.isVariable(String(pair[..<equals])) else {
                throw CronProblem("\(CronProblem.quote(word)) is not NAME=value")
            }
            environment[String(pair[..<equals])] = String(pair[pair.index(after: equals)...])
        }
    }

    private mutating func readUser(_ unit: UnitFile) {
        guard let line = unit.last("Service", "User") else { return }
        if Token.isValid(line.value) { user = line.value } else { refuse(line, "it is not a plain user's name") }
    }

    private mutating func readDirectory(_ unit: UnitFile) {
        guard let line = unit.last("Service", "WorkingDirectory") else { return }
        if line.value.first == "/", !line.value.contains("%") {
            directory = line.value
        } else {
            refuse(line, "only an absolute path without specifiers is taken over")
        }
    }

    /// Everything else is told: as a refusal where the work depends on it, as a warning where it does not.
    private mutating func readRest(_ unit: UnitFile) {
        for key in Self.essential.sorted() {
            for line in unit.all("Service", key) {
                refuse(line, "\(key)= is not taken over, and the work depends on it")
            }
        }
        let isTold = Self.taken.union(Self.essential)
        let rest = unit.lines.filter { $0.section == "Service" && !isTold.contains($0.key) && !$0.value.isEmpty }
            .map(\.key)
        let conditions = unit.lines.filter {
            $0.section == "Unit" && ($0.key.hasPrefix("Condition") || $0.key.hasPrefix("Assert")) && !$0.value.isEmpty
        }.map(\.key)
        let keys = Set(rest + conditions).sorted()
        if !keys.isEmpty { warnings.append("left out of the service: \(keys.joined(separator: ", "))") }
    }
}
