package import Foundation

extension Schedule {
    /// Reads the document that `PUT /api/schedules/NAME` takes. Every problem is reported with its path. Times, zone and
    /// calendar are checked by the ``Timetable`` that is made of it.
    ///
    /// `name`: where the path says it. `zone`: in force when the document says none.
    package init(parsing document: JSONValue, name: String? = nil, zone: String) throws(MartletError) {
        let problems = Fields.Problems()
        var fields = Fields(document, problems: problems)
        let stated = fields.string("name")
        if let name, let stated, name != stated {
            fields.problem("name", "says \(stated), but the schedule is stored as \(name)")
        }
        let name = name ?? stated ?? ""
        if name.isEmpty {
            fields.problem("name", "is missing: it \(Token.rule)")
        } else if !Token.isValid(name) {
            fields.problem("name", Token.rule)
        }
        let zone = fields.string("zone", maxBytes: 64) ?? zone
        let cadence = Cadence(&fields, zone: zone)
        let work = Work(&fields)
        var labels: [String: String] = [:]
        if case .inline(let job) = work { labels = job.labels } else { labels = Labels.parse(&fields) }
        let description = fields.string("description")
        let jitter = fields.span("jitter")
        let missed = fields.choice("missed") ?? Missed.latest
        let window = fields.span("window") ?? Self.standardWindow
        let overlap = fields.choice("overlap") ?? Overlap.skip
        let dst = fields.choice("dst") ?? ClockPolicy.once
        let calendar = fields.string("calendar", maxBytes: 256)
        let isPaused = fields.bool("paused") ?? false
        let grace = fields.span("grace") ?? (work == .watch ? Self.standardGrace : nil)
        if grace?.milliseconds == 0 { fields.problem("grace", "must be longer than 0s") }
        let notify = NotifyRule.parse(&fields)
        fields.finish()
        try problems.check(name.isEmpty ? "the schedule" : "the schedule \(name)")
        self.init(
            name: name, description: description, work: work ?? .watch, cadence: cadence ?? .at(.distantPast),
            jitter: jitter, zone: zone, missed: missed, window: window, overlap: overlap, dst: dst, calendar: calendar,
            isPaused: isPaused,
            labels: labels, grace: grace, notify: notify)
    }
}

extension Schedule.Work {
    private static let choices =
        "give one of: job, the name of a stored job; command, what to run; work, {INTEGRATION: what it does}; watch: true"

    /// Exactly one kind of work; a problem otherwise.
    fileprivate init?(_ fields: inout Fields) {
        let job = fields.string("job")
        let work = fields.read("work", "an object", \.object)
        let isWatch = fields.bool("watch") ?? false
        let isInline = fields.value("command") != nil || fields.value("tasks") != nil
        guard [job != nil, work != nil, isWatch, isInline].filter(\.self).count == 1 else {
            fields.problem("job", Self.choices)
            return nil
        }
        if isInline {
            var job = Job(inline: &fields)
            job.secrets = SecretReferences.parse(&fields)
            SecretReferences.refuseDoubles(job, fields.problems)
            // Beside a single command, `grace` is the schedule's; that of a task stands in `tasks`.
            if fields.value("tasks") == nil { job.tasks[0].grace = nil }
            self = .inline(job)
        } else if let job {
            if !Token.isValid(job) { fields.problem("job", Token.rule) }
            self = .job(job, params: fields.read("params", "an object of values", \.object) ?? [:])
        } else if let work {
            guard work.count == 1, let (name, request) = work.first else {
                fields.problem("work", "must name one integration, as in {\"scripts\": {\"task\": \"collect\"}}")
                return nil
            }
            self = .integration(name, request: request)
        } else {
            self = .watch
        }
    }
}

extension Cadence {
    private static let choices =
        "give one of: cron, as in \"0 3 * * *\"; every, as in \"15m\"; at, as in \"2030-01-01T03:00:00Z\""

    /// `zone`: of a time without an offset.
    fileprivate init?(_ fields: inout Fields, zone: String) {
        let cron = fields.string("cron", maxBytes: 1024)
        let every = fields.span("every")
        let at = fields.string("at", maxBytes: 64)
        guard [cron != nil, fields.value("every") != nil, at != nil].filter(\.self).count == 1 else {
            fields.problem("cron", Self.choices)
            return nil
        }
        if let cron {
            self = .cron(cron)
        } else if let at {
            guard let date = Self.instant(at, TimeZone(identifier: zone)) else {
                fields.problem(
                    "at", "is no time such as 2030-01-01T03:00:00Z, or 2030-01-01T03:00:00 in the schedule's zone")
                return nil
            }
            self = .at(date)
        } else if let every {
            self = .every(every)
        } else {
            return nil
        }
    }

    /// An RFC 3339 time, or one without an offset in `zone`: `2030-01-01T03:00`, seconds optional, a blank for the T.
    package static func instant(_ text: String, _ zone: TimeZone?) -> Date? {
        let text = text.replacing(" ", with: "T", maxReplacements: 1)
        if let date = Timestamp.date(text) { return date.milliseconds >= 0 ? date : nil }
        let shape = text.utf8.map { (0x30...0x39).contains($0) ? UInt8(ascii: "0") : $0 }
        let shapes = ["0000-00-00T00:00", "0000-00-00T00:00:00"].map { Array($0.utf8) }
        let numbers = text.split(whereSeparator: { "-:T".contains($0) }).compactMap { Int($0) }
        guard let zone, shapes.contains(shape), (5...6).contains(numbers.count), numbers[0] >= 1970 else { return nil }
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = zone
        let wanted = DateComponents(
            year: numbers[0], month: numbers[1], day: numbers[2], hour: numbers[3], minute: numbers[4],
            second: numbers.count == 6 ? numbers[5] : 0)
        // A time in the gap of a change of clocks is a time: what was meant is after the gap.
        var utc = Calendar(identifier: .gregorian)
        utc.timeZone = .gmt
        guard wanted.isValidDate(in: utc) else { return nil }
        return calendar.date(from: wanted)
    }
}
