import Foundation
import Logging
import MartletCore
import Testing

@testable import martlet

@Suite struct ServerLogTests {
    private let directory = FileManager.default.temporaryDirectory.appending(path: "log-\(UUID().uuidString)")
    private var path: String { directory.appending(path: "martlet.log").path }

    init() throws { try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true) }

    private func text(_ path: String) -> String? { try? String(contentsOfFile: path, encoding: .utf8) }

    private func entry(_ message: String, at seconds: TimeInterval = 0, level: Logger.Level = .error) -> LogEntry {
        LogEntry(time: Date(timeIntervalSince1970: seconds), level: level, logger: "test", message: message)
    }

    @Test func `a full file becomes the first of the older ones, and the oldest goes`() throws {
        var file = try ServerLogFile(path, ServerLogFile.Rotation(maxBytes: 10, files: 2))
        // Kept from a time when more were.
        for number in 3...5 { try Data().write(to: URL(filePath: "\(path).\(number)")) }
        for number in 1...7 { file.append(Array("line \(number)\n".utf8)) { _, _ in [] } }
        file.close()
        #expect(text(path) == "line 7\n" && text(path + ".1") == "line 5\nline 6\n")
        #expect(text(path + ".2") == "line 3\nline 4\n" && text(path + ".3") == nil && text(path + ".5") == nil)
    }

    @Test func `a file that somebody else renamed is left alone`() throws {
        var file = try ServerLogFile(path, ServerLogFile.Rotation(maxBytes: 10, files: 2))
        file.append(Array("first line\n".utf8)) { _, _ in [] }
        try FileManager.default.moveItem(atPath: path, toPath: path + ".taken")
        try Data("of another\n".utf8).write(to: URL(filePath: path))
        file.append(Array("second\n".utf8)) { _, _ in [] }
        file.close()
        #expect(text(path) == "of another\nsecond\n" && text(path + ".taken") == "first line\n")
        #expect(text(path + ".1") == nil)
    }

    @Test func `what cannot be written is counted`() throws {
        var file = try ServerLogFile("/dev/full")
        var told: [Int] = []
        for _ in 1...3 {
            file.append(Array("line\n".utf8)) { lost, cause in
                #expect(cause == ENOSPC)
                told.append(lost)
                return Array("notice\n".utf8)
            }
        }
        file.close()
        #expect(told == [1, 2])
    }

    @Test func `an endless message is written in bursts, and the rest is counted`() throws {
        var limiter = RepeatLimiter()
        var written = 0
        for number in 0..<1000 where limiter.take(entry("again", at: Double(number) / 1000)) == .write { written += 1 }
        #expect(written == RepeatLimiter.burst)
        #expect(limiter.take(entry("something else", at: 1)) == .write)
        #expect(limiter.summaries(at: Date(timeIntervalSince1970: 9)).isEmpty)
        let summaries = limiter.summaries(at: Date(timeIntervalSince1970: 11))
        #expect(summaries.map(\.message) == ["again"])
        #expect(summaries.first?.facts["repeated"] == "\(1000 - RepeatLimiter.burst)")
        #expect(limiter.take(entry("again", at: 11)) == .write)
    }

    @Test func `ever new messages share one window`() {
        var limiter = RepeatLimiter()
        let written = (0..<5000).count { limiter.take(entry("message \($0)")) == .write }
        #expect(written == RepeatLimiter.mostMessages + RepeatLimiter.burst)
    }

    @Test func `a log writes the count of what it held, at the latest at its end`() throws {
        let log = try ServerLog(ServerLog.Target(level: .debug, isJSON: true, file: path))
        for _ in 0..<100 { log.write(LogEntry(level: .error, logger: "test", message: "again")) }
        for _ in 0..<100 { log.write(LogEntry(level: .debug, logger: "test", message: "step")) }
        log.flush()
        let lines = try (text(path) ?? "").split(separator: "\n").map { try JSONParser.parse(Array($0.utf8)) }
        #expect(lines.count == RepeatLimiter.burst + 100 + 1, "debug lines are never held")
        #expect(lines.last?["repeated"] == "70" && lines.last?["message"] == "again")
    }
}
