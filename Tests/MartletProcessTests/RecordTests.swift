import Foundation
import KeeperProtocol
import MartletCore
import MartletProcess
import Testing

@Suite struct RecordTests {
    let fixture: Fixture
    let reader: FileLogReader

    init() throws {
        fixture = try Fixture()
        reader = FileLogReader(dataDirectory: fixture.directory)
    }

    /// A log and an index as a keeper could have left them.
    private func files(_ log: [UInt8], _ entries: [UInt8]) throws -> TaskAddress {
        let address = fixture.address()
        let paths = RunPaths(dataDirectory: fixture.directory)
        try FileManager.default.createDirectory(
            atPath: paths.directory(of: address.run), withIntermediateDirectories: true)
        try Data(log).write(to: URL(filePath: paths.file(.log, of: address)))
        try Data(entries).write(to: URL(filePath: paths.file(.index, of: address)))
        return address
    }

    private func entry(
        _ offset: Int64, _ length: UInt32, _ stream: LogIndexRecord.Stream, time: Int64 = 1_700_000_000_000
    ) -> [UInt8] {
        var bytes: [UInt8] = []
        LogIndexRecord(time: time, offset: offset, length: length, stream: stream, kind: .data, lines: 0)
            .append(to: &bytes)
        return bytes
    }

    /// All records, a few at a time, each call going on where the one before ended.
    private func all(_ address: TaskAddress, by limit: Int = 7) throws -> [LogRecord] {
        var records: [LogRecord] = []
        while true {
            let more = try reader.records(
                of: address, from: records.last?.range.upperBound ?? 0, limit: limit, isOver: true)
            #expect(more.count <= limit)
            if more.isEmpty { return records }
            records += more
        }
    }

    @Test func `records tell stream, time and place of what a task wrote`() async throws {
        let address = fixture.address()
        let before = Date(milliseconds: Date().milliseconds)
        // Each word only when the one before has its entry: the keeper may get its turn late, and for all at once.
        let index = RunPaths(dataDirectory: fixture.directory).file(.index, of: address)
        let size = entry(0, 1, .stdout).count
        let script = """
            noted() { until [ "$(stat -c %s \(index) 2>/dev/null || echo 0)" -ge $1 ]; do sleep 0.01; done; sleep 0.2; }
            echo out; noted \(size); echo err >&2; noted \(2 * size); echo more
            """
        _ = try await fixture.executor().run(shell(script, timeout: .seconds(300)), at: address)
        let records = try all(address)
        #expect(records.map(\.content) == [.bytes(.stdout), .bytes(.stderr), .bytes(.stdout)])
        #expect(records.map(\.range) == [0..<4, 4..<8, 8..<13])
        let times = records.map(\.at)
        #expect(times == times.sorted() && times[0] >= before && times[2].timeIntervalSince(times[0]) > 0.3)
        #expect(try reader.bytes(of: address, 4..<13) == Array("err\nmore\n".utf8))
        let inside = try reader.records(of: address, from: 6, limit: 1, isOver: false)
        #expect(inside == [LogRecord(.bytes(.stderr), at: times[1], 6..<8)])
    }

    @Test func `every offset is found in an index of any length`() throws {
        for count in [0, 1, 2, 15, 16, 17, 128, 129, 3000] {
            let entries = (0..<count).flatMap { entry(Int64($0 * 3), 3, $0 % 2 == 0 ? .stdout : .stderr) }
            let address = try files([UInt8](repeating: 0x78, count: count * 3), entries + [1, 2, 3])
            for offset in stride(from: 0, through: count * 3, by: max(1, count * 3 / 50)) {
                let records = try reader.records(of: address, from: Int64(offset), limit: 2, isOver: false)
                guard offset < count * 3 else {
                    #expect(records.isEmpty)
                    break
                }
                #expect(records.first?.range.lowerBound == Int64(offset))
                #expect(records.first?.content == .bytes(offset / 3 % 2 == 0 ? .stdout : .stderr))
            }
            #expect(try all(address, by: 500).count == count)
        }
    }

    @Test func `bytes without an entry wait for one until the task is over`() throws {
        let log = Array("onetwoendless".utf8)
        let address = try files(log, entry(0, 3, .stdout) + entry(6, 3, .stderr))
        let live = try reader.records(of: address, from: 0, limit: 10, isOver: false)
        #expect(live.map(\.content) == [.bytes(.stdout), .bytes(.all), .bytes(.stderr)])
        #expect(live.map(\.range) == [0..<3, 3..<6, 6..<9])
        let over = try reader.records(of: address, from: 0, limit: 10, isOver: true)
        #expect(over.prefix(3) == live[...] && over.last?.content == .bytes(.all) && over.last?.range == 9..<13)
        #expect(try #require(over.last).at.timeIntervalSinceNow > -3600)
        let without = try files(log, [])
        #expect(try reader.records(of: without, from: 0, limit: 10, isOver: false).isEmpty)
        #expect(try all(without).map(\.range) == [0..<13])
    }

    @Test(arguments: [true, false])
    func `a hole is one record between what is kept`(_ hasHoles: Bool) async throws {
        let executor = try fixture.executor(hasHoles ? [:] : ["MARTLET_KEEPER_NO_HOLES": "1"])
        let address = fixture.address()
        // Alternating streams make an index that is cut, too. The bytes alone pass the limit: a keeper that seldom gets
        // its turn finds so much at once that its index stays small.
        let script = """
            i=0; while [ $i -lt 9000 ]; do
            echo 12345678901234$((100000+i)); echo 12345678901234$((100000+i)) >&2; i=$((i+1)); done
            """
        let exit = try await executor.run(shell(script, logCap: 128 << 10), at: address)
        let records = try all(address, by: 1000)
        var end: Int64 = 0
        for record in records {
            #expect(record.range.lowerBound == end && !record.range.isEmpty)
            end = record.range.upperBound
        }
        #expect(end == exit.logBytes)
        let holes = records.filter { if case .hole = $0.content { true } else { false } }
        let hole = try #require(holes.first)
        #expect(holes.count == 1 && hole.range.count > 10_000)
        let dropped = "\(hole.range.count) bytes dropped here"
        #expect(hole.content == .hole(notice: "[... \(dropped), the log passed its limit of 128 KiB ...]"))
        for record in records where record.range.count >= 42 && record != hole {
            let text = String(decoding: try reader.bytes(of: address, record.range), as: UTF8.self)
            #expect(!text.contains("."), "\(record)")
        }
        let within = try reader.records(of: address, from: hole.range.upperBound - 5, limit: 1, isOver: true)
        #expect(within.first?.range == (hole.range.upperBound - 5)..<hole.range.upperBound)
    }

    @Test func `an index that somebody made up cannot harm`() throws {
        let address = try files(
            Array("0123456789".utf8),
            entry(0, 2, .stdout, time: .max) + entry(1 << 60, .max, .stderr, time: .min) + entry(1, 2, .stdout)
                + [UInt8](repeating: 0xFF, count: 32) + entry(4, .max, .stderr))
        let records = try all(address)
        #expect(records.map(\.range).first == 0..<2 && records.last?.range.upperBound == 10)
        #expect(records.allSatisfy { (0...253_402_300_799_999).contains($0.at.milliseconds) })
    }
}
