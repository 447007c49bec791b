import Foundation
import MartletCore
import Testing

/// Random expressions against a matcher that tries every minute of two months.
@Suite struct RandomCronTests {
    /// One random field: its text, and the values that it stands for.
    private static func field(_ range: ClosedRange<Int>, _ chance: inout Chance) -> (text: String, values: Set<Int>) {
        func term() -> (String, [Int], Bool) {
            let first = Int.random(in: range, using: &chance)
            let last = Int.random(in: first...range.upperBound, using: &chance)
            let step = Int.random(in: 1...range.count, using: &chance)
            switch Int.random(in: 0..<5, using: &chance) {
            case 0: return ("\(first)", [first], false)
            case 1: return ("\(first)-\(last)", Array(first...last), false)
            case 2: return ("\(first)-\(last)/\(step)", Array(stride(from: first, through: last, by: step)), false)
            case 3: return ("\(first)/\(step)", Array(stride(from: first, through: range.upperBound, by: step)), false)
            default:
                return ("*/\(step)", Array(stride(from: range.lowerBound, through: range.upperBound, by: step)), true)
            }
        }
        if Int.random(in: 0..<3, using: &chance) == 0 { return ("*", Set(range)) }
        let terms = (0..<Int.random(in: 1...3, using: &chance)).map { _ in term() }
        return (terms.map(\.0).joined(separator: ","), Set(terms.flatMap(\.1)))
    }

    @Test func `random expressions agree with a matcher of every minute`() throws {
        var chance = Chance(Chance.seed)
        for _ in 0..<(Chance.isSoak ? 5000 : 60) {
            let fields = [0...59, 0...23, 1...31, 1...12, 0...6].map { Self.field($0, &chance) }
            let text = fields.map(\.text).joined(separator: " ")
            guard let table = try? Times.table(.cron(text)) else {
                // Only dates that never come are refused here.
                #expect(Times.problems(.cron(text)).first?.contains("no date ever") == true, "\(text)")
                continue
            }
            try Self.compare(table, fields.map(\.values), fields.map { $0.text.contains("*") }, text, &chance)
        }
    }

    private static func compare(
        _ table: Timetable, _ values: [Set<Int>], _ stars: [Bool], _ text: String, _ chance: inout Chance
    ) throws {
        let first = Int.random(in: 15_000..<25_000, using: &chance)
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = .gmt
        var expected: [Int] = []
        let days = 60
        for day in first..<first + days {
            let date = Date(timeIntervalSince1970: Double(day) * 86_400)
            let parts = calendar.dateComponents([.day, .month, .weekday], from: date)
            let byDay = values[2].contains(try #require(parts.day))
            let byWeekday = values[4].contains(try #require(parts.weekday) - 1)
            let matches = stars[2] || stars[4] ? byDay && byWeekday : byDay || byWeekday
            guard matches, values[3].contains(try #require(parts.month)) else { continue }
            for minute in 0..<1440 where values[0].contains(minute % 60) && values[1].contains(minute / 60) {
                expected.append(day * 86_400 + minute * 60)
            }
        }
        var found: [Int] = []
        var at = Date(timeIntervalSince1970: Double(first * 86_400 - 1))
        let end = Date(timeIntervalSince1970: Double((first + days) * 86_400))
        // From a point within the minute too: seconds before the next time must not matter.
        while let next = table.next(after: at), next < end {
            found.append(Int(next.timeIntervalSince1970))
            at = next.addingTimeInterval(Double.random(in: 0..<59, using: &chance))
        }
        #expect(found == expected, "\(text) from day \(first), MARTLET_SEED=\(Chance.seed)")
        let gap = Int64(try #require(table.shortestGap).seconds)
        #expect(zip(found, found.dropFirst()).allSatisfy { Int64($1 - $0) >= gap }, "\(text): shortest gap \(gap)")
    }
}
