import Foundation
import MartletCore
import Testing

@testable import Jobs

/// What is kept and told of replications.
@Suite struct ReplicationHistoryTests {
    private func filled(seconds: Int) -> ReplicationHistory {
        var history = ReplicationHistory()
        let start = Date(timeIntervalSince1970: 1_800_000_000)
        for second in 0..<seconds {
            history.add(
                ReplicationHistory.Point(
                    at: start.addingTimeInterval(Double(second)), lag: second == 4000 ? 900 : 1, rowsPerSecond: 10))
        }
        return history
    }

    @Test func `points come five seconds apart until there are many`() {
        let history = filled(seconds: 60)
        #expect(history.points.count == 12 && history.interval == 5)
        #expect(history.points[1].at.timeIntervalSince(history.points[0].at) == 5)
    }

    @Test func `what is joined keeps its worst lag, and two days take no more room than one`() {
        let history = filled(seconds: 10_000)
        #expect(history.points.count <= ReplicationHistory.mostPoints && history.interval == 20)
        #expect(history.points.contains { $0.lag == 900 })
        #expect(history.points.allSatisfy { $0.rowsPerSecond == 10 })
        let long = filled(seconds: 200_000)
        #expect(long.points.count == ReplicationHistory.mostPoints && long.interval == 160)
        let last = Date(timeIntervalSince1970: 1_800_000_000 + 199_999)
        #expect(last.timeIntervalSince(long.points.last?.at ?? .distantPast) < 160)
        #expect(last.timeIntervalSince(long.points[0].at) >= 24 * 3600)
    }
}

@Suite struct ComparisonReportTests {
    private func status(tables: Int, keys: Int, isDone: Bool = true) -> [String: JSONValue] {
        let all = (0..<tables).map { number -> JSONValue in
            let isEqual = number != tables - 1
            return [
                "schema": "shop", "table": .string("t\(number)"), "target": .string("shop.t\(number)"), "rows": 1000,
                "chunks": 1, "differing": isEqual ? 0 : .int(Int64(keys)), "unsettled": 0, "uncompared": [], "note": "",
                "keys": isEqual ? [] : .array((0..<keys).map { .string(String(repeating: "k", count: 400) + "\($0)") }),
                "equal": .bool(isEqual),
            ]
        }
        return [
            "verify": [
                "done": .bool(isDone), "equal": false, "tablesTotal": .int(Int64(tables)),
                "rowsTotal": .int(Int64(tables) * 1000), "tables": .array(all),
            ]
        ]
    }

    @Test func `a report of any size is one line that is taken, with what differs first`() throws {
        var report = ComparisonReport()
        let line = try #require(report.lines(status(tables: 3000, keys: 100)).first)
        let bytes = Array(String(decoding: try JSONEncoder().encode(line), as: UTF8.self).utf8)
        #expect(bytes.count < 65_536)
        let reading = TaskReport().taking([bytes], offset: 0) { $0 }
        #expect(reading.report.badLines == 0)
        let results = reading.report.results
        #expect(results["done"] == true && results["equal"] == false && results["rows"] == 3_000_000)
        let shown = try #require(results["tables"]?.array)
        #expect(shown.first?.object?["table"] == "t2999" && shown.first?.object?["keys"]?.array?.count == 19)
        #expect(results["tablesOmitted"] == .int(3000 - Int64(shown.count)))
        #expect(results["sentence"] == "1 of 3000 tables differ: shop.t2999 (100 rows)")
    }

    @Test func `keys of texts are texts, and bytes that are none stay as they are`() throws {
        var status = status(tables: 1, keys: 1)
        var verify = try #require(status["verify"]?.object)
        var table = try #require(verify["tables"]?.array?.first?.object)
        table["keys"] = [
            "7, _utf8mb4 X'626f62' COLLATE utf8mb4_general_ci", "_utf8mb4 X'e5ae89e5a89c27'", "_latin1 X'ff'",
            "X'626f'", "_latin1 X'c3a4'", "_utf16 X'0041'",
        ]
        verify["tables"] = [.object(table)]
        status["verify"] = .object(verify)
        var report = ComparisonReport()
        let shown = report.lines(status).first?.object?["result"]?.object?["tables"]?.array?.first?.object?["keys"]
        #expect(shown == ["7, 'bob'", "'安娜'''", "_latin1 X'ff'", "X'626f'", "_latin1 X'c3a4'", "_utf16 X'0041'"])
    }

