import MartletCore
import MartletTesting
import Testing

@testable import CacheLoad

@Suite struct LoadTallyTests {
    static func tally(_ lines: [String]) -> LoadTally {
        var report = TaskReport()
        let driver = CacheDriver(.load, CacheLoadSettingsBox(CacheLoadSettings()))
        for line in lines { driver.read(Array(line.utf8), of: task, into: &report) }
        return LoadTally(report.evidence)
    }

    static let task = CacheJob(action: .load, paths: ["/"], timeout: .seconds(1)).job.tasks[0]

    @Test func `format A is counted file by file`() {
        let tally = Self.tally([
            "Allow up to 100 active jobs", "/a/0 is already fully loaded in GooseFS", "/a/1 loading", "/a/2 loading",
            "/a/3 loading", "Successfully loaded path /a/2 after 1 attempts",
            "Attempt 1 to load /a/1 failed because: x",
            "Attempt 1 to load /a/3 failed because: x", "Successfully loaded path /a/1 after 2 attempts",
            "Failed to complete loading /a/3 after 3 retries.",
        ])
        #expect(tally.loaded == 2 && tally.present == 1 && tally.failed == 1 && tally.failures == ["/a/3"])
        #expect(tally.progress == "4/4" && tally.share == 1)
        #expect(tally.verdict.outcome == .partial)
        #expect(tally.verdict.note == "1 of 4 files failed: /a/3")
    }

    /// cache-load contract §5 case 28.
    @Test func `format B counts a failed file once, by its number and by its name`() {
        let lines =
            [
                "Please wait for command submission to finish..",
                "Submitted successfully, jobControlId = 1752055072146",
                "Waiting for the command to finish ...", "Get command status information below:",
            ] + (1...18).map { "Successfully loaded path /x/\($0)" } + [
                "Total completed file count is 18, failed file count is 2",
                "Finished running the command, jobControlId = 1752055072146", "Here are failed files: ", "/x/y,",
                "/x/z,",
                "Check out ./logs/user/distributedLoad_x_failures.csv for full list of failed files.", "/x/not,",
            ]
        let tally = Self.tally(lines)
        #expect(tally.loaded == 18 && tally.failed == 2 && tally.failures == ["/x/y", "/x/z"] && tally.knowsFailures)
        #expect(tally.progress == "20/20")
        let unnamed = Self.tally(Array(lines.prefix(23)))
        #expect(unnamed.failed == 2 && !unnamed.knowsFailures)
    }

