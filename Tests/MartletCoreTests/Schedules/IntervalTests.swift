import Foundation
import MartletCore
import MartletTesting
import Testing

/// Intervals and single times.
@Suite struct IntervalTests {
    @Test func `an interval counts from its anchor, which is no time itself`() throws {
        let table = try Times.table(.every(.seconds(3600)), anchor: "2026-11-21T10:07:00Z")
        #expect(
            try Times.next(2, of: table, after: "2020-01-01T00:00:00Z") == [
                "2026-11-21T11:07:00Z", "2026-11-21T12:07:00Z",
            ])
        #expect(try Times.next(1, of: table, after: "2026-11-21T11:07:00Z") == ["2026-11-21T12:07:00Z"])
        let day = try (Times.date("2026-11-22T10:06:59Z"), Times.date("2026-11-21T10:07:00Z"))
        #expect(Times.text(table.last(through: day.0, after: day.1)) == "2026-11-22T09:07:00Z")
        #expect(try table.last(through: Times.date("2026-11-21T11:06:59Z"), after: day.1) == nil)
    }

    @Test func `fractions of a second are kept`() throws {
        let table = try Times.table(.every(TimeSpan(milliseconds: 1500)), anchor: "2026-11-21T10:00:00Z")
        let start = try Times.date("2026-11-21T10:00:00Z")
        #expect(table.next(after: start) == start.addingTimeInterval(1.5))
        #expect(table.last(through: start.addingTimeInterval(4.4), after: start) == start.addingTimeInterval(3))
    }

    @Test func `an interval does not feel the clocks, except in its days`() throws {
        let table = try Times.table(
            .every(.seconds(6 * 3600)), zone: "Europe/Berlin", calendar: "holidays", anchor: "2026-03-27T23:00:00Z")
        // Saturday 28 and Sunday 29 March on Berlin's clock, one of 23 hours.
        #expect(
            try Times.next(9, of: table, after: "2026-03-27T00:00:00Z") == [
                "2026-03-28T05:00:00Z", "2026-03-28T11:00:00Z", "2026-03-28T17:00:00Z", "2026-03-28T23:00:00Z",
                "2026-03-29T05:00:00Z", "2026-03-29T11:00:00Z", "2026-03-29T17:00:00Z", "2026-04-03T23:00:00Z",
                "2026-04-04T05:00:00Z",
            ])
    }

    @Test func `a single time comes once`() throws {
        let table = try Times.table(.at(Times.date("2026-12-24T18:00:00.250+08:00")))
        let time = try Times.date("2026-12-24T10:00:00.250Z")
        #expect(table.next(after: .distantPast) == time)
        #expect(table.next(after: time) == nil)
        #expect(table.last(through: time, after: .distantPast) == time)
        #expect(table.last(through: time.addingTimeInterval(-0.001), after: .distantPast) == nil)
        #expect(table.last(through: .distantFuture, after: time) == nil)
    }

    @Test func `wrong intervals and times are refused`() throws {
        #expect(
            Times.problems(.every(TimeSpan(milliseconds: 999))) == ["every: must be at least 1s and at most 10 years"])
        #expect(
            Times.problems(.every(TimeSpan(milliseconds: .max))) == ["every: must be at least 1s and at most 10 years"])
        for seconds in [Double.nan, .infinity, -1e18, 1e18] {
            #expect(Times.problems(.at(Date(timeIntervalSince1970: seconds))).count == 1)
        }
        #expect(throws: MartletError.self) {
            try Times.table(.at(Times.date("2026-10-01T00:00:00Z")), calendar: "workdays")
        }
    }

    @Test func `instants beyond every calendar do no harm`() throws {
        for cadence in [Cadence.cron("* * * * *"), .every(.seconds(1)), .at(Date(milliseconds: 0))] {
            let table = try Times.table(cadence)
            for date in [
                Date.distantPast, .distantFuture, Date(timeIntervalSince1970: 1e300), Date(timeIntervalSince1970: .nan),
            ] {
                _ = table.next(after: date)
                _ = table.last(through: date, after: .distantPast)
            }
            #expect(table.next(after: Date(timeIntervalSince1970: 1e300)) == nil)
        }
    }

    @Test func `the last of a year of seconds is found quickly`() throws {
        let now = try Times.date("2026-11-21T10:20:30Z")
        for text in ["* * * * * *", "0 0 1 1 *", "0 0 29 2 *", "*/5 * 3 * * *"] {
            let table = try Times.table(.cron(text), zone: "Europe/Berlin")
            let time = ThreadClock.measure {
                for _ in 0..<20 { _ = table.last(through: now, after: now.addingTimeInterval(-365 * 86_400)) }
            }
            #expect(time < .seconds(2), "\(text): \(time)")
        }
        let every = try Times.table(.cron("* * * * * *"))
        #expect(every.last(through: now, after: now.addingTimeInterval(-365 * 86_400)) == now)
    }

    @Test func `a time that is stored again and again stays the same`() throws {
        for milliseconds in 0..<1000 {
            let cadence = Cadence.at(Date(milliseconds: 1_798_106_400_000 + Int64(milliseconds)))
            let stored = try JSONDecoder().decode(Cadence.self, from: JSONEncoder().encode(cadence))
            #expect(stored == cadence)
        }
    }

    @Test func `a cadence is stored as JSON and read back`() throws {
        let cadences: [(Cadence, String)] = [
            (.cron("TZ=Asia/Shanghai H 3 * * *"), #"{"cron":"TZ=Asia/Shanghai H 3 * * *"}"#),
            (.every(.seconds(5400)), #"{"every":"1h30m"}"#),
            (.at(Date(milliseconds: 1_798_106_400_250)), #"{"at":"2026-12-24T10:00:00.250Z"}"#),
        ]
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.withoutEscapingSlashes]
        for (cadence, text) in cadences {
            #expect(try String(decoding: encoder.encode(cadence), as: UTF8.self) == text)
            #expect(try JSONDecoder().decode(Cadence.self, from: Data(text.utf8)) == cadence)
        }
        for text in ["{}", #"{"cron":"* * * * *","every":"1h"}"#, #"{"at":"soon"}"#, #"{"every":3}"#, "3"] {
            #expect(throws: DecodingError.self) { try JSONDecoder().decode(Cadence.self, from: Data(text.utf8)) }
        }
    }
}
