import Testing

@testable import Binlog

/// contract §D.3: the forms of values, byte by byte; the matrix against servers is in ServerTests.
@Suite struct ValueTests {
    private func decoded(_ codec: ColumnCodec, _ bytes: [UInt8]) throws -> Value {
        var reader = ByteReader(bytes)
        let value = try codec.decode(&reader)
        #expect(reader.isAtEnd)
        return value
    }

    private func text(_ codec: ColumnCodec, _ bytes: [UInt8]) throws -> String {
        switch try decoded(codec, bytes) {
        case .decimal(let text), .time(let text), .json(let text): String(decoding: text, as: UTF8.self)
        case let other: "\(other)"
        }
    }

    @Test func `integers keep their sign in every width`() throws {
        #expect(try decoded(.integer(width: 3, isUnsigned: false), [0xff, 0xff, 0xff]) == .integer(-1))
        #expect(try decoded(.integer(width: 3, isUnsigned: false), [0, 0, 0x80]) == .integer(-8_388_608))
        #expect(try decoded(.integer(width: 3, isUnsigned: true), [0, 0, 0x80]) == .unsigned(8_388_608))
        let all = [UInt8](repeating: 0xff, count: 8)
        #expect(try decoded(.integer(width: 8, isUnsigned: false), all) == .integer(-1))
        #expect(try decoded(.integer(width: 8, isUnsigned: true), all) == .unsigned(.max))
    }

    @Test func `a DECIMAL of the manual`() throws {
        // 1234567890.1234 as DECIMAL(14,4), and its negative.
        let codec = ColumnCodec.decimal(precision: 14, scale: 4)
        #expect(try text(codec, [0x81, 0x0d, 0xfb, 0x38, 0xd2, 0x04, 0xd2]) == "1234567890.1234")
        #expect(try text(codec, [0x7e, 0xf2, 0x04, 0xc7, 0x2d, 0xfb, 0x2d]) == "-1234567890.1234")
        #expect(throws: BinlogError.self) { try text(codec, [0x80, 0xff, 0xff, 0xff, 0xff, 0, 0]) }
    }

    @Test func `a negative time borrows from its seconds`() throws {
        #expect(try text(.time(fraction: 6), [0x7f, 0xff, 0xfe, 0xf8, 0x5e, 0xe0]) == "-00:00:01.500000")
        #expect(try text(.time(fraction: 2), [0x7f, 0xff, 0xff, 0xff]) == "-00:00:00.01")
        #expect(try text(.time(fraction: 2), [0x7f, 0xff, 0xfe, 0xce]) == "-00:00:01.50")
        #expect(try text(.time(fraction: 0), [0x7f, 0xff, 0xff]) == "-00:00:01")
    }

    @Test func `the formats before MySQL 5_6`() throws {
        #expect(try text(.oldTime, [0x40, 0xe2, 0x01]) == "12:34:56")
        #expect(try text(.oldTime, [0xc0, 0x1d, 0xfe]) == "-12:34:56")
        let digits = ([UInt8](), 20_261_122_141_516 as UInt64)
        let bytes = (0..<8).reduce(into: digits.0) { $0.append(UInt8(truncatingIfNeeded: digits.1 >> (8 * $1))) }
        #expect(try text(.oldDateTime, bytes) == "2026-11-22 14:15:16")
        #expect(try text(.oldTimestamp, [0xff, 0xff, 0xff, 0x7f]) == "2038-01-19 03:14:07")
        #expect(try text(.oldTimestamp, [0, 0, 0, 0]) == "0000-00-00 00:00:00")
        #expect(try text(.oldTimestamp, [0xff, 0xff, 0xff, 0xff]) == "2106-02-07 06:28:15")
    }

    @Test func `BINARY gets back the zeros that the source cut off`() throws {
        #expect(try decoded(.padded(size: 4, lengthBytes: 1), [2, 7, 8]) == .bytes([7, 8, 0, 0]))
        #expect(throws: BinlogError.self) { try decoded(.padded(size: 1, lengthBytes: 1), [2, 7, 8]) }
    }

    @Test func `a UUID of versions 1 to 5 is stored from its last group to its first`() throws {
        let stored: [UInt8] = [
            16, 0x42, 0x66, 0x55, 0x44, 0, 0, 0xa4, 0x56, 0x12, 0xd3, 0xe8, 0x9b, 0x12, 0x3e, 0x45, 0x67,
        ]
        #expect(
            try decoded(.uuid(lengthBytes: 1), stored) == .address("123e4567-e89b-12d3-a456-426655440000"))
        #expect(try decoded(.uuid(lengthBytes: 1), [0]) == .address("00000000-0000-0000-0000-000000000000"))
    }

    @Test func `numbers in JSON look as the server prints them`() {
        let cases: [(Double, String)] = [
            (0, "0.0"), (-0.0, "-0.0"), (1, "1.0"), (1e14, "100000000000000.0"), (1e15, "1e15"),
            (-1.5e22, "-1.5e22"), (0.00001, "0.00001"), (1e-15, "0.000000000000001"), (1e-16, "1e-16"),
            (123456789.125, "123456789.125"), (Double.leastNonzeroMagnitude, "5e-324"),
        ]
        for (number, text) in cases { #expect(String(decoding: NumberText.json(number), as: UTF8.self) == text) }
    }

    @Test func `JSON that an attacker made ends`() throws {
        // An array whose two members are the array itself, and one that only goes deeper.
        let twice: [UInt8] = [2, 2, 0, 10, 0, 2, 0, 0, 2, 0, 0]
        let once: [UInt8] = [2, 1, 0, 7, 0, 2, 0, 0]
        for bytes in [twice, once] {
            #expect(throws: BinlogError.self) { try BinaryJSON.text(bytes, 0..<bytes.count) }
        }
        #expect(try BinaryJSON.text([], 0..<0) == Array("null".utf8))
    }

    @Test func `what zlib is told to make is bounded`() {
        // One byte that claims 4 GiB, and one that claims 1 MiB.
        for head in [[0x84, 0xff, 0xff, 0xff, 0xff], [0x83, 0x10, 0, 0]] as [[UInt8]] {
            let bytes = head + [0x78]
            #expect(throws: BinlogError.self) { try Inflated.record(bytes, 0..<bytes.count, limit: 1 << 20) }
        }
    }

    @Test func `Base64 pads`() {
        for (text, encoded) in [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg==")] {
            #expect(Base64.encoded(Array(text.utf8)[...]) == Array(encoded.utf8))
        }
    }
}