    @Test func `the same is told once, and how far it is while it goes on`() {
        var report = ComparisonReport()
        let lines = report.lines(status(tables: 2, keys: 1, isDone: false))
        #expect(lines.count == 1 && lines[0].object?["progress"] == .double(0.99))
        #expect(lines[0].object?["message"] == "2000 rows compared, at shop.t1")
        #expect(report.lines(status(tables: 2, keys: 1, isDone: false)).isEmpty)
    }

    @Test func `any number of tables that differ makes a line that is taken`() throws {
        var status = status(tables: 3000, keys: 2)
        let tables = (0..<3000).map { number -> JSONValue in
            [
                "schema": "shop", "table": .string("t\(number)"), "rows": 0, "differing": 0, "equal": false,
                "note": .string("the table is not there" + String(repeating: "\u{0}", count: 300)), "keys": [],
            ]
        }
        status["verify"] = ["done": true, "equal": false, "tables": .array(tables)]
        var report = ComparisonReport()
        let line = try #require(report.lines(status).first)
        let bytes = Array(String(decoding: try JSONEncoder().encode(line), as: UTF8.self).utf8)
        let reading = TaskReport().taking([bytes], offset: 0) { $0 }
        #expect(bytes.count < 65_536 && reading.report.badLines == 0)
        let sentence = reading.report.results["sentence"]?.string ?? ""
        #expect(sentence.hasPrefix("3000 of 3000 tables differ: shop.t0 (") && sentence.hasSuffix(" and 2990 more"))
    }

    @Test func `the list of tables is not told again while one table goes on`() throws {
        var report = ComparisonReport()
        #expect(report.lines(status(tables: 2, keys: 1, isDone: false))[0].object?["result"]?.object?["tables"] != nil)
        var next = status(tables: 2, keys: 1, isDone: false)
        var verify = try #require(next["verify"]?.object)
        verify["rowsTotal"] = 9000
        next["verify"] = .object(verify)
        let line = try #require(report.lines(next).first)
        #expect(line.object?["result"]?.object?["rowsTotal"] == 9000)
        #expect(line.object?["result"]?.object?["tables"] == nil)
        #expect(report.lines(status(tables: 2, keys: 1))[0].object?["result"]?.object?["tables"] != nil)
    }

    @Test func `only a comparison that came to its end says that both sides are equal`() throws {
        let exit = TaskExit(ending: .exited(code: 0), endedAt: Date())
        let task = TaskSpec(name: "verify", driver: ComparisonDriver.name, spec: [:])
        let driver = ComparisonDriver(martlet: "/bin/martlet")
        #expect(driver.verdict(exit, of: task, TaskReport(results: ["done": true, "equal": true])).isGood)
        for results: [String: JSONValue] in [[:], ["done": false, "equal": false], ["done": true, "equal": false]] {
            #expect(driver.verdict(exit, of: task, TaskReport(results: results)).outcome == .exit)
        }
        var report = ComparisonReport()
        let nothing: JSONValue = ["done": true, "equal": false, "tables": []]
        let sentence = report.lines(["verify": nothing])[0].object?["result"]?.object?["sentence"]
        #expect(sentence == "nothing was compared: no table is selected")
    }

    @Test func `a target that is gone has no lag, whatever it told last`() throws {
        let dead: [String: JSONValue] = ["v": 1, "job": "j", "pid": 0x7FFF_FFFF, "state": "applying", "lag": 0]
        var known = ReplicationDesk.Known()
        known.target = ReplicationSide(dead)
        #expect(known.target != nil && known.writing == nil && !known.isLive)
    }

    @Test func `differences are a failure that says what differs`() throws {
        let exit = TaskExit(ending: .exited(code: 3), endedAt: Date())
        let task = TaskSpec(name: "verify", driver: ComparisonDriver.name, spec: [:])
        let report = TaskReport(results: [ComparisonReport.sentence: "1 of 2 tables differ: a.b (3 rows)"])
        let verdict = ComparisonDriver(martlet: "/bin/martlet").verdict(exit, of: task, report)
        #expect(verdict == Verdict(.exit, note: "1 of 2 tables differ: a.b (3 rows)"))
    }
}
