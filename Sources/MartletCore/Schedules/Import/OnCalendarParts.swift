/// Lists of numbers in calendar events: `*`, `5`, `1..9`, `0/15`, `1..9/2`, joined by commas.
enum OnCalendarList {
    /// Nil: a star.
    static func parse(_ text: Substring, _ what: String, _ range: ClosedRange<Int>) throws(CronProblem) -> Set<Int>? {
        if text == "*" { return nil }
        var values: Set<Int> = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let halves = part.split(separator: "/", omittingEmptySubsequences: false)
            let ends = halves[0].split(separator: "..", omittingEmptySubsequences: false)
            guard halves.count <= 2, ends.count <= 2 else {
                throw CronProblem("\(what) \(CronProblem.quote(part)) is not a list")
            }
            let first = try number(ends[0], what, range)
            let step = halves.count == 2 ? try number(halves[1], "step of \(what)", 1...range.upperBound) : nil
            let last = ends.count == 2 ? try number(ends[1], what, range) : step == nil ? first : range.upperBound
            guard first <= last else { throw CronProblem("\(what) \(CronProblem.quote(part)) runs backwards") }
            // As systemd has it: a step that is never taken is an error, except in a range.
            guard ends.count == 2 || first + (step ?? 0) <= last else {
                throw CronProblem("the step of \(what) is never taken")
            }
            values.formUnion(stride(from: first, through: last, by: step ?? 1))
        }
        return values
    }

    private static func number(_ text: Substring, _ what: String, _ range: ClosedRange<Int>) throws(CronProblem) -> Int
    {
        guard (1...4).contains(text.utf8.count), text.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            let number = Int(text), range.contains(number)
        else {
            throw CronProblem(
                "\(what) \(CronProblem.quote(text)) is not from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    /// As a field of cron, with ranges for neighbours; a star when it is all of `range`.
    static func text(_ values: Set<Int>, all range: ClosedRange<Int>) -> String {
        if values.count == range.count { return "*" }
        var parts: [String] = []
        var rest = values.sorted()[...]
        while let first = rest.popFirst() {
            var last = first
            while let next = rest.first, next == last + 1 {
                last = next
                rest.removeFirst()
            }
            parts.append(last == first ? "\(first)" : last == first + 1 ? "\(first),\(last)" : "\(first)-\(last)")
        }
        return parts.joined(separator: ",")
    }
}

/// `Y-M-D` or `M-D`; `~` instead of the last `-` counts days from the end of the month.
struct OnCalendarDate {
    /// Nil: every year.
    private(set) var years: Set<Int>?
    private(set) var months = Set(1...12)
    private(set) var days = Set(1...31)
    private(set) var isFromEnd = false

    init() {}

    init(_ text: String) throws(CronProblem) {
        var parts = text.split(separator: "-", omittingEmptySubsequences: false)
        if let last = parts.last, last.contains("~") {
            isFromEnd = true
            parts.removeLast()
            parts += last.split(separator: "~", omittingEmptySubsequences: false)
        }
        guard parts.count == 2 || parts.count == 3, !isFromEnd || text.count(where: { $0 == "~" }) == 1 else {
            throw CronProblem("\(CronProblem.quote(text)) is not a date Y-M-D or M-D")
        }
        if parts.count == 3, parts[0] != "*" {
            // Two digits are 1970 to 2069.
            years = try OnCalendarList.parse(parts[0], "year", 0...2999).map { years in
                Set(years.map { $0 < 70 ? $0 + 2000 : $0 < 100 ? $0 + 1900 : $0 })
            }
        }
        months = try OnCalendarList.parse(parts[parts.count - 2], "month", 1...12) ?? Set(1...12)
        if isFromEnd, parts[parts.count - 1].contains("/") {
            throw CronProblem("steps of days from the end of the month are not taken over")
        }
        // From the end systemd counts no further than the shortest month.
        days = try OnCalendarList.parse(parts[parts.count - 1], "day", 1...(isFromEnd ? 28 : 31)) ?? Set(1...31)
    }

    /// Day, month and weekday of cron. Both must match here, where cron would take either: such days become `1#2`.
    func text(_ weekdays: Set<Int>?) throws(CronProblem) -> String {
        let month = OnCalendarList.text(months, all: 1...12)
        guard let weekdays, weekdays.count < 7 else { return "\(dayText) \(month) *" }
        if days.count == 31 { return "* \(month) \(OnCalendarList.text(weekdays, all: 0...6))" }
        let weeks = try wholeWeeks()
        let days = weekdays.sorted().flatMap { weekday in
            weeks.map { $0 == 6 ? "\(weekday)L" : "\(weekday)#\($0)" }
        }
        return "* \(month) \(days.joined(separator: ","))"
    }

    private var dayText: String {
        guard isFromEnd else { return OnCalendarList.text(days, all: 1...31) }
        return days.sorted().map { $0 == 1 ? "L" : "L-\($0 - 1)" }.joined(separator: ",")
    }

    /// Which weeks of the month the days are, 1 to 5; 6 is the last seven days.
    private func wholeWeeks() throws(CronProblem) -> [Int] {
        if isFromEnd, days == Set(1...7) { return [6] }
        let weeks = (1...5).filter { days.isSuperset(of: $0 * 7 - 6...min($0 * 7, 31)) }
        guard !isFromEnd, days == Set(weeks.flatMap { $0 * 7 - 6...min($0 * 7, 31) }) else {
            throw CronProblem(
                "weekdays with days of the month are taken over for whole weeks only: 1..7, 8..14, …, 29..31")
        }
        return weeks
    }
}

/// `H:M` or `H:M:S`.
struct OnCalendarTime {
    let hours: Set<Int>
    let minutes: Set<Int>
    let seconds: Set<Int>

    init(_ text: String) throws(CronProblem) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2 || parts.count == 3 else {
            throw CronProblem("\(CronProblem.quote(text)) is not a time H:M or H:M:S")
        }
        hours = try OnCalendarList.parse(parts[0], "hour", 0...23) ?? Set(0...23)
        minutes = try OnCalendarList.parse(parts[1], "minute", 0...59) ?? Set(0...59)
        seconds = parts.count == 2 ? [0] : try OnCalendarList.parse(parts[2], "second", 0...59) ?? Set(0...59)
    }

    /// Second (when it is not 0), minute and hour of cron.
    var text: String {
        let minute = "\(OnCalendarList.text(minutes, all: 0...59)) \(OnCalendarList.text(hours, all: 0...23))"
        return seconds == [0] ? minute : "\(OnCalendarList.text(seconds, all: 0...59)) \(minute)"
    }
}
