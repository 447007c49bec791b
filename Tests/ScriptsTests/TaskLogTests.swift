import Foundation
import Logging
import MartletCore
import MartletEngine
import MartletStore
import MartletTesting
import Synchronization
import Testing

@testable import Scripts

/// An engine whose tasks print what their second word says, and the task logs beside it.
private final class Printer: Sendable {
    let control: Control
    let logs: ScriptedLogs
    let directory: URL
    /// What was logged as a warning or worse.
    let complaints = Mutex<[String]>([])
    private let dispatching: Task<Void, any Error>

    init() throws {
        directory = FileManager.default.temporaryDirectory.appending(path: "tasklogs-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        let feed = RunFeed()
        let logs = ScriptedLogs()
        self.logs = logs
        let executor = ScriptedExecutor { address, command in
            let words = command?.argv ?? []
            logs.write(words.count > 1 ? words[1] : "", to: address)
            return words.first == "hang" ? .hang : .exit(0)
        }
        let control = Control(
            store: try SQLiteStore(directory: directory, onCommit: { feed.publish($0) }), executor: executor,
            files: logs, drivers: Drivers([CommandDriver()]), feed: feed,
            settings: SettingsBox(EngineSettings(minFree: 0)),
            disk: { DiskState(free: 1 << 40, total: 1 << 41) })
        self.control = control
        let dispatcher = Dispatcher(
            control: control, dataDirectory: directory.path,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        dispatching = Task { try await dispatcher.run() }
    }

    deinit {
        dispatching.cancel()
        try? FileManager.default.removeItem(at: directory)
    }

    var logDirectory: String { directory.path + "/logs" }

    /// Writes task logs while `body` runs. Cancelled at its end, which is as sudden as a server's end can be between
    /// two steps.
    func writing(
        driver: String = "command", _ limits: TaskLogs.Limits = .init(),
        name: @escaping @Sendable (Run) -> String? = { $0.labels["task"] ?? "all" }, _ body: () async throws -> Void
    ) async throws {
        let logs = TaskLogs(
            control: control, directory: logDirectory, driver: driver, limits: limits,
            logger: Logger(label: "test") { _ in Listener { [self] text in complaints.withLock { $0.append(text) } } },
            fileName: name)
        let task = Task { try await logs.run() }
        defer { task.cancel() }
        // Without a book it has not started.
        try await eventually("a book") { FileManager.default.fileExists(atPath: bookFile.path) }
        try await body()
        task.cancel()
        _ = await task.result
    }

    func start(_ words: String..., task: String = "all") async throws -> RunID {
        var job = Job(tasks: [TaskSpec(name: "main", spec: ["command": .array(words.map { .string($0) })])])
        job.labels = ["task": task]
        let id = try await control.submit(
            Submission(work: .inline(job), trigger: Trigger(source: "test"), rights: .all)
        ).ids[0]
        if words[0] == "hang" { try await eventually("it runs") { try await control.require(id).handle != nil } }
        return id
    }

    func end(_ id: RunID) async throws {
        _ = try await control.stop(id)
        try await ended(id)
    }

    func ended(_ id: RunID) async throws {
        #expect(try await control.wait(for: id, upTo: .seconds(300)).state.isEnd)
    }

    func printed(_ words: String..., task: String = "all") async throws -> RunID {
        let id = try await start(words.first ?? "print", words.last ?? "", task: task)
        try await ended(id)
        return id
    }

    var bookFile: URL { URL(filePath: "\(logDirectory)/.positions/\(TaskLogBook.name)") }

    func book() throws -> TaskLogBook { try JSONDecoder().decode(TaskLogBook.self, from: Data(contentsOf: bookFile)) }

    func text(_ name: String) -> String {
        String(decoding: FileManager.default.contents(atPath: "\(logDirectory)/\(name)") ?? Data(), as: UTF8.self)
    }

    func lines(_ name: String = "all.log") -> [String] { text(name).split(separator: "\n").map(String.init) }

    static func line(_ run: RunID, _ text: String, _ stream: String = "stdout") -> String {
        "1970-01-01T00:00:00.000Z \(run) \(stream) \(text)"
    }
}

private struct Listener: LogHandler {
    let hear: @Sendable (String) -> Void
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.warning

    init(_ hear: @escaping @Sendable (String) -> Void) { self.hear = hear }

    subscript(metadataKey key: String) -> Logger.MetadataValue? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) { hear("\(event.message)") }
}

/// Waits for at most five minutes, and longer only when the test itself seldom gets its turn.
private func eventually(
    _ what: String, sourceLocation: SourceLocation = #_sourceLocation, _ condition: () async throws -> Bool
) async throws {
    let end = ContinuousClock.now + .seconds(300)
    var asked = 0
    while try await !condition() {
        asked += 1
        guard ContinuousClock.now < end || asked < 500 else {
            Issue.record("not in time: \(what)", sourceLocation: sourceLocation)
            return
        }
        try await Task.sleep(for: .milliseconds(10))
    }
}

@Suite struct TaskLogTests {
    private let printer: Printer
    init() throws { printer = try Printer() }

