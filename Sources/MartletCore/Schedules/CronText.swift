package import Foundation

/// A cron text taken apart: the zone it names, and what stands behind it.
struct CronText {
    enum Times {
        case fields([Substring])
        case every(TimeSpan)
    }

    /// From a leading `TZ=` or `CRON_TZ=`.
    let zone: TimeZone?
    let times: Times

    static let longest = 1024

    private static let words: [Substring: String] = [
        "@yearly": "0 0 1 1 *", "@annually": "0 0 1 1 *", "@monthly": "0 0 1 * *", "@weekly": "0 0 * * 0",
        "@daily": "0 0 * * *", "@midnight": "0 0 * * *", "@hourly": "0 * * * *",
    ]

    /// Throws `invalid` with the problem at `cron` or `zone`.
    init(_ text: String) throws(MartletError) {
        guard text.utf8.count <= Self.longest else { throw Self.refusal("is longer than \(Self.longest) bytes") }
        guard text.utf8.allSatisfy({ (0x20..<0x7F).contains($0) || $0 == 0x09 }) else {
            throw Self.refusal("has a character that is neither printable ASCII nor a blank")
        }
        var parts = text.split { $0 == " " || $0 == "\t" }
        zone = try Self.takeZone(&parts)
        guard let first = parts.first else {
            throw Self.refusal("is empty: write five fields (minute hour day month weekday) or a word like @daily")
        }
        guard first.hasPrefix("@") else {
            times = .fields(parts.map { $0.lowercased()[...] })
            return
        }
        let word = first.lowercased()
        if word == "@every" {
            guard parts.count == 2, let span = EverySpan.parse(parts[1]) else {
                throw Self.refusal(
                    "@every takes one span of at least 1s and at most \(TimeSpan.longest), such as @every 90m")
            }
            times = .every(span)
        } else {
            guard parts.count == 1, let fields = Self.words[word[...]] else {
                throw Self.refusal(
                    "\(CronProblem.quote(word)) is not one of \((Self.words.keys + ["@every"]).sorted().joined(separator: " ")), alone"
                )
            }
            times = .fields(fields.split(separator: " "))
        }
    }

    private static func takeZone(_ parts: inout [Substring]) throws(MartletError) -> TimeZone? {
        guard let first = parts.first, let prefix = ["TZ=", "CRON_TZ="].first(where: { first.hasPrefix($0) }) else {
            return nil
        }
        parts.removeFirst()
        return try TimeZone(named: first.dropFirst(prefix.count))
    }

    private static func refusal(_ problem: String) -> MartletError {
        MartletError(
            .invalid, "the schedule is not valid", problems: [FieldProblem(field: "cron", problem: problem)])
    }
}

extension TimeZone {
    /// A zone by its name in the time zone database, `Area/City`, or `UTC`. Abbreviations are refused: `CST` is China
    /// to one reader and Chicago to the next. Throws `invalid` with the problem at `zone`.
    package init(named name: some StringProtocol) throws(MartletError) {
        let isPlain = name.utf8.count <= 64 && (name.contains("/") || name == "UTC" || name == "GMT")
        guard isPlain, let zone = TimeZone(identifier: String(name)) else {
            let problem =
                "\(CronProblem.quote(name)) is not a zone of the time zone database: write one like Asia/Shanghai, or UTC"
            throw MartletError(
                .invalid, "the schedule is not valid", problems: [FieldProblem(field: "zone", problem: problem)])
        }
        self = zone
    }
}
