/// How a column's bytes become a value.
enum ColumnCodec: Sendable, Equatable {
    case integer(width: Int, isUnsigned: Bool)
    case float
    case double
    case decimal(precision: Int, scale: Int)
    case year
    case date
    case oldTime
    case oldDateTime
    case oldTimestamp
    case time(fraction: Int)
    case dateTime(fraction: Int)
    case timestamp(fraction: Int)
    case bits(Int)
    case enumeration(width: Int)
    case set(width: Int)
    case characters(lengthBytes: Int)
    case bytes(lengthBytes: Int)
    /// The source cuts zeros off the end.
    case padded(size: Int, lengthBytes: Int)
    case uuid(lengthBytes: Int)
    case inet4(lengthBytes: Int)
    case inet6(lengthBytes: Int)
    case json(lengthBytes: Int)
    case geometry(lengthBytes: Int)
    case vector(lengthBytes: Int)
    case compressed(lengthBytes: Int, isText: Bool)

    /// How many bytes a value takes; needs nothing but the table map.
    enum Extent: Sendable, Equatable {
        case fixed(Int)
        case prefixed(lengthBytes: Int)
    }

    /// - Throws: `unsupported` for a type whose values have no size that we know.
    static func extent(of shape: ColumnShape) throws(BinlogError) -> Extent {
        switch shape.metadata {
        case .lengthBytes(let count): return .prefixed(lengthBytes: count)
        case .maximum(let most): return .prefixed(lengthBytes: most > 255 ? 2 : 1)
        case .decimal(let precision, let scale): return .fixed(PackedDecimal.size(precision: precision, scale: scale))
        case .bits(let count): return .fixed((count + 7) / 8)
        case .width(let width): return .fixed(width)
        case .fraction(let digits):
            let whole = shape.type == .time2 ? 3 : shape.type == .timestamp2 ? 4 : 5
            return .fixed(whole + (digits + 1) / 2)
        case .none: return .fixed(try fixedSize(of: shape.type))
        }
    }

    private static func fixedSize(of type: ColumnType) throws(BinlogError) -> Int {
        switch type {
        case .tiny, .year: return 1
        case .short: return 2
        case .int24, .date, .newDate, .time: return 3
        case .long, .timestamp: return 4
        case .longLong, .dateTime: return 8
        case .null: return 0
        default: throw BinlogError(.unsupported, "column type \(type.rawValue) is not known")
        }
    }
}
