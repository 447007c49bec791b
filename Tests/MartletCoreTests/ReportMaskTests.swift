import Foundation
import MartletCore
import Testing

/// What a task tells about itself is masked wherever a secret can stand.
@Suite struct ReportMaskTests {
    private func report(_ line: String, hiding secret: String) -> TaskReport.Reading {
        TaskReport().taking([Array(line.utf8)], offset: 1) { $0.replacing(secret, with: "•••") }
    }

    @Test func `a secret that is a number is hidden where it comes as one`() {
        let reading = report(
            #"{"result": {"pin": 902101, "rows": 17, "list": [902101, {"a": 902101.5}]}}"#, hiding: "902101")
        #expect(reading.report.results["pin"] == "•••")
        #expect(reading.report.results["rows"] == 17)
        #expect(reading.report.results["list"] == ["•••", ["a": "•••.5"]])
        #expect(report(#"{"message": 902101}"#, hiding: "902101").report.message == "•••")
    }

    @Test func `a secret as the name of a result is no name`() {
        let reading = report(#"{"result": {"hunter2": 1, "ok": {"hunter2": 2}}}"#, hiding: "hunter2")
        #expect(reading.report.results == ["ok": ["•••": 2]])
        #expect(reading.report.badLines == 1)
    }
}