    @Test func `what a load without failed files is worth`() {
        func outcome(_ lines: String...) -> Outcome { Self.tally(lines).verdict.outcome }
        #expect(
            outcome("Allow up to 100 active jobs", "/a loading", "Successfully loaded path /a after 1 attempts") == .ok)
        #expect(outcome("Allow up to 100 active jobs", "/a is already fully loaded in GooseFS") == .nothingToDo)
        #expect(outcome("Allow up to 100 active jobs") == .nothingToDo)
        #expect(outcome("hello") == .warning)
        #expect(outcome() == .warning)
        #expect(outcome("/a loading", "/b loading", "Successfully loaded path /a after 1 attempts") == .partial)
        #expect(outcome("(Retry 1) Failed to start job with error: full") == .partial)
        #expect(outcome("/a loading", "Attempt 1 to load /a failed because: x") == .partial)
        #expect(outcome("Ignore load 3 paths because they are in incomplete status") == .partial)
        #expect(outcome("Completed count is 203,Failed count is 617.") == .partial)
    }

    @Test func `a file is counted once, by its attempt and by the program's number`() {
        let tally = Self.tally([
            "/a loading", "Attempt 1 to load /a failed because: x", "Completed count is 0,Failed count is 1.",
        ])
        #expect(tally.failed == 1 && tally.failures == ["/a"] && tally.progress == "1/1")
        let again = Self.tally([
            "Failed to complete loading /a after 3 retries.", "Attempt 1 to load /a failed because: x",
        ])
        #expect(again.failed == 1)
    }

    /// cache-load contract §3.2: an ignored load is a failure, whatever the reason.
    @Test func `files left out for any reason add up`() {
        let tally = Self.tally([
            "/a loading", "Successfully loaded path /a after 1 attempts", "Ignored load because: /b is a directory",
            "Ignored load because: /c is gone", "Ignored load because: /d is in incomplete status",
        ])
        #expect(tally.failed == 3 && tally.failures == ["/d"] && !tally.knowsFailures)
        #expect(tally.verdict.outcome == .partial && tally.retriable(of: "/") == nil)
    }

    @Test func `files are loaded again alone only when that is all that is missing`() {
        func retriable(_ place: String, _ lines: String...) -> [String]? { Self.tally(lines).retriable(of: place) }
        func failed(_ name: String) -> String { "Failed to complete loading \(name) after 3 retries." }
        #expect(retriable("/a", "/a/x loading", failed("/a/x")) == ["/a/x"])
        #expect(retriable("/a/", failed("/a")) == ["/a"] && retriable("/", failed("/b")) == ["/b"])
        #expect(retriable("/a*/b", failed("/ab/b/x")) == ["/ab/b/x"])
        #expect(retriable("/a", "/a/x loading", "/a/y loading", failed("/a/x")) == nil)
        #expect(retriable("/a", "Ignore load 2 paths because they are in incomplete status", failed("/a/x")) == nil)
        for name in [
            "/b/x", "/ab", "a/x", "/a/../b", "/a/\u{FFFD}", "/a/*", "/a/" + String(repeating: "x", count: 4093),
        ] {
            #expect(retriable("/a", failed(name)) == nil, "\(name.prefix(20))")
        }
    }

    @Test func `the names in one answer are bounded, and the counts are not`() {
        var run = Run(
            id: RunID(high: 0, low: 0), job: CacheJob(action: .load, paths: ["/"], timeout: .seconds(1)).job,
            params: [:], key: nil, labels: [:], trigger: Trigger(source: "test"), createdAt: .init(milliseconds: 0))
        run.report.evidence =
            Self.tally([
                "/a loading", "/b loading", "Failed to complete loading /a after 3 retries.",
                "Attempt 1 to load /b failed because: x",
            ]).evidence
        var budget = NameBudget(bytes: 7)
        let (first, second) = (budget.shown(run), budget.shown(run))
        #expect(!first.isCut && LoadTally(first.run.report.evidence).failures == ["/a", "/b"])
        let cut = LoadTally(second.run.report.evidence)
        #expect(second.isCut && cut.failures.isEmpty && cut.failed == 2 && cut.progress == "2/2")
    }

    @Test func `a warning hides no failed file, and is not hidden by nothing to do`() {
        let driver = CacheDriver(.load, CacheLoadSettingsBox(CacheLoadSettings()))
        func outcome(_ line: String, _ change: (inout TaskExit, inout TaskReport) -> Void) -> Outcome {
            var exit = TaskExit(ending: .exited(code: 0), endedAt: .init(milliseconds: 0))
            var report = TaskReport()
            driver.read(Array(line.utf8), of: Self.task, into: &report)
            change(&exit, &report)
            return driver.verdict(exit, of: Self.task, report).outcome
        }
        let changes: [(inout TaskExit, inout TaskReport) -> Void] = [
            { exit, _ in exit.warnings = ["no user of its own"] }, { exit, _ in exit.droppedBytes = 5 },
            { _, report in report.warn("a part of the output is gone") },
        ]
        for change in changes {
            #expect(outcome("Failed to complete loading /a after 3 retries.", change) == .partial)
            #expect(outcome("Successfully loaded path /a after 1 attempts", change) == .warning)
            #expect(outcome("/a is already fully loaded in GooseFS", change) == .warning)
            #expect(outcome("hello", change) == .warning)
        }
    }

    @Test func `a driver looks at exit and output together`() {
        let driver = CacheDriver(.load, CacheLoadSettingsBox(CacheLoadSettings()))
        var report = TaskReport()
        driver.read(Array("Failed to complete loading /a after 3 retries.".utf8), of: Self.task, into: &report)
        func exit(_ ending: TaskExit.Ending) -> TaskExit { TaskExit(ending: ending, endedAt: .init(milliseconds: 0)) }
        #expect(driver.verdict(exit(.exited(code: 0)), of: Self.task, report).outcome == .partial)
        #expect(driver.verdict(exit(.exited(code: 255)), of: Self.task, report).outcome == .exit)
        #expect(driver.verdict(exit(.signalled(9)), of: Self.task, report).outcome == .signal)
        let metadata = CacheJob(action: .metadata, paths: ["/"], timeout: .seconds(1)).job.tasks[0]
        #expect(driver.verdict(exit(.exited(code: 0)), of: metadata, TaskReport()).outcome == .ok)
        #expect(report.message == "1/?")
    }

    /// What is remembered between two lines goes through the store: each line is read by a driver that knows the report
    /// alone, and lines in any order and with any bytes leave counts that fit together.
    @Test func `counts fit together whatever is written`() {
        var random = SeededRandom(seed: 7)
        let words =
            LoadLineTests.lines.map(\.0) + [
                "/p1,", "/p2 loading", "\u{0}\u{FFFD}", String(repeating: "x", count: 70_000),
            ]
        for _ in 0..<200 {
            let lines = (0..<Int.random(in: 1...30, using: &random)).map { _ in
                words.randomElement(using: &random) ?? ""
            }
            let tally = Self.tally(lines)
            #expect(tally.failed >= tally.failures.count)
            #expect(tally.done == tally.loaded + tally.present + tally.failed)
            #expect(tally.share.map { (0...1).contains($0) } ?? true)
            let loaded = lines.reduce(0) { sum, line in
                sum + LoadLine.facts(in: Array(line.utf8)).count { if case .loaded = $0 { true } else { false } }
            }
            #expect(tally.loaded == loaded)
        }
    }

    @Test func `a reader survives any bytes`() {
        var random = SeededRandom(seed: 11)
        for _ in 0..<500 {
            let seed = Array((LoadLineTests.lines.randomElement(using: &random)?.0 ?? "").utf8)
            let cut = Array(seed.prefix(Int.random(in: 0...seed.count, using: &random)))
            let noise = (0..<Int.random(in: 0...20, using: &random)).map { _ in
                UInt8.random(in: 0...255, using: &random)
            }
            _ = LoadLine.facts(in: cut + noise + seed)
        }
    }

    @Test func `more failed files than are named are counted all the same`() {
        let tally = Self.tally((0..<1500).map { "Failed to complete loading /f\($0) after 3 retries." })
        #expect(tally.failed == 1500 && tally.failures.count == Evidence.mostFailures && !tally.knowsFailures)
    }
}