    private func mode(_ name: String) -> mode_t {
        var info = stat()
        return lstat("\(printer.logDirectory)/\(name)", &info) == 0 ? info.st_mode & 0o777 : 0
    }

    @Test func `each line has its time, run and stream, in order`() async throws {
        try await printer.writing {
            let id = try await printer.start("hang", "one\r\n\r\r\ntw")
            let task = TaskAddress(run: id, attempt: 1, task: 0)
            printer.logs.write("bad \u{1}\n", .stderr, to: task)
            printer.logs.write("o\nlast\r", to: task)
            try await printer.end(id)
            let lines = [
                Printer.line(id, "one"), Printer.line(id, "\r"), Printer.line(id, "bad \u{1}", "stderr"),
                Printer.line(id, "two"), Printer.line(id, "last\r"),
            ]
            let text = lines.map { $0 + "\n" }.joined()
            try await eventually("the whole text") { printer.text("all.log") == text }
            #expect(mode("all.log") == 0o600 && mode("") == 0o700 && mode(".positions") == 0o700)
        }
    }

    @Test func `lines come while the run goes on`() async throws {
        try await printer.writing {
            let id = try await printer.start("hang", "first\n")
            try await eventually("the first line") { printer.lines().count == 1 }
            let task = TaskAddress(run: id, attempt: 1, task: 0)
            var delays: [Duration] = []
            for number in 1...40 {
                let begin = ContinuousClock.now
                printer.logs.write("more\nhalf", to: task)
                try await eventually("one line more") { printer.lines().count == 1 + number }
                delays.append(.now - begin)
                // Not each: the machine may be busy.
                if number >= 4, delays.contains(where: { $0 < .seconds(1) }) { break }
            }
            #expect(try #require(delays.min()) < .seconds(1))
            try await printer.end(id)
            try await eventually("the end") { printer.lines().last == Printer.line(id, "half") }
        }
    }

    @Test func `many short runs lose nothing and repeat nothing`() async throws {
        try await printer.writing {
            var expected: Set<String> = []
            var ids: [RunID] = []
            for number in 0..<300 {
                let id = try await printer.start("print", "a\nb \(number)\n", task: "t\(number % 3)")
                ids.append(id)
                expected.formUnion([Printer.line(id, "a"), Printer.line(id, "b \(number)")])
            }
            for id in ids { try await printer.ended(id) }
            let names = (0..<3).map { "t\($0).log" }
            try await eventually("all lines") { names.reduce(0) { $0 + printer.lines($1).count } >= 600 }
            let all = names.flatMap { printer.lines($0) }
            #expect(all.count == 600 && Set(all) == expected)
        }
    }

