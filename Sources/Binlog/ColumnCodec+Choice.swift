extension ColumnCodec {
    /// Chooses by the table map and, where it is silent, by the caller's definition.
    /// - Throws: `definition` when neither says what is needed, or when they contradict each other.
    init(_ shape: ColumnShape, _ definition: ColumnDefinition?) throws(BinlogError) {
        let extent = try Self.extent(of: shape)
        let width = if case .fixed(let size) = extent { size } else { 0 }
        let lengthBytes = if case .prefixed(let count) = extent { count } else { 0 }
        switch (shape.type, shape.metadata) {
        case (.tiny, _), (.short, _), (.int24, _), (.long, _), (.longLong, _):
            self = .integer(width: width, isUnsigned: try Self.isUnsigned(shape, definition))
        case (.float, _): self = .float
        case (.double, _): self = .double
        case (.newDecimal, .decimal(let precision, let scale)): self = .decimal(precision: precision, scale: scale)
        case (.year, _): self = .year
        case (.date, _), (.newDate, _): self = .date
        case (.time2, .fraction(let digits)): self = .time(fraction: digits)
        case (.dateTime2, .fraction(let digits)): self = .dateTime(fraction: digits)
        case (.timestamp2, .fraction(let digits)): self = .timestamp(fraction: digits)
        case (.time, _), (.dateTime, _), (.timestamp, _): self = try Self.old(shape, definition)
        case (.bit, .bits(let count)): self = .bits(count)
        case (.enumeration, _): self = .enumeration(width: width)
        case (.set, _): self = .set(width: width)
        case (.json, _): self = .json(lengthBytes: lengthBytes)
        case (.geometry, _): self = .geometry(lengthBytes: lengthBytes)
        case (.vector, _): self = .vector(lengthBytes: lengthBytes)
        case (.string, .maximum(let size)): self = try Self.string(shape, definition, size, lengthBytes)
        case (.blobCompressed, _), (.varcharCompressed, _):
            self = .compressed(lengthBytes: lengthBytes, isText: try Self.isText(shape, definition))
        default: self = try Self.variable(shape, definition, lengthBytes)
        }
    }

    private static func isUnsigned(_ shape: ColumnShape, _ definition: ColumnDefinition?) throws(BinlogError) -> Bool {
        guard let known = shape.isUnsigned ?? definition?.isUnsigned else {
            throw BinlogError(
                .definition,
                "signed or unsigned: neither the binlog nor a column list says it "
                    + "(set binlog_row_metadata to MINIMAL or FULL)")
        }
        if let definition, definition.kind != .number || definition.isUnsigned != known {
            throw BinlogError(.definition, "the column list says another type than the binlog")
        }
        return known
    }

    private static func isText(_ shape: ColumnShape, _ definition: ColumnDefinition?) throws(BinlogError) -> Bool {
        if let definition { return definition.kind == .characters }
        guard let collation = shape.collation else {
            throw BinlogError(
                .definition,
                "text or bytes: neither the binlog nor a column list says it "
                    + "(set binlog_row_metadata to MINIMAL or FULL)")
        }
        return collation != 63
    }

    /// Formats before MySQL 5.6. MariaDB's with fractions of seconds have other sizes, which the binlog does not tell.
    private static func old(_ shape: ColumnShape, _ definition: ColumnDefinition?) throws(BinlogError) -> ColumnCodec {
        guard let definition, definition.fraction == 0 else {
            let reason = definition == nil ? "needs a column list" : "has fractions of seconds"
            throw BinlogError(
                .unsupported,
                "a time in the format before MySQL 5.6 \(reason): set mysql56_temporal_format=ON and "
                    + "run ALTER TABLE … FORCE")
        }
        switch shape.type {
        case .time: return .oldTime
        case .dateTime: return .oldDateTime
        default: return .oldTimestamp
        }
    }

    private static func string(
        _ shape: ColumnShape, _ definition: ColumnDefinition?, _ size: Int, _ lengthBytes: Int
    ) throws(BinlogError) -> ColumnCodec {
        switch definition?.kind {
        case .uuid where size == 16: .uuid(lengthBytes: lengthBytes)
        case .inet6 where size == 16: .inet6(lengthBytes: lengthBytes)
        case .inet4 where size == 4: .inet4(lengthBytes: lengthBytes)
        case .uuid, .inet4, .inet6: throw BinlogError(.definition, "\(size) bytes for an address or a UUID")
        default:
            try isText(shape, definition)
                ? .characters(lengthBytes: lengthBytes) : .padded(size: size, lengthBytes: lengthBytes)
        }
    }

    private static func variable(
        _ shape: ColumnShape, _ definition: ColumnDefinition?, _ lengthBytes: Int
    ) throws(BinlogError) -> ColumnCodec {
        guard shape.type.hasCharacterSet else {
            throw BinlogError(.unsupported, "column type \(shape.type.rawValue) is not known")
        }
        // MariaDB logs JSON and geometry columns as BLOB; the bytes are the value in each case.
        let isText = try isText(shape, definition)
        return isText ? .characters(lengthBytes: lengthBytes) : .bytes(lengthBytes: lengthBytes)
    }
}
