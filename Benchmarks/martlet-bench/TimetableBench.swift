import Foundation
import MartletCore

enum TimetableBench {
    /// Times of schedules: no server, no file.
    static func measure(_: Machine) async throws -> [Figure] {
        let cases: [(name: String, cron: String, zone: String)] = [
            ("every five minutes, UTC", "*/5 * * * *", "UTC"), ("at three, Shanghai", "0 3 * * *", "Asia/Shanghai"),
            ("at three, Berlin", "0 3 * * *", "Europe/Berlin"), ("on workdays, Shanghai", "0 9 * * *", "Asia/Shanghai"),
            ("last day of the month, New York", "30 2 L * *", "America/New_York"),
            ("leap day, Berlin", "0 0 29 2 *", "Europe/Berlin"),
        ]
        let start = Date(timeIntervalSince1970: 1_790_000_000)
        return try cases.map { name, cron, zone in
            let table = try Timetable(
                .cron(cron), zone: TimeZone(named: zone), clock: .once,
                days: name.contains("workdays") ? WorkCalendars.builtIn.filter("workdays") : nil, anchor: start,
                seed: name)
            let rounds = (0..<5).map { _ in
                let time = ContinuousClock().measure { walk(table, from: start, count: 20_000) }
                return time / .nanoseconds(1) / 20_000
            }
            return Figure(
                name: "next time, \(name)", ours: rounds.min() ?? .nan, unit: "ns", aim: "microseconds")
        } + [
            Figure(
                name: "memory of a timetable", ours: Double(MemoryLayout<Timetable>.stride), unit: "bytes",
                aim: "100,000 in 20 MB")
        ]
    }

    /// The times one after another, from the start again after forty years.
    private static func walk(_ table: Timetable, from start: Date, count: Int) {
        var at = start
        for _ in 0..<count {
            let next = table.next(after: at) ?? start
            at = next.timeIntervalSince(start) > 40 * 366 * 86_400 ? start : next
        }
    }
}
