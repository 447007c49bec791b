import Binlog
import Foundation
import SQLClient
import Testing

@testable import Replicator

/// Binlog that waits on disk: issue "giant transactions spill to disk", "reads before the full ends".
struct SpoolTests {
    /// A spool in a folder of its own, fed with what servers once sent.
    private final class Case: Sendable {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
            "spool-\(UUID().uuidString.prefix(8))")
        let stop = StopFlag()
        let events: [[UInt8]]
        let isMariaDB: Bool

        init(_ recording: String) throws {
            let url = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
                .appendingPathComponent("BinlogTests/Recordings/\(recording).binlog")
            var file = try BinlogFile([UInt8](Data(contentsOf: url)))
            var events: [[UInt8]] = []
            while let event = try file.next() { events.append(event) }
            self.events = events
            isMariaDB = recording.hasPrefix("maria")
        }

        deinit { try? FileManager.default.removeItem(at: folder) }

        func spool(limit: Int = 1 << 22) throws -> Spool { try Spool(folder, limit: limit) }

        var board: StatusBoard {
            StatusBoard(folder.appendingPathComponent("status.json"), role: "target", job: "j", show: { _ in })
        }

        func writer(_ spool: Spool) throws -> SpoolWriter {
            try SpoolWriter(spool, after: ExecutedSet(), origin: "h:1", stop: stop, board: board)
        }

        /// The recording as one connection after the other would bring it.
        func feed(_ writer: SpoolWriter, times: Int = 1) throws {
            for _ in 0..<times {
                try writer.restart(EventDecoder())
                for event in [Rotation.event(file: "bin.000001", position: 4)] + events {
                    try writer.append([0] + event)
                }
            }
        }

        func read(_ spool: Spool) throws -> [[UInt8]] {
            spool.finish(nil)
            let cursor = SpoolCursor(spool, stop: stop)
            var read: [[UInt8]] = []
            while let event = try cursor.next(atMost: .seconds(1)) { read.append(event) }
            return read
        }

