/// DECIMAL as row images have it: groups of nine digits, big-endian, the first bit inverted, all bits inverted below zero.
enum PackedDecimal {
    /// Bytes of a group that has fewer digits than nine.
    private static let partSizes = [0, 1, 1, 2, 2, 3, 3, 4, 4]

    static func size(precision: Int, scale: Int) -> Int {
        let whole = precision - scale
        return whole / 9 * 4 + partSizes[whole % 9] + scale / 9 * 4 + partSizes[scale % 9]
    }

    /// `-12.340`: with as many digits after the point as the column has, without leading zeros.
    static func text(_ reader: inout ByteReader, precision: Int, scale: Int) throws(BinlogError) -> [UInt8] {
        let range = try reader.take(size(precision: precision, scale: scale))
        var packed = Array(reader.bytes[range])
        guard let first = packed.first else { throw BinlogError(.malformed, "a DECIMAL without digits") }
        let isNegative = first & 0x80 == 0
        packed[0] ^= 0x80
        if isNegative { for index in packed.indices { packed[index] = ~packed[index] } }

        var groups = ByteReader(packed)
        let whole = precision - scale
        var digits: [UInt8] = []
        try append(&groups, whole % 9, to: &digits)
        for _ in 0..<(whole / 9) { try append(&groups, 9, to: &digits) }
        let leading = digits.prefix { $0 == UInt8(ascii: "0") }.count
        var text: [UInt8] = isNegative ? [UInt8(ascii: "-")] : []
        text += leading == digits.count ? [UInt8(ascii: "0")] : digits[leading...]
        guard scale > 0 else { return text }
        text.append(UInt8(ascii: "."))
        for _ in 0..<(scale / 9) { try append(&groups, 9, to: &text) }
        try append(&groups, scale % 9, to: &text)
        return text
    }

    private static func append(_ groups: inout ByteReader, _ count: Int, to text: inout [UInt8]) throws(BinlogError) {
        guard count > 0 else { return }
        let number = try groups.big(count == 9 ? 4 : partSizes[count])
        let digits = String(number).utf8
        guard digits.count <= count else { throw BinlogError(.malformed, "\(number) as \(count) digits of a DECIMAL") }
        text.append(contentsOf: repeatElement(UInt8(ascii: "0"), count: count - digits.count))
        text.append(contentsOf: digits)
    }
}
