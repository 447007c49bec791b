import Foundation

extension WorkCalendar {
    /// From a document as docs/schedules.md, "Calendars", describes:
    /// `{"name", "title", "zone", "years": {"2026": {"holidays": ["01-01..01-03"], "workdays": ["01-04"]}}}`.
    /// Throws `invalid` with every problem.
    package init(parsing document: JSONValue) throws(MartletError) {
        let problems = Fields.Problems()
        var fields = Fields(document, problems: problems)
        let name = fields.string("name", maxBytes: 64)
        if let name, !Token.isValid(name) { fields.problem("name", Token.rule) }
        if name == nil, !problems.all.contains(where: { $0.field == "name" }) { fields.problem("name", "is missing") }
        let title = fields.string("title", maxBytes: 256)
        let zoneName = fields.string("zone", maxBytes: 64) ?? "UTC"
        var zone = TimeZone.gmt
        do { zone = try TimeZone(named: zoneName) } catch {
            for problem in error.problems { fields.problem("zone", problem.problem) }
        }
        var lists = YearLists()
        if let members = fields.value("years") {
            lists.read(members, problems)
        } else {
            fields.problem("years", "is missing")
        }
        fields.finish()
        try problems.check("the calendar")
        self.init(
            name: name ?? "", title: title ?? name ?? "", zone: zone, years: lists.years.sorted(),
            exceptions: lists.exceptions)
    }
}

/// The lists of a calendar while they are read.
private struct YearLists {
    var years: [Int] = []
    var exceptions: [CivilDay: Bool] = [:]

    mutating func read(_ value: JSONValue, _ problems: Fields.Problems) {
        guard let members = value.object, members.count <= 200 else {
            return problems.add("years", "expected an object of at most 200 years, each with holidays and workdays")
        }
        for (text, list) in members.sorted(by: { $0.key < $1.key }) {
            guard text.utf8.count == 4, let year = Int(text), (1900...2999).contains(year) else {
                problems.add("years.\(CronProblem.quote(text))", "is not a year from 1900 to 2999")
                continue
            }
            years.append(year)
            var fields = Fields(list, at: "years.\(text)", problems: problems)
            read("holidays", year, &fields, isWorkday: false)
            read("workdays", year, &fields, isWorkday: true)
            fields.finish()
        }
    }

    private mutating func read(_ key: String, _ year: Int, _ fields: inout Fields, isWorkday: Bool) {
        for (index, text) in (fields.strings(key, maxCount: 366) ?? []).enumerated() {
            guard let days = Self.days(text, year) else {
                fields.problem(
                    "\(key)[\(index)]", "\(CronProblem.quote(text)) is not a day MM-DD or days MM-DD..MM-DD of \(year)")
                continue
            }
            for number in days {
                let day = CivilDay(number: number)
                if exceptions.updateValue(isWorkday, forKey: day) != nil {
                    fields.problem("\(key)[\(index)]", "\(CronProblem.quote(text)) lists a day that is listed already")
                    break
                }
            }
        }
    }

    private static func days(_ text: String, _ year: Int) -> ClosedRange<Int>? {
        let ends = text.split(separator: "..", maxSplits: 1, omittingEmptySubsequences: false).map { day($0, year) }
        guard let first = ends.first, let first, let last = ends.last, let last, first <= last else { return nil }
        return first.number...last.number
    }

    private static func day(_ text: Substring, _ year: Int) -> CivilDay? {
        let parts = text.utf8.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
        guard parts.map(\.count) == [2, 2], parts.joined().allSatisfy({ (0x30...0x39).contains($0) }),
            let month = Int(text.prefix(2)), let day = Int(text.suffix(2)), (1...12).contains(month),
            (1...CivilDay.length(ofMonth: month, in: year)).contains(day)
        else { return nil }
        return CivilDay(year: year, month: month, day: day)
    }
}
