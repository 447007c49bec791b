/// The identity of a MySQL server: 16 bytes, written as a UUID.
package struct SourceID: Sendable, Hashable {
    let high: UInt64
    let low: UInt64

    init(_ reader: inout ByteReader) throws(BinlogError) {
        high = try reader.big(8)
        low = try reader.big(8)
    }

    /// 32 hexadecimal digits with or without dashes; nil for other text.
    package init?(_ text: some StringProtocol) {
        var halves: (UInt64, UInt64) = (0, 0)
        var digits = 0
        for character in text where character != "-" {
            guard character.isASCII, let digit = character.hexDigitValue, digits < 32 else { return nil }
            if digits < 16 {
                halves.0 = halves.0 << 4 | UInt64(digit)
            } else {
                halves.1 = halves.1 << 4 | UInt64(digit)
            }
            digits += 1
        }
        guard digits == 32 else { return nil }
        (high, low) = halves
    }

    /// Most significant first.
    package var bytes: [UInt8] {
        [high, low].flatMap { half in (0..<8).map { UInt8(truncatingIfNeeded: half >> (56 - 8 * $0)) } }
    }
}

extension SourceID: Comparable, CustomStringConvertible {
    package static func < (left: SourceID, right: SourceID) -> Bool { (left.high, left.low) < (right.high, right.low) }

    package var description: String { uuidText(bytes[...]) }
}

private let hexDigits = Array("0123456789abcdef".utf8)

/// Bytes as lower-case hexadecimal digits.
func appendHex(_ bytes: ArraySlice<UInt8>, to text: inout [UInt8]) {
    for byte in bytes {
        text.append(hexDigits[Int(byte >> 4)])
        text.append(hexDigits[Int(byte & 15)])
    }
}

/// 16 bytes as 8-4-4-4-12 digits.
func uuidText(_ bytes: ArraySlice<UInt8>) -> String {
    var text: [UInt8] = []
    for (index, byte) in bytes.enumerated() {
        if [4, 6, 8, 10].contains(index) { text.append(UInt8(ascii: "-")) }
        appendHex([byte], to: &text)
    }
    return String(decoding: text, as: UTF8.self)
}
