import Foundation

/// Reads crontabs as Debian's cron does; format: crontab(5). Times at a change of clocks are those of `ClockPolicy.once`.
package enum CrontabImport {
    /// - Parameters:
    ///   - system: the table has a column with the user, as `/etc/crontab` and `/etc/cron.d` have.
    ///   - file: named in refusals.
    ///
    /// Throws `invalid` when the file is too long; everything else is an entry or a refusal.
    package static func read(_ text: String, system: Bool, file: String) throws(MartletError) -> ScheduleImport {
        try ScheduleImport.check(text, file)
        var reader = CrontabReader(system: system, file: file)
        for (index, line) in ScheduleImport.lines(text).enumerated() { reader.read(line, number: index + 1) }
        return reader.result
    }
}

/// The state of a crontab while it is read: variables are in force from their line on.
private struct CrontabReader {
    let system: Bool
    let file: String
    var result = ScheduleImport()
    private var shell = "/bin/sh"
    private var environment: [String: String] = [:]
    private var zone: String?
    /// A `CRON_TZ` that names no zone: entries after it must not run in another one.
    private var wrongZone: String?
    private var warnings: [String: String] = [:]
    private var names = ImportNames()

    init(system: Bool, file: String) { (self.system, self.file) = (system, file) }

    private static let words = ["@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly"]

    mutating func read(_ raw: String, number: Int) {
        var line = raw.drop { $0 == " " || $0 == "\t" }
        guard let first = line.unicodeScalars.first, first != "#", first != "\r" else { return }
        guard !line.utf8.contains(0) else {
            return result.refuse(file, number, "", "the line has a NUL byte")
        }
        let endsInReturn = line.unicodeScalars.last == "\r"
        if endsInReturn { line = Substring(line.unicodeScalars.dropLast()) }
        if let (name, value) = CrontabVariable.parse(line) {
            set(name, value, number, line)
        } else {
            do throws(CronProblem) {
                var entry = try entry(line, number)
                if endsInReturn { entry.warnings.append("the carriage return at the end of the line is left out") }
                entry.name = names.name(CrontabCommand.name(of: entry.name))
                result.entries.append(entry)
            } catch { result.refuse(file, number, line, error.message) }
        }
    }

    private mutating func set(_ name: String, _ value: String, _ number: Int, _ line: Substring) {
        switch name {
        case "CRON_TZ":
            zone = value
            do throws(MartletError) {
                _ = try TimeZone(named: value)
                wrongZone = nil
            } catch {
                wrongZone = value
                result.refuse(file, number, line, error.problems.map(\.problem).joined(separator: "; "))
            }
        case "MAILTO", "MAILFROM", "CONTENT_TYPE", "CONTENT_TRANSFER_ENCODING":
            warnings[name] = value.isEmpty ? nil : "\(name)=\(value) is left out: notices tell who must know"
        case "RANDOM_DELAY": warnings[name] = "RANDOM_DELAY=\(value) is left out: write H in the minute"
        case "USER", "LOGNAME": warnings[name] = "\(name)=\(value) is left out: cron sets it by itself"
        default:
            guard Token.isVariable(name) else {
                return result.refuse(file, number, line, "\(CronProblem.quote(name)) is not a name for a variable")
            }
            environment[name] = value
            if name == "SHELL" { shell = value }
        }
    }

    /// An entry that still has its command for a name.
    private func entry(_ line: Substring, _ number: Int) throws(CronProblem) -> ImportedSchedule {
        // A leading minus only keeps cron from logging.
        var rest = line.first == "-" ? line.dropFirst() : line
        let cron = try times(&rest)
        if let wrongZone { throw CronProblem("its CRON_TZ \(CronProblem.quote(wrongZone)) is not a known zone") }
        let cadence = Cadence.cron(cron)
        do throws(MartletError) {
            _ = try Timetable(
                cadence, zone: .gmt, clock: .once, days: nil, anchor: Date(milliseconds: 0), seed: "")
        } catch { throw CronProblem(error.problems.map(\.problem).joined(separator: "; ")) }
        let user = system ? String(Self.word(&rest)) : nil
        if let user, !Token.isValid(user) {
            throw CronProblem(
                "\(CronProblem.quote(user)) is not a user's name; a system crontab has it as sixth column")
        }
        let command = CrontabCommand(rest)
        guard !command.text.isEmpty else { throw CronProblem("there is no command after the times") }
        guard shell.hasPrefix("/") else { throw CronProblem("SHELL is not an absolute path") }
        return ImportedSchedule(
            name: command.text, cadence: cadence, zone: zone, command: command.argv(shell: shell),
            environment: environment, user: user, directory: environment["HOME"], line: number,
            warnings: warnings.sorted { $0.key < $1.key }.map(\.value))
    }

    private func times(_ rest: inout Substring) throws(CronProblem) -> String {
        guard rest.first != "@" else {
            let word = Self.word(&rest)
            guard word.lowercased() != "@reboot" else {
                throw CronProblem(
                    "@reboot is not a time: start the job when the machine starts, for instance by its unit")
            }
            guard Self.words.contains(word.lowercased()) else {
                throw CronProblem(
                    "\(CronProblem.quote(word)) is not one of @reboot \(Self.words.joined(separator: " "))")
            }
            return word.lowercased()
        }
        var fields: [Substring] = []
        while fields.count < 5, !rest.isEmpty { fields.append(Self.word(&rest)) }
        guard fields.count == 5 else { throw CronProblem("it has neither five fields of time nor a variable's name") }
        if let random = fields.first(where: { $0.contains("~") }) {
            throw CronProblem(
                "\(CronProblem.quote(random)) is a time by chance: write H(a-b) for a steady one of the range")
        }
        return fields.joined(separator: " ")
    }

    private static func word(_ rest: inout Substring) -> Substring {
        let word = rest.prefix { $0 != " " && $0 != "\t" }
        rest = rest.dropFirst(word.count).drop { $0 == " " || $0 == "\t" }
        return word
    }
}
