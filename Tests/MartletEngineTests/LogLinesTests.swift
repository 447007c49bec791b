import Foundation
import MartletCore
import MartletEngine
import MartletTesting
import Testing

@Suite struct LogLinesTests {
    private static let run = RunID(high: 1, low: 2)
    private let logs = ScriptedLogs()
    private let task = TaskAddress(run: run, attempt: 1, task: 0)

    private func all(_ lines: inout LogLines, isOver: Bool = true) throws -> [LogLine] {
        var found: [LogLine] = []
        while true {
            let more = try lines.next { _ in isOver }
            if more.isEmpty { return found }
            found += more
        }
    }

    private func all(after position: LogPosition? = nil, isOver: Bool = true) throws -> [LogLine] {
        var lines = LogLines(of: Self.run, in: logs, after: position)
        return try all(&lines, isOver: isOver)
    }

    private func text(_ line: LogLine) -> String { String(decoding: line.text, as: UTF8.self) }

    @Test func `a line never has bytes of both streams`() throws {
        logs.write("one ", .stdout, to: task)
        logs.write("bad ", .stderr, to: task)
        logs.write("line\ntwo\r\n", .stdout, to: task)
        logs.write("news\n", .stderr, to: task)
        let lines = try all()
        #expect(lines.map(text) == ["one line", "two\r", "bad news"])
        #expect(lines.map(\.stream) == [.stdout, .stdout, .stderr] && lines.allSatisfy(\.isWhole))
        #expect(lines.map(\.position.description) == ["1.0.13.4", "1.0.18.4", "1.0.23.23"])
    }

    @Test func `the beginning of a line waits for its end or the task's`() throws {
        logs.write("whole\nbegin", .stdout, to: task)
        var lines = LogLines(of: Self.run, in: logs)
        #expect(try all(&lines, isOver: false).map(text) == ["whole"])
        logs.write("ning", .stdout, to: task)
        #expect(try all(&lines, isOver: false).isEmpty)
        let last = try all(&lines)
        #expect(last.map(text) == ["beginning"] && last.first?.isWhole == false)
        #expect(try all(&lines).isEmpty && all(after: last.first?.position).isEmpty)
    }

    @Test func `a later task waits until the one before is over`() throws {
        let second = TaskAddress(run: Self.run, attempt: 1, task: 1)
        logs.write("first", .stdout, to: task)
        logs.write("second\n", .stdout, to: second)
        var lines = LogLines(of: Self.run, in: logs)
        #expect(try all(&lines, isOver: false).isEmpty)
        let found = try all(&lines)
        #expect(found.map(text) == ["first", "second"] && found.map(\.task) == [task, second])
    }

    @Test func `a line that is too long comes in pieces of 64 KiB`() throws {
        let most = 64 << 10
        logs.write([UInt8](repeating: 0x78, count: most) + [0x0A], .stdout, to: task)
        logs.write([UInt8](repeating: 0x79, count: 2 * most), .stdout, to: task)
        logs.write("aside\n", .stderr, to: task)
        logs.write("z\n", .stdout, to: task)
        let lines = try all()
        #expect(lines.map(\.text.count) == [most, most, 5, most, 1])
        #expect(lines.map(\.isWhole) == [true, false, true, false, true])
        for (index, line) in lines.enumerated() {
            #expect(try all(after: line.position) == Array(lines[(index + 1)...]))
        }
    }

    @Test func `a hole is one line, and lines on both its sides are their own`() throws {
        logs.write("kept\nlost lost ", .stdout, to: task)
        logs.write("lost\nrest\n", .stderr, to: task)
        logs.punch(10..<17, of: task)
        let lines = try all()
        #expect(lines.map(text) == ["kept", "lost ", "gone", "st", "rest"])
        #expect(lines.map(\.stream) == [.stdout, .stdout, .all, .stderr, .stderr])
        #expect(lines.map(\.isWhole) == [true, false, true, true, true])
        for (index, line) in lines.enumerated() {
            #expect(try all(after: line.position) == Array(lines[(index + 1)...]))
        }
    }

    @Test func `bytes of an unknown stream end every line and are shown`() throws {
        logs.write("out", .stdout, to: task)
        logs.write("err", .stderr, to: task)
        logs.write("one\ntwo", nil, to: task)
        #expect(try all(isOver: false).isEmpty)
        let lines = try all()
        #expect(lines.map(text) == ["out", "err", "one", "two"])
        #expect(lines.map(\.stream) == [.stdout, .stderr, .all, .all])
        for (index, line) in lines.enumerated() {
            #expect(try all(after: line.position) == Array(lines[(index + 1)...]))
        }
    }

