import MartletCore
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
        ("WARN Successfully loaded path /q after 1 attempts\r", [.loaded("/q")]),
    ]

    @Test(arguments: lines) func `a line says what it says`(_ line: String, _ facts: [LoadLine]) {
        #expect(LoadLine.facts(in: Array(line.utf8)) == facts)
    }
}
