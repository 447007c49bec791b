internal import CZlib

/// What stands after each event's body.
package enum Checksum: UInt8, Sendable, Equatable {
    case none = 0
    case crc32 = 1

    var size: Int { self == .crc32 ? 4 : 0 }

    /// Whether the last four bytes of `range` are the CRC-32 of those before.
    static func matches(_ bytes: [UInt8], _ range: Range<Int>) -> Bool {
        guard range.count >= 4, range.upperBound <= bytes.count else { return false }
        let body = range.lowerBound..<(range.upperBound - 4)
        let stored = bytes[body.upperBound..<range.upperBound].reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        return crc(bytes, body) == stored
    }

    /// CRC-32 of a part of the bytes.
    package static func crc(_ bytes: [UInt8], _ range: Range<Int>) -> UInt32 {
        bytes.withUnsafeBufferPointer { buffer in
            let part = UnsafeBufferPointer(rebasing: buffer[range])
            return UInt32(truncatingIfNeeded: crc32_z(0, part.baseAddress, part.count))
        }
    }
}