    @Test func `a file is rotated before it grows too large, and the oldest goes`() async throws {
        try await printer.writing(.init(bytes: 400, kept: 3)) {
            let id = try await printer.printed("print", (0..<27).map { "line \($0)\n" }.joined())
            try await eventually("the last line") { printer.lines().last == Printer.line(id, "line 26") }
            let names = ["all.log.3", "all.log.2", "all.log.1", "all.log"]
            #expect(names.flatMap { printer.lines($0) } == (10..<27).map { Printer.line(id, "line \($0)") })
            #expect(names.allSatisfy { printer.text($0).utf8.count <= 400 && mode($0) == 0o600 })
            #expect(mode("all.log.4") == 0)
        }
    }

    @Test func `a restart goes on where it was`() async throws {
        let id = try await printer.start("hang", "one\ntw")
        let task = TaskAddress(run: id, attempt: 1, task: 0)
        try await printer.writing {
            try await eventually("the first line") { printer.lines().count == 1 }
        }
        printer.logs.write("o\nthree\n", to: task)
        let meanwhile = try await printer.printed("print", "meanwhile\n")
        try await printer.writing {
            try await eventually("what was missed") { printer.lines().count >= 4 }
        }
        try await printer.end(id)
        let after = try await printer.printed("print", "after\n")
        try await printer.writing {
            try await eventually("the rest") { printer.lines().count >= 5 }
        }
        let lines = printer.lines()
        #expect(lines.filter { $0.contains("\(id)") } == ["one", "two", "three"].map { Printer.line(id, $0) })
        #expect(
            Set(lines.suffix(4))
                == Set([
                    Printer.line(id, "two"), Printer.line(id, "three"),
                    Printer.line(meanwhile, "meanwhile"), Printer.line(after, "after"),
                ]))
        #expect(lines.count == 5)
    }

    @Test(arguments: [1 << 20, 500])
    func `a kill before the book was written costs and repeats no line`(bytes: Int) async throws {
        let limits = TaskLogs.Limits(bytes: bytes, kept: 9)
        let live = try await printer.start("hang", "one\ntwo\n")
        var old = Data()
        try await printer.writing(limits) {
            try await eventually("two lines") { printer.lines().count == 2 }
            try await eventually("their book") {
                try printer.book().runs[live.description]??.description == "1.0.8.8"
            }
            old = try Data(contentsOf: printer.bookFile)
        }
        printer.logs.write("three\nfour\n", to: TaskAddress(run: live, attempt: 1, task: 0))
        let short = try await printer.printed("print", (0..<9).map { "short \($0)\n" }.joined())
        func all() -> [String] { (1...9).reversed().flatMap { printer.lines("all.log.\($0)") } + printer.lines() }
        try await printer.writing(limits) { try await eventually("more") { all().count == 13 } }
        // As a kill leaves it: an old book, and the last line torn.
        try old.write(to: printer.bookFile)
        let file = try FileHandle(forWritingTo: URL(filePath: "\(printer.logDirectory)/all.log"))
        try file.truncate(atOffset: try file.seekToEnd() - 5)
        try file.close()
        printer.logs.write("five\n", to: TaskAddress(run: live, attempt: 1, task: 0))
        try await printer.writing(limits) { try await eventually("the rest") { all().count >= 14 } }
        for (id, texts) in [(live, ["one", "two", "three", "four", "five"]), (short, (0..<9).map { "short \($0)" })] {
            #expect(all().filter { $0.contains("\(id)") } == texts.map { Printer.line(id, $0) })
        }
    }

    @Test func `the first start begins now, with the live runs`() async throws {
        _ = try await printer.printed("print", "before\n")
        let live = try await printer.start("hang", "live\n")
        try await printer.writing {
            let after = try await printer.printed("print", "after\n")
            try await eventually("two lines") { printer.lines().count >= 2 }
            #expect(Set(printer.lines()) == [Printer.line(live, "live"), Printer.line(after, "after")])
        }
    }