    @Test(arguments: 1...40)
    func `every line comes once, from wherever a reader resumes`(seed: Int) throws {
        var random = SeededRandom(seed: UInt64(seed))
        var expected: [LogStream: [[UInt8]]] = [.stdout: [], .stderr: []]
        var live = LogLines(of: Self.run, in: logs)
        var liveLines: [LogLine] = []
        for number in 0..<Int.random(in: 1...3, using: &random) {
            let task = TaskAddress(run: Self.run, attempt: 1 + number / 2, task: number % 2)
            var whole: [LogStream: [UInt8]] = [.stdout: [], .stderr: []]
            for _ in 0..<Int.random(in: 0...60, using: &random) {
                let stream: LogStream = Bool.random(using: &random) ? .stdout : .stderr
                let bytes = Self.bytes(&random)
                whole[stream, default: []] += bytes
                logs.write(bytes, stream, to: task)
                if Int.random(in: 0..<4, using: &random) == 0 {
                    liveLines += try live.next { $0.attempt * 2 + $0.task < task.attempt * 2 + task.task }
                }
            }
            for (stream, bytes) in whole { expected[stream, default: []] += Self.lines(bytes) }
        }
        let lines = try all()
        for stream in [LogStream.stdout, .stderr] {
            #expect(lines.filter { $0.stream == stream }.map(\.text) == expected[stream])
        }
        liveLines += try all(&live)
        #expect(liveLines == lines)
        for _ in 0..<20 {
            guard let index = lines.indices.randomElement(using: &random) else { break }
            let text = lines[index].position.description
            #expect(try all(after: LogPosition(text)) == Array(lines[(index + 1)...]), "after \(text)")
        }
    }

    /// Mostly short, sometimes without a line end for long.
    private static func bytes(_ random: inout SeededRandom) -> [UInt8] {
        if Int.random(in: 0..<12, using: &random) == 0 {
            return [UInt8](repeating: 0x23, count: Int.random(in: 1...80_000, using: &random))
        }
        return (0..<Int.random(in: 1...40, using: &random)).map { _ in
            Int.random(in: 0..<8, using: &random) == 0 ? 0x0A : UInt8.random(in: 0x61...0x7A, using: &random)
        }
    }

    private static func lines(_ bytes: [UInt8]) -> [[UInt8]] {
        let parts = bytes.split(separator: 0x0A, omittingEmptySubsequences: false)
        return parts.enumerated().flatMap { index, part -> [[UInt8]] in
            if part.isEmpty { return index == parts.count - 1 ? [] : [[]] }
            return stride(from: part.startIndex, to: part.endIndex, by: 64 << 10).map {
                Array(part[$0...].prefix(64 << 10))
            }
        }
    }

    @Test func `a position is read back, and nothing else is one`() throws {
        let position = LogPosition(task, stdout: 12, stderr: 1 << 60)
        #expect(LogPosition(position.description) == position)
        #expect(try JSONDecoder().decode([LogPosition].self, from: JSONEncoder().encode([position])) == [position])
        for text in [
            "", "1", "1.0.3", "1.0.3.4.5", "1.0.3.", "-1.0.3.4", "1.0.+3.4", "01.0.3.4", "1.0.3.4 ", "1.0.3.x",
            "1.0.99999999999999999999.4", "1.0.9223372036854775807.4", String(repeating: "1.", count: 4_000_000),
        ] {
            #expect(LogPosition(text) == nil, "\(text.prefix(40))")
        }
    }

    @Test func `a position that somebody made up gives nothing or the rest`() throws {
        logs.write("one\ntwo\n", .stdout, to: task)
        for text in ["1.0.8.8", "1.0.99999.99999", "7.7.0.0", "1152921504606846976.0.0.0"] {
            #expect(try all(after: LogPosition(text)).isEmpty, "\(text)")
        }
        #expect(try all(after: LogPosition("0.5.0.0")).map(text) == ["one", "two"])
        #expect(try all(after: LogPosition("1.0.2.5")).map(text) == ["e", "two"])
    }

    @Test func `a task is over when its run waits, has ended or has gone further`() {
        #expect(!task.isOver(in: .running, attempt: 1, task: 0) && !task.isOver(in: .stopping, attempt: 1, task: 0))
        #expect(task.isOver(in: .running, attempt: 1, task: 1) && task.isOver(in: .running, attempt: 2, task: 0))
        #expect(task.isOver(in: .pending, attempt: 1, task: 0) && !task.isOver(in: .pending, attempt: 0, task: 0))
        #expect(task.isOver(in: .failed, attempt: 0, task: 0))
    }
}
