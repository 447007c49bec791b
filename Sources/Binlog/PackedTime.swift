/// Times since MySQL 5.6: one number whose low 24 bits are microseconds.
enum PackedTime {
    /// TIME: signed; a negative one borrows from its seconds when it has a fraction.
    static func time(_ reader: inout ByteReader, _ digits: Int) throws(BinlogError) -> Int64 {
        guard digits > 4 else {
            var seconds = Int64(try reader.big(3)) - 0x80_0000
            let size = (digits + 1) / 2
            var fraction = Int64(try reader.big(size))
            if seconds < 0, fraction > 0 {
                seconds += 1
                fraction -= 1 << Int64(8 * size)
            }
            return seconds << 24 + fraction * (size == 0 ? 0 : size == 1 ? 10_000 : 100)
        }
        return Int64(try reader.big(6)) - 0x8000_0000_0000
    }

    static func dateTime(_ reader: inout ByteReader, _ digits: Int) throws(BinlogError) -> Int64 {
        let seconds = Int64(try reader.big(5)) - 0x80_0000_0000
        return seconds << 24 + Int64(try microseconds(&reader, digits))
    }

    static func microseconds(_ reader: inout ByteReader, _ digits: Int) throws(BinlogError) -> UInt32 {
        let size = (digits + 1) / 2
        let raw = UInt32(try reader.big(size))
        return size == 0 ? 0 : size == 1 ? raw * 10_000 : size == 2 ? raw * 100 : raw
    }
}
