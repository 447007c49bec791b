import Foundation
import MartletCore
import Testing

@Suite struct TimestampTests {
    @Test func `every millisecond is written and read`() {
        for milliseconds in 0..<1000 {
            let date = Date(milliseconds: 1_798_106_400_000 + Int64(milliseconds))
            #expect(Timestamp.date(Timestamp.text(date)) == date)
        }
        #expect(Timestamp.text(Date(milliseconds: 1_709_164_800_007)) == "2024-02-29T00:00:00.007Z")
    }

    @Test(
        arguments: [
            ("2023-11-14T22:13:20Z", 1_700_000_000), ("2023-11-15T06:13:20.123456789+08:00", 1_700_000_000),
            ("2023-11-14T18:43:20-03:30", 1_700_000_000), ("2024-02-29T00:00:00Z", 1_709_164_800),
            ("2023-11-14T22:13:20.999999999Z", 1_700_000_000),
        ] as [(String, Int64)])
    func `times of any zone are read`(text: String, second: Int64) {
        #expect(Timestamp.date(text)?.second == second)
    }

    @Test(arguments: [
        "", "today", "2023-11-14T22:13:20", "2023-11-14", "2023-11-14T25:13:20Z", "2023-02-30T00:00:00Z",
        "2023-11-14T22:13:60Z", "2023-11-14T22:13:20+24:00", "2023-11-14 22:13:20Z", "2023-11-14T22:13:20.Z",
        "+023-11-14T22:13:20Z", "٢٠٢٣-11-14T22:13:20Z",
    ])
    func `what is no instant is refused`(text: String) {
        #expect(Timestamp.date(text) == nil)
    }
}
