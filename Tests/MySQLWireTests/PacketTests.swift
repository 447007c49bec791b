import Testing

@testable import MySQLWire

@Suite struct PacketTests {
    private func received(_ pieces: [[UInt8]], limit: Int = 1 << 26) throws -> [UInt8] {
        try PacketStream(ScriptedStream(pieces), limit: limit).receive(waiting: "a test")
    }

    @Test func `a packet comes in any pieces`() throws {
        let whole = packet(0, Array("hello".utf8))
        #expect(try received([whole]) == Array("hello".utf8))
        #expect(try received(whole.map { [$0] }) == Array("hello".utf8))
        #expect(try received([packet(0, [])]) == [])
    }

    @Test func `parts of 16 MiB are put together, also when the last is empty`() throws {
        let full = [UInt8](repeating: 7, count: 0xff_ffff)
        #expect(try received([packet(0, full), packet(1, [1, 2])]).count == 0xff_ffff + 2)
        #expect(try received([packet(0, full), packet(1, [])]).count == 0xff_ffff)
    }

    @Test func `what we send is cut the same way`() throws {
        let stream = ScriptedStream([])
        let packets = PacketStream(stream, limit: 1 << 26)
        try packets.send([UInt8](repeating: 7, count: 0xff_ffff))
        #expect(stream.written[0].count == 4 + 0xff_ffff + 4)
        #expect(stream.written[0].suffix(4) == [0, 0, 0, 1])
        try packets.sendCommand(14)
        #expect(stream.written[1] == [1, 0, 0, 0, 14])
    }

    @Test func `a packet over the limit is refused before it is read`() {
        #expect(throws: WireError.tooLarge("a packet of more than 100 bytes")) {
            try received([[101, 0, 0, 0]], limit: 100)
        }
        let full = packet(0, [UInt8](repeating: 7, count: 0xff_ffff))
        #expect(throws: WireError.tooLarge("a packet of more than 16777225 bytes")) {
            try received([full, [255, 255, 255, 1]], limit: 0xff_ffff + 10)
        }
        #expect(throws: WireError.tooLarge("a packet of more than 16777225 bytes")) {
            try received([full, packet(1, [UInt8](repeating: 0, count: 11))], limit: 0xff_ffff + 10)
        }
    }

    @Test func `a packet out of order and a cut one are refused`() {
        #expect(throws: WireError.malformed("packet number 3, not 0")) { try received([packet(3, [1])]) }
        #expect(throws: WireError.closed) { try received([[5, 0, 0, 0, 1]]) }
    }
}
