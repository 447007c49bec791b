import Foundation
import MartletCore

/// What was found in crontabs and timers of this machine.
struct ImportSource {
    struct Entry {
        let schedule: Schedule
        /// `FILE:LINE`.
        let place: String
        let warnings: [String]
    }

    /// What is not taken over.
    struct Refusal {
        let file: String
        let line: Int
        let text: String
        let reason: String
    }

    private(set) var entries: [Entry] = []
    private(set) var refused: [Refusal] = []
    private var names: Set<String> = []
    private let zone: String

    init(zone: String) { self.zone = zone }

    private static let system = "/etc/crontab"
    private static let systemDirectory = "/etc/cron.d"

    // MARK: Where from

    mutating func read(_ file: String, userColumn: Bool) throws {
        if file.hasSuffix(".timer") { return try readTimer(file) }
        let isSystem = userColumn || file == Self.system || file.hasPrefix(Self.systemDirectory + "/")
        take(try CrontabImport.read(try Self.text(file), system: isSystem, file: file), file, overlap: .allow)
    }

    /// Cron reads no file whose name has other characters than these.
    mutating func readSystemCrontabs() throws {
        let files = FileManager.default
        if files.fileExists(atPath: Self.system) { try read(Self.system, userColumn: true) }
        guard files.fileExists(atPath: Self.systemDirectory) else { return }
        for name in try files.contentsOfDirectory(atPath: Self.systemDirectory).sorted()
        where name.wholeMatch(of: /[A-Za-z0-9_-]+/) != nil {
            try read("\(Self.systemDirectory)/\(name)", userColumn: true)
        }
    }

    mutating func readTimers(in directory: String) throws {
        guard let names = try? FileManager.default.contentsOfDirectory(atPath: directory) else {
            throw MartletError(.invalid, "the directory \(directory) cannot be read")
        }
        for name in names.sorted() where name.hasSuffix(".timer") { try readTimer("\(directory)/\(name)") }
    }

    /// The table of whoever calls.
    mutating func readOwnCrontab() throws {
        let (status, text, complaint) = try Self.output(of: ["crontab", "-l"])
        guard status == 0 else {
            throw MartletError(.invalid, "crontab -l failed: \(Terminal.safe(complaint).prefix(200))")
        }
        take(try CrontabImport.read(text, system: false, file: "crontab"), "crontab", overlap: .allow)
    }

    private mutating func readTimer(_ file: String) throws {
        let path = URL(filePath: file)
        let text = try Self.text(file)
        let service = path.deletingLastPathComponent()
            .appending(path: TimerImport.service(of: text, unit: path.lastPathComponent)).path
        let found = try TimerImport.read(
            timer: text, service: FileManager.default.fileExists(atPath: service) ? try Self.text(service) : nil,
            unit: path.lastPathComponent)
        // systemd starts no service that still runs.
        take(found, file, overlap: .skip)
    }

    private static func text(_ file: String) throws -> String {
        guard let data = FileManager.default.contents(atPath: file) else {
            throw MartletError(.invalid, "\(file) cannot be read")
        }
        guard let text = String(data: data, encoding: .utf8) else {
            throw MartletError(.invalid, "\(file) is not UTF-8; convert it first")
        }
        return text
    }

    private static func output(of command: [String]) throws -> (Int32, String, String) {
        let (process, out, err) = (Process(), Pipe(), Pipe())
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = command
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = out
        process.standardError = err
        try process.run()
        // One line of errors at most fits into its pipe while the table is read.
        let texts = [out, err].map { String(decoding: $0.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self) }
        process.waitUntilExit()
        return (process.terminationStatus, texts[0], texts[1])
    }

    // MARK: What it becomes

    private mutating func take(_ found: ScheduleImport, _ file: String, overlap: Schedule.Overlap) {
        refused += found.refused.map { Refusal(file: $0.file, line: $0.line, text: $0.text, reason: $0.reason) }
        for entry in found.entries {
            do {
                let document = document(of: entry, file, overlap)
                entries.append(
                    Entry(
                        schedule: try Schedule(parsing: document, zone: zone), place: "\(file):\(entry.line)",
                        warnings: entry.warnings))
            } catch {
                let reason = error.problems.map { "\($0)" }.joined(separator: "; ")
                refused.append(Refusal(file: file, line: entry.line, text: entry.name, reason: reason))
            }
        }
    }

    private mutating func document(
        of entry: ImportedSchedule, _ file: String, _ overlap: Schedule.Overlap
    ) -> JSONValue {
        var members: [String: JSONValue] = [
            "name": .string(freeName(entry.name)), "description": .string("from \(file)".prefix(1000).description),
            "zone": .string(entry.zone ?? zone), "overlap": .string(overlap.rawValue),
            "missed": .string((entry.catchesUp ? Schedule.Missed.latest : .skip).rawValue),
            "command": .array(entry.command.map(JSONValue.string)),
        ]
        switch entry.cadence {
        case .cron(let text): members["cron"] = .string(text)
        case .every(let span): members["every"] = .string(span.description)
        case .at(let date): members["at"] = .string(date.formatted(.iso8601))
        }
        if !entry.environment.isEmpty {
            members["environment"] = .object(entry.environment.mapValues(JSONValue.string))
        }
        members["user"] = entry.user.map(JSONValue.string)
        members["cwd"] = entry.directory.map(JSONValue.string)
        return .object(members)
    }

    /// Several files may use the same names.
    private mutating func freeName(_ wanted: String) -> String {
        var (name, number) = (wanted, 1)
        while !names.insert(name).inserted {
            number += 1
            name = "\(wanted)-\(number)"
        }
        return name
    }
}