        func ends(_ events: [[UInt8]]) throws -> [TransactionEnd] {
            var framer = TransactionFramer(decoder: EventDecoder())
            var ends: [TransactionEnd] = []
            for event in events { try framer.accept(event) { if case .end(let end) = $0 { ends.append(end) } } }
            return ends
        }
    }

    private static let recordings = ["mysql-9.7-plain", "mariadb-10.11-plain", "mysql-9.7-compressed"]

    @Test(arguments: recordings)
    func `what is written comes back with its places`(recording: String) throws {
        let item = try Case(recording)
        let spool = try item.spool()
        try item.feed(try item.writer(spool))
        let read = try item.read(spool)
        #expect(try item.ends(read) == item.ends([Rotation.event(file: "bin.000001", position: 4)] + item.events))
        #expect(try item.ends(read).last?.file == "bin.000001")
    }

    @Test(arguments: recordings)
    func `any segment can be the first that is read`(recording: String) throws {
        let item = try Case(recording)
        let spool = try item.spool()
        try item.feed(try item.writer(spool), times: (3 << 20) / item.events.joined().count)
        #expect(spool.numbers.count >= 3)
        let all = try item.ends(try item.read(spool))
        spool.remove(before: spool.numbers[1])
        let rest = try item.ends(try item.read(spool))
        #expect(rest.count < all.count && rest.count > all.count / 3)
        #expect(rest == Array(all.suffix(rest.count)))
    }

    @Test(arguments: recordings)
    func `a process that died while writing loses nothing that was whole`(recording: String) throws {
        let item = try Case(recording)
        let spool = try item.spool()
        let writer = try item.writer(spool)
        try item.feed(writer)
        let whole = try item.ends(try item.read(try item.spool())).count
        let path = spool.path(1)
        let size = try #require(try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int)
        for cut in [1, 3, 20, size / 2] {
            let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
            try handle.truncate(atOffset: UInt64(size - cut))
            try handle.close()
            let again = try item.spool()
            let next = try item.writer(again)
            #expect(writer.executed.isSuperset(of: next.executed))
            try item.feed(next)
            let ends = try item.ends(try item.read(again))
            #expect(ends.filter { $0.kind != .cut }.count >= whole)
            #expect(next.executed == writer.executed)
        }
    }

    @Test(arguments: recordings.prefix(2))
    func `what a connection broke off is not counted and comes again`(recording: String) throws {
        let item = try Case(recording)
        var framer = TransactionFramer(decoder: EventDecoder())
        var cut: Int?
        for (index, event) in item.events.enumerated() where cut == nil {
            try framer.accept(event) { _ in }
            if index > item.events.count / 2, framer.isInsideTransaction { cut = index }
        }
        let spool = try item.spool()
        let writer = try item.writer(spool)
        let connection = [Rotation.event(file: "bin.000001", position: 4)] + item.events
        try writer.restart(EventDecoder())
        for event in connection.prefix(try #require(cut) + 2) { try writer.append([0] + event) }
        let before = writer.executed
        // The next connection begins, and the process dies.
        try writer.restart(EventDecoder())
        for event in connection.prefix(2) { try writer.append([0] + event) }
        try writer.flush()
        let again = try item.spool()
        let next = try item.writer(again)
        #expect(next.executed == before)
        try item.feed(next)
        let ends = try item.ends(try item.read(again))
        #expect(ends.contains { $0.kind == .cut })
        #expect(next.executed != before)
    }

    /// `gtid_strict_mode=OFF`: a source that replicates from two servers in one domain.
    @Test(arguments: [["0-1-1000", "0-2-50"], ["0-2-50", "0-1-1000", "0-2-51"], ["0-1-7", "0-1-6"]])
    func `sequence numbers that do not grow in their domain are refused`(texts: [String]) throws {
        let item = try Case("mariadb-10.11-plain")
        let gtids = try texts.map { try #require(MariaGTID($0)) }
        let gtid = try #require(item.events.firstIndex { $0[4] == 162 })
        let next = try #require(item.events[(gtid + 1)...].firstIndex { $0[4] == 162 })
        func transaction(_ text: MariaGTID) -> [[UInt8]] {
            var events = Array(item.events[gtid..<next])
            let numbers = [UInt64(text.server), text.sequence]
            for (place, (number, size)) in zip([5, 19], zip(numbers, [4, 8])) {
                for index in 0..<size {
                    events[0][place + index] = UInt8(truncatingIfNeeded: number >> UInt64(8 * index))
                }
            }
            let sum = Checksum.crc(events[0], 0..<(events[0].count - 4))
            for index in 0..<4 {
                events[0][events[0].count - 4 + index] = UInt8(truncatingIfNeeded: sum >> UInt32(8 * index))
            }
            return events
        }
        let writer = try item.writer(try item.spool())
        func feed(_ gtid: MariaGTID) throws { for event in transaction(gtid) { try writer.append([0] + event) } }
        func connect() throws {
            try writer.restart(EventDecoder())
            for event in [Rotation.event(file: "bin.000001", position: 4), item.events[0]] {
                try writer.append([0] + event)
            }
        }
        try connect()
        for gtid in gtids.dropLast() { try feed(gtid) }
        let (before, after) = (gtids[gtids.count - 2], gtids[gtids.count - 1])
        #expect { try feed(after) } throws: {
            "\($0)".contains("\(after) after \(before)") && "\($0)".contains("gtid_domain_id")
        }
        try connect()
        // What is spooled already may be read again, what another server has counted may not.
        try feed(before)
        #expect(throws: ShrinkingSequence.self) { try feed(after) }
    }

    @Test func `a segment without its head is dropped`() throws {
        let item = try Case("mysql-9.7-plain")
        let spool = try item.spool()
        try item.feed(try item.writer(spool))
        try Data([1, 2, 3]).write(to: URL(fileURLWithPath: spool.path(2)))
        let again = try item.spool()
        #expect(try item.writer(again).executed.isEmpty == false)
        #expect(again.numbers == [1])
    }

    @Test func `a changed byte is found`() throws {
        let item = try Case("mysql-9.7-plain")
        let spool = try item.spool()
        try item.feed(try item.writer(spool))
        let url = URL(fileURLWithPath: spool.path(1))
        var bytes = try Data(contentsOf: url)
        bytes[bytes.count / 2] ^= 1
        try bytes.write(to: url)
        #expect(throws: SpoolDamage.self) { _ = try item.read(spool) }
    }

    @Test func `a segment that lost its end or is gone is found`() throws {
        let item = try Case("mysql-9.7-plain")
        let spool = try item.spool()
        try item.feed(try item.writer(spool), times: (3 << 20) / item.events.joined().count)
        let segment = try SpoolSegment(spool.path(1), number: 1)
        while segment.offset < 1 << 19 { _ = try segment.next() }
        let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: spool.path(1)))
        try handle.truncate(atOffset: UInt64(segment.offset))
        try handle.close()
        #expect { _ = try item.read(try item.spool()) } throws: { ($0 as? SpoolDamage)?.offset == segment.offset }
        spool.remove(before: 2)
        #expect(throws: Never.self) { _ = try item.read(try item.spool()) }
        try FileManager.default.removeItem(atPath: spool.path(3))
        #expect(throws: SpoolDamage.self) { _ = try item.read(try item.spool()) }
        let old = Data(#"{"v": 1, "executed": "", "isMariaDB": false, "origin": "h:1"}"#.utf8)
        #expect(try JSONDecoder().decode(SpoolStart.self, from: old).origin == "h:1")
    }

    @Test func `the writer waits at the limit until segments are applied`() throws {
        let item = try Case("mariadb-10.11-plain")
        let spool = try item.spool(limit: 1 << 20)
        let times = (3 << 20) / item.events.joined().count
        let failure = Monitor("")
        let thread = OwnThread("writer") {
            do { try item.feed(try item.writer(spool), times: times) } catch { failure.withLock { $0 = "\(error)" } }
            spool.finish(nil)
        }
        let cursor = SpoolCursor(spool, stop: item.stop)
        var events = 0
        var largest = 0
        while try cursor.next(atMost: .seconds(120)) != nil {
            events += 1
            if events % 500 == 0 {
                largest = max(largest, spool.bytes)
                cursor.release(try ExecutedSet("0-11-4000000000,1-11-4000000000", isMariaDB: true))
            }
        }
        thread.join()
        #expect(failure.withLock { $0 } == "")
        #expect(events > times * item.events.count)
        #expect(largest <= spool.limit + 1 << 16)
        #expect(spool.bytes < 3 << 19)
    }

    @Test func `nothing is removed before it is applied`() throws {
        let item = try Case("mysql-9.7-plain")
        let spool = try item.spool()
        let writer = try item.writer(spool)
        try item.feed(writer, times: (3 << 20) / item.events.joined().count)
        let cursor = SpoolCursor(spool, stop: item.stop)
        spool.finish(nil)
        while try cursor.next(atMost: .seconds(1)) != nil {}
        let numbers = spool.numbers
        cursor.release(ExecutedSet())
        #expect(spool.numbers == numbers)
        cursor.release(writer.executed)
        #expect(spool.numbers == Array(numbers.suffix(1)))
    }

    @Test func `a spool of another server or with a gap is not gone on with`() throws {
        let item = try Case("mysql-9.7-plain")
        let spool = try item.spool()
        let writer = try item.writer(spool)
        try item.feed(writer)
        #expect(spool.begins(by: writer.executed, from: "h:1"))
        #expect(!spool.begins(by: writer.executed, from: "other:1"))
        spool.remove(before: 2)
        #expect(!spool.begins(by: writer.executed, from: "h:1"))
    }
}
