import MartletCore
import MartletTesting
import Testing

@testable import CacheLoad

@Suite struct LoadLineTests {
    static let lines: [(String, [LoadLine])] = [
        ("Allow up to 100 active jobs", [.known]),
        ("/ns1/db/t1/p0 is already fully loaded in GooseFS", [.present("/ns1/db/t1/p0")]),
        ("/ns1/db/t1/p1 loading", [.begun("/ns1/db/t1/p1")]),
        ("Successfully loaded path /a b/p1 after 1 attempts", [.loaded("/a b/p1")]),
        ("Successfully loaded path /x/y", [.loaded("/x/y")]),
        ("Successfully loaded path /x after noon", [.loaded("/x after noon")]),
        ("Attempt 1 to load /p1 failed because: Task execution failed: no", [.attemptFailed("/p1")]),
        ("Attempts were made", []),
        ("Failed to complete loading /p1 after 3 retries.", [.failed("/p1")]),
        ("(Retry 1) Failed to start job with error: Job master is at full capacity", [.startFailed]),
        ("Ignored load because: /p9 is in incomplete status", [.failed("/p9")]),
        (
            "Ignored load because: /p9 is in incomplete statusIgnored load because: /p8 is in incomplete status/p7 loading",
            [.failed("/p9"), .failed("/p8"), .begun("/p7")]
        ),
        (
            "Ignore load 1 paths because they are in incomplete statusSuccessfully loaded path /q after 2 attempts",
            [.leftOut(1), .loaded("/q")]
        ),
        ("Completed count is 203,Failed count is 617.", [.totals(completed: 203, failed: 617)]),
        ("Total completed file count is 19, failed file count is 1", [.totals(completed: 19, failed: 1)]),
        ("Here are failed files: ", [.failuresFollow]), ("/x/z,", [.path("/x/z,")]),
        ("Check out ./logs/user/distributedLoad_x_failures.csv for full list of failed files.", [.failuresEnd]),
        ("Submitted successfully, jobControlId = 1752055072146", [.known]), ("", []), ("something else", []),
        ("/ns/Successfully loaded path /q loading", [.begun("/ns/Successfully loaded path /q")]),
        ("Ignored load because: /p9 is a directory", [.ignored]),
        (
            "Ignored load because: /a goneIgnored load because: /b is in incomplete statusSuccessfully loaded path /q",
            [.ignored, .failed("/b"), .loaded("/q")]
        ),
        (
            "Ignored load because: /a goneCompleted count is 2,Failed count is 1.",
            [
                .ignored, .totals(completed: 2, failed: 1),
            ]
        ),
        // A long line was cut before its second piece.
        (
            "/p8 is in incomplete statusIgnored load because: /p9 is in incomplete status",
            [.failed("/p8"), .failed("/p9")]
        ),
        ("/p7 goneIgnored load because: /p9 is in incomplete status", [.path("/p7 gone"), .failed("/p9")]),
        ("Ignored load because: ", []),
        ("WARN Successfully loaded path /q after 1 attempts\r", [.loaded("/q")]),
    ]

    @Test(arguments: lines) func `a line says what it says`(_ line: String, _ facts: [LoadLine]) {
        #expect(LoadLine.facts(in: Array(line.utf8)) == facts)
    }

    @Test func `a piece that ends before a path hides no failed file`() {
        let line = Array(
            "Ignored load because: /a is in incomplete statusIgnored load because: /b is in incomplete status".utf8)
        for cut in line.indices where line[cut] == UInt8(ascii: "/") {
            let facts = LoadLine.facts(in: Array(line[..<cut])) + LoadLine.facts(in: Array(line[cut...]))
            #expect(facts == [.failed("/a"), .failed("/b")])
        }
        for cut in line.indices {
            let facts = LoadLine.facts(in: Array(line[..<cut])) + LoadLine.facts(in: Array(line[cut...]))
            #expect(facts.contains(.failed("/a")) || facts.contains(.failed("/b")), "\(cut)")
        }
    }

    @Test(arguments: [
        "Ignored load because: /a is in incomplete status", "Ignored load because: ", "Ignored load because: /a gone",
        "/a is in incomplete status", "Ignore load 1 ", "(Retry 1 ", "Attempt 1 to load /a ", "Attempt x",
        "Completed count is 1", "/",
    ])
    func `a long line without an end is read in a time like its length`(_ part: String) {
        let bytes = Array(String(repeating: part, count: (64 << 10) / part.utf8.count).utf8)
        let time = ThreadClock.measure { _ = LoadLine.facts(in: bytes) }
        #expect(time < .seconds(5))
    }
}
