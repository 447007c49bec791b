/// What a table map says beyond types: signs, character sets, names, labels, key. A list of number, length, content.
struct OptionalMetadata {
    private(set) var columns: [ColumnShape]
    private(set) var primaryKey: [Int]?

    init(columns: [ColumnShape]) { self.columns = columns }

    mutating func read(_ reader: inout ByteReader) throws(BinlogError) {
        while !reader.isAtEnd {
            let field = try reader.u8()
            var content = ByteReader(reader.bytes, try reader.lengthEncodedRange())
            try read(field, &content)
        }
    }

    private mutating func read(_ field: UInt8, _ content: inout ByteReader) throws(BinlogError) {
        switch field {
        case 1: try readSigns(&content)
        case 2: try readDefaultCollation(&content, of: indexes { $0.hasCharacterSet })
        case 3: try readCollations(&content, of: indexes { $0.hasCharacterSet })
        case 4: for index in columns.indices { columns[index].name = try content.lengthEncodedString() }
        case 5: try readLabels(&content, of: indexes { $0 == .set })
        case 6: try readLabels(&content, of: indexes { $0 == .enumeration })
        case 8, 9: try readPrimaryKey(&content, hasPrefixes: field == 9)
        case 10: try readDefaultCollation(&content, of: indexes { $0 == .set || $0 == .enumeration })
        case 11: try readCollations(&content, of: indexes { $0 == .set || $0 == .enumeration })
        case 12: try readVisibility(&content)
        // 7: kinds of geometry, 13: sizes of vectors; values say both themselves.
        default: break
        }
    }

    private func indexes(_ isIn: (ColumnType) -> Bool) -> [Int] { columns.indices.filter { isIn(columns[$0].type) } }

    /// One bit for each column that has a sign, YEAR among them, the first in the highest bit.
    private mutating func readSigns(_ content: inout ByteReader) throws(BinlogError) {
        let signed = indexes { $0.hasSign }
        guard (signed.count + 7) / 8 == content.remaining else {
            throw BinlogError(.malformed, "signs of another number of columns than \(signed.count)")
        }
        let bits = content.rest
        for (bit, index) in signed.enumerated() {
            let byte = content.bytes[bits.lowerBound + bit / 8]
            columns[index].isUnsigned = byte >> UInt8(7 - bit % 8) & 1 == 1
        }
    }

    /// A collation for all, then pairs of position and collation for the others.
    private mutating func readDefaultCollation(
        _ content: inout ByteReader, of indexes: [Int]
    ) throws(BinlogError) {
        let usual = try content.lengthEncoded()
        for index in indexes { columns[index].collation = usual }
        while !content.isAtEnd {
            let place = try content.lengthEncoded()
            guard place < UInt64(indexes.count) else {
                throw BinlogError(.malformed, "character set of column \(place)")
            }
            columns[indexes[Int(place)]].collation = try content.lengthEncoded()
        }
    }

    private mutating func readCollations(_ content: inout ByteReader, of indexes: [Int]) throws(BinlogError) {
        for index in indexes { columns[index].collation = try content.lengthEncoded() }
    }

    private mutating func readLabels(_ content: inout ByteReader, of indexes: [Int]) throws(BinlogError) {
        for index in indexes {
            var labels: [String] = []
            for _ in 0..<(try content.count()) { labels.append(try content.lengthEncodedString()) }
            columns[index].labels = labels
        }
    }

    private mutating func readPrimaryKey(_ content: inout ByteReader, hasPrefixes: Bool) throws(BinlogError) {
        var key: [Int] = []
        while !content.isAtEnd {
            let index = try content.lengthEncoded()
            guard index < UInt64(columns.count) else { throw BinlogError(.malformed, "key column \(index)") }
            key.append(Int(index))
            if hasPrefixes { _ = try content.lengthEncoded() }
        }
        primaryKey = key
    }

    private mutating func readVisibility(_ content: inout ByteReader) throws(BinlogError) {
        let bits = try content.take((columns.count + 7) / 8)
        for index in columns.indices {
            let byte = content.bytes[bits.lowerBound + index / 8]
            columns[index].isVisible = byte >> UInt8(7 - index % 8) & 1 == 1
        }
    }
}
