import Foundation
import MartletCore
import MartletTesting
import Testing

/// How cron texts are read, and which times they mean, in UTC.
@Suite struct CronTests {
    /// A text, and its next times after 2026-11-21T10:20:30Z (a Saturday).
    static let texts: [(String, [String])] = [
        ("* * * * *", ["2026-11-21T10:21:00Z", "2026-11-21T10:22:00Z"]),
        ("  5\t4 * * *  ", ["2026-11-22T04:05:00Z", "2026-11-23T04:05:00Z"]),
        ("*/15 * * * *", ["2026-11-21T10:30:00Z", "2026-11-21T10:45:00Z", "2026-11-21T11:00:00Z"]),
        (
            "40/7 10 * * *",
            ["2026-11-21T10:40:00Z", "2026-11-21T10:47:00Z", "2026-11-21T10:54:00Z", "2026-11-22T10:40:00Z"]
        ),
        ("1-10/4 0 * * *", ["2026-11-22T00:01:00Z", "2026-11-22T00:05:00Z", "2026-11-22T00:09:00Z"]),
        ("0,30 8-9,20 * * ?", ["2026-11-21T20:00:00Z", "2026-11-21T20:30:00Z", "2026-11-22T08:00:00Z"]),
        ("31 * * * * *", ["2026-11-21T10:20:31Z", "2026-11-21T10:21:31Z"]),
        (
            "*/20 59 23 31 DEC *",
            ["2026-12-31T23:59:00Z", "2026-12-31T23:59:20Z", "2026-12-31T23:59:40Z", "2027-12-31T23:59:00Z"]
        ),
        ("0 0 29 2 *", ["2028-02-29T00:00:00Z", "2032-02-29T00:00:00Z"]),
        ("0 9 * * mon-FRI", ["2026-11-23T09:00:00Z", "2026-11-24T09:00:00Z"]),
        ("0 9 * * 7", ["2026-11-22T09:00:00Z", "2026-11-29T09:00:00Z"]),
        ("0 9 * * fri-sun", ["2026-11-22T09:00:00Z", "2026-11-27T09:00:00Z", "2026-11-28T09:00:00Z"]),
        ("0 9 * * 5-7", ["2026-11-22T09:00:00Z", "2026-11-27T09:00:00Z", "2026-11-28T09:00:00Z"]),
        ("0 0 1 jan,jul *", ["2027-01-01T00:00:00Z", "2027-07-01T00:00:00Z"]),
        // Both day fields restricted: one of them is enough.
        ("0 0 1 * mon", ["2026-11-23T00:00:00Z", "2026-11-30T00:00:00Z", "2026-12-01T00:00:00Z"]),
        // One of them contains a star: both must match. backup contract §1.9
        ("0 0 */2 * mon", ["2026-11-23T00:00:00Z", "2026-12-07T00:00:00Z"]),
        ("0 0 13 * */5", ["2026-12-13T00:00:00Z", "2027-06-13T00:00:00Z"]),
        ("* * * * 0", ["2026-11-22T00:00:00Z", "2026-11-22T00:01:00Z"]),
        // The last day, days before it, weekdays near a day.
        (
            "0 0 L * *",
            ["2026-11-30T00:00:00Z", "2026-12-31T00:00:00Z", "2027-01-31T00:00:00Z", "2027-02-28T00:00:00Z"]
        ),
        ("0 0 l-2 * *", ["2026-11-28T00:00:00Z", "2026-12-29T00:00:00Z"]),
        ("0 0 LW 1-2 *", ["2027-01-29T00:00:00Z", "2027-02-26T00:00:00Z"]),
        ("0 0 15W * *", ["2026-12-15T00:00:00Z", "2027-01-15T00:00:00Z", "2027-02-15T00:00:00Z"]),
        ("0 0 1W 8 *", ["2027-08-02T00:00:00Z", "2028-08-01T00:00:00Z"]),
        ("0 0 1w 5 *", ["2027-05-03T00:00:00Z"]), ("0 0 31W 1 *", ["2027-01-29T00:00:00Z"]),
        ("0 0 31W * *", ["2026-12-31T00:00:00Z", "2027-01-29T00:00:00Z", "2027-03-31T00:00:00Z"]),
        ("0 0 * * 5#3", ["2026-12-18T00:00:00Z", "2027-01-15T00:00:00Z"]),
        ("0 0 * * mon#5", ["2026-11-30T00:00:00Z", "2027-03-29T00:00:00Z"]),
        ("0 0 * * friL", ["2026-11-27T00:00:00Z", "2026-12-25T00:00:00Z"]),
        ("0 0 1,L * *", ["2026-11-30T00:00:00Z", "2026-12-01T00:00:00Z", "2026-12-31T00:00:00Z"]),
        ("@yearly", ["2027-01-01T00:00:00Z", "2028-01-01T00:00:00Z"]), ("@annually", ["2027-01-01T00:00:00Z"]),
        ("@monthly", ["2026-12-01T00:00:00Z"]), ("@weekly", ["2026-11-22T00:00:00Z", "2026-11-29T00:00:00Z"]),
        ("@DAILY", ["2026-11-22T00:00:00Z"]), ("@midnight", ["2026-11-22T00:00:00Z"]),
        ("@hourly", ["2026-11-21T11:00:00Z"]),
        // Counted from the anchor, 2026-01-01.
        ("@every 1d12h", ["2026-11-22T12:00:00Z", "2026-11-24T00:00:00Z"]),
        ("@every 1.5h", ["2026-11-21T10:30:00Z", "2026-11-21T12:00:00Z"]),
        ("TZ=Asia/Shanghai 0 20 * * *", ["2026-11-21T12:00:00Z", "2026-11-22T12:00:00Z"]),
        ("CRON_TZ=America/New_York @daily", ["2026-11-22T05:00:00Z"]),
        // The leap day on one weekday: 28 years, and 40 over a century without one.
        (
            "0 0 29 2 */7",
            ["2032-02-29T00:00:00Z", "2060-02-29T00:00:00Z", "2088-02-29T00:00:00Z", "2128-02-29T00:00:00Z"]
        ),
    ]

