import Binlog

extension TableFit {
    private static let integers: Set<String> = ["tinyint", "smallint", "mediumint", "int", "bigint", "year", "bit"]
    private static let texts: Set<String> = ["char", "varchar", "tinytext", "text", "mediumtext", "longtext"]

    /// What a column of the target would make of values without an error; nil: it takes them as they are, or the server
    /// refuses them.
    static func loss(_ shape: ColumnShape, _ column: TargetColumn, isUTF8: Bool) -> String? {
        let type = column.dataType
        switch shape.type {
        case .newDecimal: return digits(shape, column)
        case .float, .double:
            let isNarrow = integers.contains(type) || type == "decimal" || (shape.type == .double && type == "float")
            return isNarrow ? "would round what is \(shape.type == .float ? "FLOAT" : "DOUBLE") in the binlog" : nil
        case .date, .newDate: return ["time", "year"].contains(type) ? "keeps no dates" : nil
        case .time, .time2:
            return ["date", "datetime", "timestamp", "year"].contains(type)
                ? "would make dates of times" : fraction(shape, column, of: ["time"])
        case .dateTime, .dateTime2, .timestamp, .timestamp2:
            return ["date", "time", "year"].contains(type)
                ? "would keep a part of each date and time" : fraction(shape, column, of: ["datetime", "timestamp"])
        case .enumeration, .set: return labels(shape, column, isUTF8: isUTF8)
        case .string, .varchar, .varString: return width(shape, column)
        default: return nil
        }
    }

    private static func digits(_ shape: ColumnShape, _ column: TargetColumn) -> String? {
        guard let scale = shape.scale, scale > 0 else { return nil }
        if integers.contains(column.dataType) { return "would round away \(scale) digits after the point" }
        guard column.dataType == "decimal", let kept = column.scale, kept < scale else { return nil }
        return "would keep \(kept) of \(scale) digits after the point"
    }

    private static func fraction(_ shape: ColumnShape, _ column: TargetColumn, of types: Set<String>) -> String? {
        guard let fraction = shape.fraction, types.contains(column.dataType), column.definition.fraction < fraction
        else { return nil }
        return "would keep \(column.definition.fraction) of \(fraction) digits after the second"
    }

    private static func labels(_ shape: ColumnShape, _ column: TargetColumn, isUTF8: Bool) -> String? {
        guard let target = Labels(columnType: column.columnType), (column.dataType == "set") == (shape.type == .set)
        else {
            let isOther = texts.contains(column.dataType) || ["enum", "set"].contains(column.dataType)
            return isOther ? "would keep numbers of labels, as the binlog has them" : nil
        }
        guard let labels = shape.labels,
            let moved = Labels(labels, isExact: isUTF8).firstMoved(in: target)
        else { return nil }
        return "has another label in place of '\(moved)'"
    }

    /// Where the binlog does not say character sets: one of a byte a letter cannot be that of a column of the same length that
    /// takes three or four times as many.
    private static func width(_ shape: ColumnShape, _ column: TargetColumn) -> String? {
        guard shape.collation == nil, column.characterSet != nil, let bytes = shape.maximumBytes,
            let letters = column.letters, letters > 0, letters == column.bytes,
            bytes == 3 * letters || bytes == 4 * letters
        else { return nil }
        return "has a character set of one byte a letter, that of the source \(bytes / letters): "
            + "set binlog_row_metadata=FULL at the source"
    }
}
