/// One entry of a crontab or of a systemd timer, ready to become a schedule.
package struct ImportedSchedule: Sendable, Hashable {
    /// Derived from the command or the unit; a ``Token``, unique in its file.
    package var name: String
    package var cadence: Cadence
    /// From `CRON_TZ` or the end of `OnCalendar=`; nil: the zone of the machine that the file comes from.
    package var zone: String?
    /// An array for `execve`; for cron it calls the crontab's shell.
    package var command: [String]
    package var environment: [String: String] = [:]
    package var user: String?
    package var directory: String?
    /// `Persistent=true`: a missed time is made up once. Cron never does that.
    package var catchesUp = false
    /// Where the entry begins in its file, from 1.
    package var line: Int
    /// What the new schedule does otherwise, in sentences.
    package var warnings: [String] = []
}

/// What was found in one file.
package struct ScheduleImport: Sendable, Hashable {
    package var entries: [ImportedSchedule] = []
    /// What cannot be said exactly, and why. Nothing is left out without being listed here.
    package var refused: [Refusal] = []

    package struct Refusal: Sendable, Hashable {
        package let file: String
        /// From 1; 0 is the file as a whole.
        package let line: Int
        package let text: String
        package let reason: String
    }

    mutating func refuse(_ file: String, _ line: Int, _ text: some StringProtocol, _ reason: String) {
        let short = text.utf8.count <= 200 ? String(text) : "\(text.prefix(200))…"
        refused.append(Refusal(file: file, line: line, text: short, reason: reason))
    }

    /// The longest file that is read.
    static let longest = 1 << 20

    static func check(_ text: String, _ file: String) throws(MartletError) {
        guard text.utf8.count > longest else { return }
        throw MartletError(
            .invalid, "the import is not valid",
            problems: [FieldProblem(field: file, problem: "is longer than \(longest) bytes")])
    }

    /// The lines of a text; cut at line feeds alone, because Swift takes CR and LF for one character.
    static func lines(_ text: String) -> [String] {
        text.utf8.split(separator: 0x0A, omittingEmptySubsequences: false).map { String(Substring($0)) }
    }
}

/// Gives each entry of a file a name of its own.
struct ImportNames {
    /// How often a base was asked for, and every name that was given.
    private var counts: [String: Int] = [:]
    private var taken: Set<String> = []

    /// `wanted` as a ``Token``; with `-2`, `-3`, … when it is taken.
    mutating func name(_ wanted: some StringProtocol) -> String {
        var base = String(
            String.UnicodeScalarView(
                wanted.unicodeScalars.map { Token.isValid("a\($0)") ? $0 : "-" }.drop {
                    "-._".unicodeScalars.contains($0)
                }
                .prefix(100)))
        while let last = base.last, "-._".contains(last) { base.removeLast() }
        if base.isEmpty { base = "schedule" }
        var name = base
        while !taken.insert(name).inserted {
            let count = counts[base, default: 1] + 1
            counts[base] = count
            name = "\(base)-\(count)"
        }
        return name
    }
}
