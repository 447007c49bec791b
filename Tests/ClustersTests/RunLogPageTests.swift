import Foundation
import KeeperProtocol
import MartletCore
import MartletEngine
import MartletProcess
import Testing

@testable import Clusters

/// The log as the document pages it, from real log and index files.
@Suite struct RunLogPageTests {
    /// Files of one run as its keeper leaves them.
    private final class Files {
        let data = FileManager.default.temporaryDirectory.appending(path: "pages-\(UUID().uuidString)").path
        let run = RunID(high: 7, low: 9)
        let reader: FileLogReader
        private var log: [UInt8] = []
        private var index: [UInt8] = []
        private var lines: Int64 = 0

        init() throws {
            reader = FileLogReader(dataDirectory: data)
            try FileManager.default.createDirectory(
                atPath: reader.paths.directory(of: run), withIntermediateDirectories: true)
            try save(.control, [])
        }
        deinit { try? FileManager.default.removeItem(atPath: data) }

        func save(_ kind: RunPaths.FileKind, _ bytes: [UInt8]) throws {
            let path = reader.paths.file(kind, of: TaskAddress(run: run, attempt: 1, task: 0))
            try Data(bytes).write(to: URL(filePath: path))
        }

        /// One entry of the index for each call.
        func write(_ text: String, at time: Int64, isIndexed: Bool = true) throws {
            let bytes = Array(text.utf8)
            if isIndexed {
                lines += Int64(bytes.count { $0 == UInt8(ascii: "\n") })
                LogIndexRecord(
                    time: time, offset: Int64(log.count), length: UInt32(bytes.count), stream: .stdout, kind: .data,
                    lines: lines
                ).append(to: &index)
            }
            log += bytes
            try save(.log, log)
            try save(.index, index)
        }

        func page(_ number: Int64) throws -> RunLogPage { try RunLogPage.page(number, of: run, in: reader) }
    }

    private static let begin = #"{"v":1,"event":"begin","time":"t","pid":7999,"user":"easy"}"# + "\n"

    // cluster-deploy contract §6 cases 37 and 38
    @Test func `pages have ten lines, the first line alone without a prefix`() throws {
        let files = try Files()
        try files.save(.events, Array(Self.begin.utf8))
        try files.write("deployupdate\n", at: 1_581_322_876_124)
        for number in 1...24 { try files.write("line \(number)\r\n", at: 1_581_322_876_124 + Int64(number)) }
        let first = try files.page(1)
        #expect(first.rows == 25 && first.lines.count == 10 && first.lines[0] == "deployupdate")
        let shape = /\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,(\d{3}) p=7999 u=easy \|  (.*)/
        let match = try #require(first.lines[1].wholeMatch(of: shape))
        #expect(match.1 == "125" && match.2 == "line 1")
        let last = try files.page(3)
        #expect(last.lines.count == 5 && last.lines.last?.hasSuffix("|  line 24") == true && last.number == 3)
        #expect(try files.page(4).lines.isEmpty && files.page(.max).lines.isEmpty)
        #expect(throws: MartletError.self) { try files.page(0) }
        #expect(throws: MartletError.self) { try files.page(-1) }
    }

    @Test func `lines that the index does not tell of yet count, and one without an end`() throws {
        let files = try Files()
        #expect(try files.page(1) == RunLogPage(number: 1, rows: 0, lines: []))
        try files.write("deployupdate\nsta", at: 0)
        try files.write("rt\nnext\n\nlast", at: 0, isIndexed: false)
        let page = try files.page(1)
        #expect(page.rows == 5)
        #expect(
            page.lines.map { $0.split(separator: "|  ", omittingEmptySubsequences: false).last } == [
                "deployupdate", "start", "next", "", "last",
            ])
        // Without events nobody knows who wrote.
        #expect(page.lines[1].contains(" p=0 u="))
    }

    /// Seconds that this thread has worked: other tests at the same time do not count.
    private static func cpu() -> Double {
        let text = (try? String(contentsOfFile: "/proc/thread-self/schedstat", encoding: .utf8)) ?? ""
        return (text.split(separator: " ").first.flatMap { Double($0) } ?? .nan) / 1e9
    }

    // case 40
    @Test func `any page of a long log comes at once`() throws {
        let files = try Files()
        var text = "deployupdate\n"
        for number in 1..<42_000 {
            text += "TASK [line \(number)] \(String(repeating: "*", count: 60))\n"
            if number % 700 == 0 || number == 41_999 {
                try files.write(text, at: Int64(number))
                text = ""
            }
        }
        for number in [1, 2, 71, 2100, 4200] as [Int64] {
            // The best of several: neighbours on a busy machine take caches, too.
            var used = Double.infinity
            for _ in 0..<10 where used >= 0.05 {
                let start = Self.cpu()
                let page = try files.page(number)
                used = min(used, Self.cpu() - start)
                #expect(page.rows == 42_000 && page.lines.count == 10)
                if number > 1 { #expect(page.lines[0].contains("TASK [line \((number - 1) * 10)] ")) }
            }
            #expect(used < 0.05, "page \(number) took \(used) s")
        }
    }

    @Test func `lines that the log has no more are told`() throws {
        let files = try Files()
        var index: [UInt8] = []
        // Lines 0 to 99 of ten bytes each, of which 10 to 89 became a hole.
        var log = (0..<100).map { "line \(100 + $0).\n" }.joined()
        #expect(log.utf8.count == 1000)
        LogIndexRecord(time: 0, offset: 0, length: 100, stream: .stdout, kind: .data, lines: 10).append(to: &index)
        index += [UInt8](repeating: 0, count: LogIndexRecord.size)
        LogIndexRecord(time: 0, offset: 900, length: 100, stream: .stdout, kind: .data, lines: 100).append(to: &index)
        LogIndexRecord.hole(from: 100, to: 900, at: 0, limit: 1024).append(to: &index)
        log.replaceSubrange(
            log.index(log.startIndex, offsetBy: 100)..<log.index(log.startIndex, offsetBy: 900),
            with: String(repeating: ".", count: 800))
        try files.save(.log, Array(log.utf8))
        try files.save(.index, index)
        #expect(try files.page(1).lines.last?.hasSuffix("line 109.") == true)
        #expect(try files.page(5).lines.allSatisfy { $0.hasSuffix("[... dropped: the log passed its limit ...]") })
        #expect(try files.page(10).lines.first?.hasSuffix("line 190.") == true)
        #expect(try files.page(10).rows == 100)
    }
}
