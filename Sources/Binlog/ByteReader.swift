/// Reads numbers and text from a part of a byte array. Every read checks the end and throws instead of trapping.
package struct ByteReader {
    package let bytes: [UInt8]
    package private(set) var position: Int
    package let end: Int

    /// `range` is clipped to the array.
    package init(_ bytes: [UInt8], _ range: Range<Int>) {
        self.bytes = bytes
        end = min(max(range.upperBound, 0), bytes.count)
        position = min(max(range.lowerBound, 0), end)
    }

    package init(_ bytes: [UInt8]) { self.init(bytes, 0..<bytes.count) }

    package var remaining: Int { end - position }
    package var isAtEnd: Bool { position == end }
    /// What was not read yet.
    package var rest: Range<Int> { position..<end }

    package mutating func take(_ count: Int) throws(BinlogError) -> Range<Int> {
        guard count >= 0, count <= end - position else { throw .truncated }
        let start = position
        position += count
        return start..<position
    }

    package mutating func skip(_ count: Int) throws(BinlogError) { _ = try take(count) }

    package mutating func u8() throws(BinlogError) -> UInt8 {
        guard position < end else { throw .truncated }
        defer { position += 1 }
        return bytes[position]
    }

    package mutating func u16() throws(BinlogError) -> UInt16 { UInt16(truncatingIfNeeded: try little(2)) }
    package mutating func u24() throws(BinlogError) -> UInt32 { UInt32(truncatingIfNeeded: try little(3)) }
    package mutating func u32() throws(BinlogError) -> UInt32 { UInt32(truncatingIfNeeded: try little(4)) }
    package mutating func u64() throws(BinlogError) -> UInt64 { try little(8) }

    /// A little-endian number of up to 8 bytes.
    package mutating func little(_ count: Int) throws(BinlogError) -> UInt64 {
        let range = try take(count)
        var value: UInt64 = 0
        for index in range.reversed() { value = value << 8 | UInt64(bytes[index]) }
        return value
    }

    /// A big-endian number of up to 8 bytes.
    package mutating func big(_ count: Int) throws(BinlogError) -> UInt64 {
        let range = try take(count)
        var value: UInt64 = 0
        for index in range { value = value << 8 | UInt64(bytes[index]) }
        return value
    }

    /// A length-encoded integer: 1, 3, 4 or 9 bytes.
    package mutating func lengthEncoded() throws(BinlogError) -> UInt64 {
        let first = try u8()
        switch first {
        case ..<251: return UInt64(first)
        case 252: return try little(2)
        case 253: return try little(3)
        case 254: return try little(8)
        default: throw BinlogError(.malformed, "a length starts with the byte \(first)")
        }
    }

    /// A length-encoded number of things that each need at least one byte of what remains.
    package mutating func count() throws(BinlogError) -> Int {
        let number = try lengthEncoded()
        guard number <= UInt64(remaining) else { throw .truncated }
        return Int(number)
    }

    package mutating func lengthEncodedRange() throws(BinlogError) -> Range<Int> { try take(try count()) }

    package mutating func lengthEncodedString() throws(BinlogError) -> String {
        string(try lengthEncodedRange())
    }

    package mutating func string(count: Int) throws(BinlogError) -> String { string(try take(count)) }

    /// Up to a zero byte, which is read too.
    package mutating func zeroTerminated() throws(BinlogError) -> String {
        guard let zero = bytes[rest].firstIndex(of: 0) else { throw .truncated }
        defer { position = zero + 1 }
        return string(position..<zero)
    }

    package func string(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }
}