    @Test(arguments: texts) func `a text means these times`(text: String, times: [String]) throws {
        let table = try Times.table(.cron(text))
        #expect(try Times.next(times.count, of: table, after: "2026-11-21T10:20:30Z") == times)
        // And back again.
        for (time, previous) in zip(times, ["2026-11-21T10:20:30Z"] + times) {
            let found = table.last(through: try Times.date(time), after: try Times.date(previous))
            #expect(Times.text(found) == time)
            let before = try Times.date(time).addingTimeInterval(-1)
            #expect(try table.last(through: before, after: Times.date(previous)) == nil)
        }
    }

    static let refused: [(String, String)] = [
        ("75 * * * *", "cron: minute 75 is not from 0 to 59"), ("60 * * * * *", "cron: second 60 is not from 0 to 59"),
        ("* 24 * * *", "cron: hour 24 is not from 0 to 23"), ("* * 0 * *", "cron: day 0 is not from 1 to 31"),
        ("* * * 13 *", "cron: month 13 is not from 1 to 12"), ("* * * * 8", "cron: weekday 8 is not from 0 to 7"),
        // backup contract §1.9: the sample of the original's own source.
        ("0 0 5 0 0", "cron: month 0 is not from 1 to 12"),
        ("x * * * *", "cron: minute x is not a number from 0 to 59"),
        ("* * * jam *", "cron: month jam is not a number from 1 to 12"),
        ("-5 * * * *", "cron: minute  is not a number from 0 to 59"),
        ("5-1 * * * *", "cron: the range 5-1 of minute runs backwards: write it as two ranges"),
        ("1-2-3 * * * *", "cron: 1-2-3 of minute is not a range a-b"),
        ("1,,2 * * * *", "cron: the list of minute has an empty entry: remove the comma"),
        ("*/0 * * * *", "cron: the step 0 of minute is not a number from 1 to 60"),
        ("*/90 * * * *", "cron: the step 90 of minute is longer than its 60 values; use @every for longer steps"),
        ("*/1/2 * * * *", "cron: the step 1/2 of minute is not a number from 1 to 60"),
        ("99999999999999999999 * * * *", "cron: minute 99999999999999999999 is not from 0 to 59"),
        ("* * * * L", "cron: weekday L needs a day: write 5L for the last Friday"),
        ("* * * * 5#6", "cron: weekday 5#6: after # comes 1 to 5, which one in the month"),
        ("* * L-31 * *", "cron: day L-31 is not L, LW or L-n with n from 1 to 30"),
        ("H( * * * *", "cron: h( of minute is not H, H/n, H(a-b) or H(a-b)/n"),
        ("H(5-70) * * * *", "cron: minute 70 is not from 0 to 59"),
        ("0 0 30 2 *", "cron: no date ever matches its day, month and weekday; the time would never come"),
        ("0 0 31 4,6,9,11 *", "cron: no date ever matches its day, month and weekday; the time would never come"),
        ("0 0 L-29 2 *", "cron: no date ever matches its day, month and weekday; the time would never come"),
        ("* * *", "cron: has 3 fields: write five (minute hour day month weekday) or six with leading seconds"),
        ("* * * * * * *", "cron: has 7 fields: write five (minute hour day month weekday) or six with leading seconds"),
        ("", "cron: is empty: write five fields (minute hour day month weekday) or a word like @daily"),
        ("TZ=UTC", "cron: is empty: write five fields (minute hour day month weekday) or a word like @daily"),
        (
            "TZ=Mars/Olympus * * * * *",
            "zone: Mars/Olympus is not a zone of the time zone database: write one like Asia/Shanghai, or UTC"
        ),
        ("TZ=CST * * * * *", "zone: CST is not a zone of the time zone database: write one like Asia/Shanghai, or UTC"),
        (
            "TZ=../../etc/passwd * * * * *",
            "zone: ../../etc/passwd is not a zone of the time zone database: write one like Asia/Shanghai, or UTC"
        ),
        (
            "@reboot",
            "cron: @reboot is not one of @annually @daily @every @hourly @midnight @monthly @weekly @yearly, alone"
        ),
        (
            "@daily x",
            "cron: @daily is not one of @annually @daily @every @hourly @midnight @monthly @weekly @yearly, alone"
        ),
        ("@every", "cron: @every takes one span of at least 1s and at most 3660d, such as @every 90m"),
        ("@every 0.5s", "cron: @every takes one span of at least 1s and at most 3660d, such as @every 90m"),
        ("@every 1e9h", "cron: @every takes one span of at least 1s and at most 3660d, such as @every 90m"),
        ("@every -1h", "cron: @every takes one span of at least 1s and at most 3660d, such as @every 90m"),
        ("٥ * * * *", "cron: has a character that is neither printable ASCII nor a blank"),
        ("* * * * *\n", "cron: has a character that is neither printable ASCII nor a blank"),
        ("* * * *\u{0} *", "cron: has a character that is neither printable ASCII nor a blank"),
    ]

