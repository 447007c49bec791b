import Testing

@testable import Binlog

/// contract §D.3: framing where servers or files are not at their best.
@Suite struct FramerTests {
    /// The events of a recorded file up to the first row event, which stands inside a transaction.
    private func openTransaction() throws -> [[UInt8]] {
        var file = try BinlogFile(try RecordingTests.bytes("mysql-9.7-plain", "binlog"))
        var packets: [[UInt8]] = []
        while let packet = try file.next() {
            packets.append(packet)
            if packet[4] == EventType.writeRows.rawValue { return packets }
        }
        return []
    }

    private func event(_ type: EventType, end: UInt32, flags: UInt16 = 0, _ body: [UInt8] = []) -> [UInt8] {
        var bytes: [UInt8] = [0, 0, 0, 0, type.rawValue, 1, 0, 0, 0]
        bytes.appendLittle(UInt64(19 + body.count), count: 4)
        bytes.appendLittle(UInt64(end), count: 4)
        bytes.appendLittle(UInt64(flags), count: 2)
        return bytes + body
    }

    @Test func `a file that begins inside a transaction undoes it`() throws {
        let packets = try openTransaction()
        var framer = TransactionFramer(decoder: EventDecoder(file: "bin.000001"))
        var ends: [TransactionEnd.Kind] = []
        for packet in packets + [packets[0]] {
            try framer.accept(packet) { if case .end(let end) = $0 { ends.append(end.kind) } }
        }
        #expect(ends.last == .cut)
        #expect(!framer.isInsideTransaction)
    }

    @Test func `a transaction that ends with ROLLBACK is over at the source, and not cut off`() throws {
        let packets = try openTransaction()
        var framer = TransactionFramer(decoder: EventDecoder(file: "bin.000001"))
        var ends: [TransactionEnd.Kind] = []
        let end = UInt32(truncatingIfNeeded: try #require(packets.last).count)
        var rollback = event(
            .query, end: end, [UInt8](repeating: 0, count: 14) + Array("ROLLBACK".utf8) + [0, 0, 0, 0])
        let sum = Checksum.crc(rollback, 0..<(rollback.count - 4))
        for index in 0..<4 {
            rollback[rollback.count - 4 + index] = UInt8(truncatingIfNeeded: sum >> UInt32(8 * index))
        }
        for packet in packets + [rollback, packets[0]] {
            try framer.accept(packet) { if case .end(let end) = $0 { ends.append(end.kind) } }
        }
        #expect(ends.last == .rollback)
    }

    @Test func `a GTID inside a transaction is refused`() throws {
        let packets = try openTransaction()
        let gtid = try #require(packets.last { $0[4] == EventType.gtid.rawValue })
        var framer = TransactionFramer(decoder: EventDecoder(file: "bin.000001"))
        for packet in packets { try framer.accept(packet) { _ in } }
        #expect(framer.isInsideTransaction)
        #expect(throws: BinlogError.self) { try framer.accept(gtid) { _ in } }
    }

    @Test func `offsets go on over 4 GiB`() throws {
        var decoder = EventDecoder(file: "big", position: 0xffff_fff0)
        let first = try decoder.decode(event(.xid, end: 0x0b, [UInt8](repeating: 1, count: 8)))
        #expect(first.end == 0x1_0000_000b)
        #expect(first.origin.position == 0xffff_fff0)
        // Neither a heartbeat nor a made-up event moves it.
        _ = try decoder.decode(event(.heartbeat, end: 77))
        _ = try decoder.decode(event(.xid, end: 0, flags: 0x20, [UInt8](repeating: 1, count: 8)))
        #expect(decoder.position == 0x1_0000_000b)
        #expect(try decoder.decode(event(.stop, end: 0x1e)).end == 0x1_0000_001e)
    }

    @Test func `an unknown event is passed over only when its flag allows it`() throws {
        var decoder = EventDecoder()
        let unknown = EventType(rawValue: 99)
        if case .passed = try decoder.decode(event(unknown, end: 30, flags: 0x80)).body {} else { Issue.record("read") }
        #expect {
            _ = try decoder.decode(event(unknown, end: 50))
        } throws: { error in
            (error as? BinlogError)?.code == .unsupported && "\(error)".contains("event number 99")
        }
    }

    @Test func `an incident is an error with the source's words`() {
        var decoder = EventDecoder(file: "f")
        #expect {
            _ = try decoder.decode(event(.incident, end: 30, [1, 0, 4] + Array("lost".utf8)))
        } throws: { error in
            (error as? BinlogError)?.code == .incident && "\(error)".contains("incident 1 lost")
        }
    }

    @Test func `rows without their table map are refused`() {
        var decoder = EventDecoder(file: "f")
        let body: [UInt8] = [9, 0, 0, 0, 0, 0, 1, 0, 2, 0, 1, 0xff]
        #expect {
            _ = try decoder.decode(event(.writeRows, end: 30, body))
        } throws: { error in
            "\(error)".contains("no table map for table id 9")
        }
    }

    @Test func `a size that differs from the packet's is refused`() {
        var decoder = EventDecoder()
        #expect(throws: BinlogError.self) { try decoder.decode(event(.stop, end: 23) + [0]) }
        #expect(throws: BinlogError.self) { try decoder.decode([1, 2, 3]) }
        var small = EventDecoder(limits: BinlogLimits(event: 20))
        #expect {
            _ = try small.decode(event(.xid, end: 30, [UInt8](repeating: 0, count: 8)))
        } throws: { error in
            (error as? BinlogError)?.code == .tooLarge
        }
    }
}