    @Test func `a book that cannot be read is begun anew`() async throws {
        try FileManager.default.createDirectory(
            atPath: "\(printer.logDirectory)/.positions", withIntermediateDirectories: true)
        try Data("{".utf8).write(to: printer.bookFile)
        try await printer.writing {
            try await eventually("a new book") { try Data(contentsOf: printer.bookFile).count > 1 }
            let id = try await printer.printed("print", "line\n")
            try await eventually("its line") { printer.lines() == [Printer.line(id, "line")] }
        }
    }

    @Test func `runs of other drivers and runs without a name are left out`() async throws {
        try await printer.writing(driver: "script") {
            _ = try await printer.printed("print", "line\n")
            let newest = try await printer.control.eventRange()?.upperBound
            try await eventually("it was seen") { try printer.book().event == newest }
            #expect(printer.lines().isEmpty)
        }
        try await printer.writing(name: { $0.labels["task"] == "none" ? nil : "all" }) {
            _ = try await printer.printed("print", "nobody wants it\n", task: "none")
            let id = try await printer.printed("print", "line\n")
            try await eventually("its line") { printer.lines() == [Printer.line(id, "line")] }
        }
    }

    @Test func `a name that leads elsewhere is refused`() async throws {
        try await printer.writing(name: { $0.labels["task"] == "bad" ? "../out" : "all" }) {
            _ = try await printer.printed("print", "line\n", task: "bad")
            let id = try await printer.printed("print", "line\n")
            try await eventually("its line") { printer.lines() == [Printer.line(id, "line")] }
        }
        #expect(!FileManager.default.fileExists(atPath: printer.directory.path + "/out.log"))
    }

    @Test func `a link or a pipe in place of a log is refused and holds up no other task`() async throws {
        try FileManager.default.createDirectory(atPath: printer.logDirectory, withIntermediateDirectories: true)
        let target = printer.directory.path + "/target"
        try Data("mine".utf8).write(to: URL(filePath: target))
        symlink(target, printer.logDirectory + "/link.log")
        mkfifo(printer.logDirectory + "/pipe.log", 0o600)
        try await printer.writing {
            _ = try await printer.printed("print", "line\n", task: "link")
            _ = try await printer.printed("print", "line\n", task: "pipe")
            let id = try await printer.printed("print", "line\n")
            try await eventually("its line") { printer.lines() == [Printer.line(id, "line")] }
        }
        #expect(try Data(contentsOf: URL(filePath: target)) == Data("mine".utf8))
    }

    @Test func `a directory that is a link is not written to`() async throws {
        let elsewhere = printer.directory.path + "/elsewhere"
        try FileManager.default.createDirectory(atPath: elsewhere, withIntermediateDirectories: true)
        symlink(elsewhere, printer.logDirectory)
        #expect(throws: TaskLogTrouble.self) { try TaskLogDirectory(printer.logDirectory) }
    }

    @Test func `a full disk is waited for, and then no line is missing`() async throws {
        try #require(geteuid() == 0)
        mkdir(printer.logDirectory, 0o700)
        try #require(mount("tmpfs", printer.logDirectory, "tmpfs", 0, "size=256k") == 0)
        defer { umount2(printer.logDirectory, 2) }
        let text = (0..<2000).map { "a line of some length, number \($0)\n" }.joined()
        let ballast = URL(filePath: printer.logDirectory + "/ballast")
        try await printer.writing {
            try Data(count: 190_000).write(to: ballast)
            let id = try await printer.printed("print", text, task: "full")
            try await eventually("a complaint") { printer.complaints.withLock { !$0.isEmpty } }
            #expect(try await printer.control.require(id).state == .succeeded)
            #expect(printer.lines("full.log").count < 2000)
            try FileManager.default.removeItem(at: ballast)
            try await eventually("all lines") { printer.lines("full.log").count >= 2000 }
            #expect(printer.complaints.withLock { $0.count } == 1)
            #expect(
                printer.lines("full.log") == (0..<2000).map { Printer.line(id, "a line of some length, number \($0)") })
        }
    }
}
