extension ColumnCodec {
    /// The largest value that a compressed column can hold.
    private static let columnLimit = 1 << 30

    /// Decodes the value at the reader's position.
    func decode(_ reader: inout ByteReader) throws(BinlogError) -> Value {
        switch self {
        case .integer(let width, let isUnsigned): return try Self.integer(&reader, width, isUnsigned)
        case .float: return .float(Float(bitPattern: try reader.u32()))
        case .double: return .double(Double(bitPattern: try reader.u64()))
        case .decimal(let precision, let scale):
            return .decimal(try PackedDecimal.text(&reader, precision: precision, scale: scale))
        case .year, .date, .oldTime, .oldDateTime, .oldTimestamp, .time, .dateTime, .timestamp:
            return .time(try time(&reader))
        case .bits(let count): return .bits(try reader.big((count + 7) / 8))
        case .enumeration(let width): return .enumeration(Int(try reader.little(width)))
        case .set(let width): return .set(try reader.little(width))
        case .characters(let lengthBytes): return .characters(try Self.slice(&reader, lengthBytes))
        case .bytes(let lengthBytes): return .bytes(try Self.slice(&reader, lengthBytes))
        case .geometry(let lengthBytes): return .geometry(try Self.slice(&reader, lengthBytes))
        case .vector(let lengthBytes): return .vector(try Self.slice(&reader, lengthBytes))
        case .padded(let size, let lengthBytes): return .bytes(try Self.padded(&reader, size, lengthBytes))
        case .uuid(let lengthBytes): return .address(FixedText.uuid(try Self.padded(&reader, 16, lengthBytes)))
        case .inet4(let lengthBytes): return .address(FixedText.inet4(try Self.padded(&reader, 4, lengthBytes)))
        case .inet6(let lengthBytes): return .address(FixedText.inet6(try Self.padded(&reader, 16, lengthBytes)))
        case .json(let lengthBytes):
            let slice = try Self.slice(&reader, lengthBytes)
            return .json(try BinaryJSON.text(reader.bytes, slice.startIndex..<slice.endIndex))
        case .compressed(let lengthBytes, let isText):
            let slice = try Self.slice(&reader, lengthBytes)
            let plain = try Inflated.column(
                reader.bytes, slice.startIndex..<slice.endIndex, limit: Self.columnLimit)
            return isText ? .characters(plain[...]) : .bytes(plain[...])
        }
    }

    private func time(_ reader: inout ByteReader) throws(BinlogError) -> [UInt8] {
        switch self {
        case .year: return TimeText.year(try reader.u8())
        case .date: return TimeText.date(packed: try reader.u24())
        case .oldTime: return TimeText.oldTime(try reader.u24())
        case .oldDateTime: return try TimeText.oldDateTime(try reader.u64())
        case .oldTimestamp: return TimeText.timestamp(try reader.u32(), microseconds: 0, digits: 0)
        case .time(let fraction):
            return TimeText.time(packed: try PackedTime.time(&reader, fraction), digits: fraction)
        case .dateTime(let fraction):
            return TimeText.dateTime(packed: try PackedTime.dateTime(&reader, fraction), digits: fraction)
        default:
            guard case .timestamp(let fraction) = self else { return [] }
            let seconds = UInt32(truncatingIfNeeded: try reader.big(4))
            return TimeText.timestamp(
                seconds, microseconds: try PackedTime.microseconds(&reader, fraction), digits: fraction)
        }
    }

    private static func integer(
        _ reader: inout ByteReader, _ width: Int, _ isUnsigned: Bool
    ) throws(BinlogError) -> Value {
        let raw = try reader.little(width)
        guard !isUnsigned else { return .unsigned(raw) }
        let shift = UInt64(64 - 8 * width)
        return .integer(Int64(bitPattern: raw << shift) >> Int64(shift))
    }

    private static func slice(_ reader: inout ByteReader, _ lengthBytes: Int) throws(BinlogError) -> ArraySlice<UInt8> {
        let length = Int(try reader.little(lengthBytes))
        return reader.bytes[try reader.take(length)]
    }

    private static func padded(
        _ reader: inout ByteReader, _ size: Int, _ lengthBytes: Int
    ) throws(BinlogError) -> ArraySlice<UInt8> {
        let slice = try slice(&reader, lengthBytes)
        guard slice.count <= size else { throw BinlogError(.malformed, "\(slice.count) bytes in \(size)") }
        return slice.count == size ? slice : slice + repeatElement(0, count: size - slice.count)
    }
}
