/// Reads one field of a cron expression into bits, and the special days of the two day fields into ``CronDays``.
struct CronFieldReader {
    let field: CronField
    /// The schedule's name: decides what `H` stands for.
    let seed: String
    /// Bit n is set when the value n matches.
    private(set) var bits: UInt64 = 0
    /// A part of it is `*`, `?` or a step over all.
    private(set) var hasStar = false
    private(set) var special = CronDays()

    init(_ field: CronField, seed: String) {
        (self.field, self.seed) = (field, seed)
    }

    /// `text` is in lower case.
    mutating func read(_ text: Substring) throws(CronProblem) {
        for term in text.split(separator: ",", omittingEmptySubsequences: false) {
            guard !term.isEmpty else {
                throw CronProblem("the list of \(field.rawValue) has an empty entry: remove the comma")
            }
            try read(term: term)
        }
    }

    private mutating func read(term: Substring) throws(CronProblem) {
        if try readSpecial(term) { return }
        let parts = term.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        let step = parts.count == 2 ? try readStep(parts[1]) : nil
        let base = parts[0]
        if base == "*" || base == "?" {
            hasStar = true
            add(field.all, step: step ?? 1)
        } else if base.first == "h" {
            let range = try spreadRange(base)
            let offset = CronSpread.index(seed, field, below: min(step ?? range.count, range.count))
            let first = range.lowerBound + offset
            add(first...(step == nil ? first : range.upperBound), step: step ?? 1)
        } else if base.contains("-") {
            add(try range(base), step: step ?? 1)
        } else {
            let first = try value(base)
            add(first...(step == nil ? first : max(first, field.all.upperBound)), step: step ?? 1)
        }
    }

    private mutating func add(_ range: ClosedRange<Int>, step: Int) {
        for value in stride(from: range.lowerBound, through: range.upperBound, by: step) {
            bits |= 1 << UInt64(field == .weekday ? value % 7 : value)
        }
    }

    private func readStep(_ text: Substring) throws(CronProblem) -> Int {
        guard let step = Self.number(text), step > 0 else {
            throw CronProblem(
                "the step \(CronProblem.quote(text)) of \(field.rawValue) is not a number from 1 to \(field.all.count)")
        }
        // A longer step runs once in a round, which nobody means who writes */90.
        guard step <= field.all.count else {
            throw CronProblem(
                "the step \(step) of \(field.rawValue) is longer than its \(field.all.count) values; use @every for longer steps"
            )
        }
        return step
    }

    /// Of `H` or `H(a-b)`.
    private func spreadRange(_ text: Substring) throws(CronProblem) -> ClosedRange<Int> {
        if text == "h" { return field.spread }
        guard text.hasPrefix("h("), text.hasSuffix(")") else {
            throw CronProblem("\(CronProblem.quote(text)) of \(field.rawValue) is not H, H/n, H(a-b) or H(a-b)/n")
        }
        return try range(text.dropFirst(2).dropLast())
    }

    private func range(_ text: Substring) throws(CronProblem) -> ClosedRange<Int> {
        let ends = text.split(separator: "-", omittingEmptySubsequences: false)
        guard ends.count == 2 else {
            throw CronProblem("\(CronProblem.quote(text)) of \(field.rawValue) is not a range a-b")
        }
        let first = try value(ends[0])
        var last = try value(ends[1])
        // fri-sun: the Sunday after Friday.
        if field == .weekday, last == 0, first > 0 { last = 7 }
        guard first <= last else {
            throw CronProblem(
                "the range \(CronProblem.quote(text)) of \(field.rawValue) runs backwards: write it as two ranges")
        }
        return first...last
    }

    func value(_ text: Substring) throws(CronProblem) -> Int {
        if let named = field.value(named: text) { return named }
        let range = field.range
        guard !text.isEmpty, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
            throw CronProblem(
                "\(field.rawValue) \(CronProblem.quote(text)) is not a number from \(range.lowerBound) to \(range.upperBound)"
            )
        }
        guard let number = Self.number(text), range.contains(number) else {
            throw CronProblem(
                "\(field.rawValue) \(CronProblem.quote(text)) is not from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    /// Up to four ASCII digits.
    private static func number(_ text: Substring) -> Int? {
        guard (1...4).contains(text.utf8.count), text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
            return nil
        }
        return Int(text)
    }

    /// `L`, `L-3`, `LW` and `15W` of the day; `5L` and `5#3` of the weekday. False: it is none of these.
    private mutating func readSpecial(_ term: Substring) throws(CronProblem) -> Bool {
        if field == .day, term.first == "l" {
            if term == "lw" {
                special.hasLastWorkday = true
            } else {
                special.fromEnd |= 1 << UInt32(try daysBeforeLast(term.dropFirst()))
            }
        } else if field == .day, term.last == "w" {
            special.nearest |= 1 << UInt32(try value(term.dropLast()))
        } else if field == .weekday, term.last == "l" {
            guard term != "l" else { throw CronProblem("weekday L needs a day: write 5L for the last Friday") }
            special.last |= 1 << UInt8(try value(term.dropLast()) % 7)
        } else if field == .weekday, term.contains("#") {
            let parts = term.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false)
            guard let count = Self.number(parts[1]), (1...5).contains(count) else {
                throw CronProblem("weekday \(CronProblem.quote(term)): after # comes 1 to 5, which one in the month")
            }
            special.nth |= 1 << UInt64(try value(parts[0]) % 7 * 8 + count)
        } else {
            return false
        }
        return true
    }

    private func daysBeforeLast(_ text: Substring) throws(CronProblem) -> Int {
        if text.isEmpty { return 0 }
        guard text.first == "-", let count = Self.number(text.dropFirst()), (1...30).contains(count) else {
            throw CronProblem("day L\(CronProblem.quote(text)) is not L, LW or L-n with n from 1 to 30")
        }
        return count
    }
}