    @Test(arguments: refused) func `a wrong text is refused with the field and the fix`(text: String, problem: String) {
        #expect(Times.problems(.cron(text)) == [problem])
    }

    @Test func `every wrong field is named`() {
        let problems = Times.problems(.cron("60 24 32 13 8"))
        #expect(problems.count == 5 && problems.allSatisfy { $0.hasPrefix("cron: ") })
    }

    @Test func `a huge text is refused at once`() {
        for text in [String(repeating: "1,", count: 500_000), String(repeating: " ", count: 1 << 20)] {
            let time = ThreadClock.measure {
                #expect(Times.problems(.cron(text)) == ["cron: is longer than 1024 bytes"])
            }
            #expect(time < .seconds(1))
        }
        #expect(Times.problems(.cron(String(repeating: "1,", count: 500) + "1 * * * *")).isEmpty)
    }

    // backup contract §7 case C18
    @Test func `jitter makes each time later by the same part of it, another one for each schedule`() throws {
        let plain = try Times.next(3, of: Times.table(.cron("0 0 * * *")), after: "2026-01-01T12:00:00Z")
        #expect(plain == ["2026-01-02T00:00:00Z", "2026-01-03T00:00:00Z", "2026-01-04T00:00:00Z"])
        var delays: Set<Double> = []
        for number in 1...200 {
            let table = try Times.table(.cron("0 0 * * *"), seed: "full.app-\(number)", jitter: .seconds(900))
            let first = try #require(table.next(after: try Times.date("2026-01-01T23:59:59Z")))
            let second = try #require(table.next(after: first))
            let delay = first.timeIntervalSince(try Times.date("2026-01-02T00:00:00Z"))
            #expect((0..<900).contains(delay) && second.timeIntervalSince(first) == 86_400)
            #expect(table.last(through: second, after: first) == second)
            #expect(table.next(after: first.addingTimeInterval(-0.001)) == first)
            delays.insert(delay)
        }
        #expect(delays.count > 150 && (delays.max() ?? 0) > 800 && (delays.min() ?? 900) < 100)
        #expect(Times.problems(.cron("0 0 * * *"), jitter: .seconds(86_401)) == ["jitter: must be at most 1d"])
        let once = try Times.table(.at(try Times.date("2026-01-02T00:00:00Z")), jitter: .seconds(900))
        #expect(once.next(after: try Times.date("2026-01-01T00:00:00Z")) == (try Times.date("2026-01-02T00:00:00Z")))
    }

    static let gaps: [(Cadence, TimeSpan?)] = [
        (.cron("* * * * * *"), .seconds(1)), (.cron("* * * * *"), .seconds(60)), (.cron("0,59 * * * * *"), .seconds(1)),
        (.cron("5,58 * * * *"), .seconds(7 * 60)), (.cron("0 0,23 * * *"), .seconds(3600)),
        (.cron("50 23 * * *"), .seconds(86_400)), (.cron("0 0 * * mon"), .seconds(7 * 86_400)),
        (.cron("0 0 1,31 * *"), .seconds(86_400)), (.cron("0 0 1 * *"), .seconds(28 * 86_400)),
        (.every(.seconds(90)), .seconds(90)), (.at(Date(milliseconds: 0)), nil),
    ]

    @Test(arguments: gaps) func `the shortest gap is known`(cadence: Cadence, gap: TimeSpan?) throws {
        #expect(try Times.table(cadence).shortestGap == gap)
    }

    @Test func `a timetable is small`() { #expect(MemoryLayout<Timetable>.stride <= 208) }
}
