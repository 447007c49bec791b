/// How a column stands in row images, as the table map says it.
package struct ColumnType: RawRepresentable, Sendable, Hashable {
    package let rawValue: UInt8
    package init(rawValue: UInt8) { self.rawValue = rawValue }
    private init(_ rawValue: UInt8) { self.rawValue = rawValue }

    package static let decimal = ColumnType(0)
    package static let tiny = ColumnType(1)
    package static let short = ColumnType(2)
    package static let long = ColumnType(3)
    package static let float = ColumnType(4)
    package static let double = ColumnType(5)
    package static let null = ColumnType(6)
    package static let timestamp = ColumnType(7)
    package static let longLong = ColumnType(8)
    package static let int24 = ColumnType(9)
    package static let date = ColumnType(10)
    package static let time = ColumnType(11)
    package static let dateTime = ColumnType(12)
    package static let year = ColumnType(13)
    package static let newDate = ColumnType(14)
    package static let varchar = ColumnType(15)
    package static let bit = ColumnType(16)
    package static let timestamp2 = ColumnType(17)
    package static let dateTime2 = ColumnType(18)
    package static let time2 = ColumnType(19)
    package static let typedArray = ColumnType(20)
    package static let blobCompressed = ColumnType(140)
    package static let varcharCompressed = ColumnType(141)
    package static let vector = ColumnType(242)
    package static let json = ColumnType(245)
    package static let newDecimal = ColumnType(246)
    package static let enumeration = ColumnType(247)
    package static let set = ColumnType(248)
    package static let tinyBlob = ColumnType(249)
    package static let mediumBlob = ColumnType(250)
    package static let longBlob = ColumnType(251)
    package static let blob = ColumnType(252)
    package static let varString = ColumnType(253)
    package static let string = ColumnType(254)
    package static let geometry = ColumnType(255)

    /// Whether the table map says for columns of this type if they are unsigned.
    var hasSign: Bool {
        switch self {
        case .tiny, .short, .int24, .long, .longLong, .float, .double, .newDecimal, .year: true
        default: false
        }
    }

    /// Whether the table map says the character set of columns of this type.
    var hasCharacterSet: Bool {
        switch self {
        case .varchar, .varString, .string, .blob, .tinyBlob, .mediumBlob, .longBlob, .blobCompressed,
            .varcharCompressed:
            true
        default: false
        }
    }
}

/// A column as its table map describes it.
package struct ColumnShape: Sendable, Equatable {
    /// ENUM and SET by their own numbers, not as the STRING that carries them.
    package let type: ColumnType
    /// What the type's metadata says: a length, a number of digits.
    let metadata: Metadata
    package let isNullable: Bool
    /// The rest is there when the source logs it (`binlog_row_metadata`).
    package internal(set) var isUnsigned: Bool?
    /// Number of the collation; 63: bytes.
    package internal(set) var collation: UInt64?
    package internal(set) var name: String?
    /// What an ENUM or SET consists of, in the column's character set.
    package internal(set) var labels: [String]?
    package internal(set) var isVisible = true

    /// Digits after the point of a DECIMAL.
    package var scale: Int? { if case .decimal(_, let scale) = metadata { scale } else { nil } }
    /// Digits after the second; nil: the type's format does not say them.
    package var fraction: Int? { if case .fraction(let digits) = metadata { digits } else { nil } }
    /// Of values that have a length before them; nil: their lengths say it.
    package var maximumBytes: Int? { if case .maximum(let bytes) = metadata { bytes } else { nil } }

    enum Metadata: Sendable, Equatable {
        case none
        /// Bytes of the length that stands before a value.
        case lengthBytes(Int)
        /// Most bytes of a value that has a length before it.
        case maximum(Int)
        case decimal(precision: Int, scale: Int)
        case fraction(Int)
        case bits(Int)
        /// Bytes of a value.
        case width(Int)
    }

    init(_ code: UInt8, _ reader: inout ByteReader, isNullable: Bool) throws(BinlogError) {
        self.isNullable = isNullable
        let type = ColumnType(rawValue: code)
        switch type {
        case .float, .double: (self.type, metadata) = (type, .width(Int(try reader.u8())))
        case .blob, .json, .geometry, .vector, .tinyBlob, .mediumBlob, .longBlob, .blobCompressed:
            (self.type, metadata) = (type, .lengthBytes(Int(try reader.u8())))
        case .time2, .dateTime2, .timestamp2: (self.type, metadata) = (type, .fraction(Int(try reader.u8())))
        case .varchar, .varcharCompressed, .varString:
            (self.type, metadata) = (type, .maximum(Int(try reader.u16())))
        case .newDecimal:
            (self.type, metadata) = (type, .decimal(precision: Int(try reader.u8()), scale: Int(try reader.u8())))
        case .bit:
            let odd = Int(try reader.u8())
            (self.type, metadata) = (type, .bits(Int(try reader.u8()) * 8 + odd))
        case .string, .enumeration, .set: (self.type, metadata) = Self.string(try reader.u8(), try reader.u8())
        case .typedArray: throw BinlogError(.unsupported, "an array column of a multi-valued index")
        default: (self.type, metadata) = (type, .none)
        }
        try check()
    }

    /// The first byte is the real type; two bits of it, inverted, are the high bits of the length.
    private static func string(_ first: UInt8, _ second: UInt8) -> (ColumnType, Metadata) {
        guard first & 0x30 == 0x30 else {
            return (ColumnType(rawValue: first | 0x30), .maximum(Int(second) | (Int(first & 0x30) ^ 0x30) << 4))
        }
        let type = ColumnType(rawValue: first)
        return (type, type == .enumeration || type == .set ? .width(Int(second)) : .maximum(Int(second)))
    }

    /// Sizes that the format allows; what is outside would read the next column's bytes.
    private func check() throws(BinlogError) {
        let isRight =
            switch (type, metadata) {
            case (.float, .width(let width)): width == 4
            case (.double, .width(let width)): width == 8
            case (.enumeration, .width(let width)): (1...2).contains(width)
            case (.set, .width(let width)): (1...8).contains(width)
            case (_, .lengthBytes(let count)): (1...4).contains(count)
            case (_, .fraction(let digits)): (0...6).contains(digits)
            case (_, .bits(let count)): (1...64).contains(count)
            case (_, .decimal(let precision, let scale)): (1...81).contains(precision) && scale <= min(precision, 38)
            default: true
            }
        guard isRight else { throw BinlogError(.malformed, "column type \(type.rawValue) with metadata \(metadata)") }
    }
}
