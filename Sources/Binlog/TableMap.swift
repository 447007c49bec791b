/// Names the table and the columns of the row events after it. Immutable, and the same object as long as the source repeats
/// the same bytes: what a caller made for a table can be kept by `ObjectIdentifier`.
package final class TableMap: Sendable {
    /// Stands for "no table": its rows event only ends a statement.
    static let dummyID: UInt64 = 0xff_ffff

    package let id: UInt64
    package let schema: String
    package let table: String
    package let columns: [ColumnShape]
    /// Indexes of the primary key's columns, when the source logs them.
    package let primaryKey: [Int]?
    /// The bytes this was read from, to notice a repetition.
    let source: [UInt8]

    /// `schema.table`
    package var name: String { "\(schema).\(table)" }

    init(_ reader: inout ByteReader, idSize: Int) throws(BinlogError) {
        source = Array(reader.bytes[reader.rest])
        id = try reader.little(idSize)
        try reader.skip(2)
        schema = try reader.string(count: Int(try reader.u8()))
        try reader.skip(1)
        table = try reader.string(count: Int(try reader.u8()))
        try reader.skip(1)
        let types = try reader.lengthEncodedRange()
        guard types.count <= 4096 else { throw BinlogError(.malformed, "\(types.count) columns") }
        var metadata = ByteReader(reader.bytes, try reader.lengthEncodedRange())
        let nullBits = try reader.take((types.count + 7) / 8)
        var columns: [ColumnShape] = []
        for (index, code) in reader.bytes[types].enumerated() {
            let byte = reader.bytes[nullBits.lowerBound + index / 8]
            columns.append(try ColumnShape(code, &metadata, isNullable: byte >> UInt8(index % 8) & 1 == 1))
        }
        var optional = OptionalMetadata(columns: columns)
        try optional.read(&reader)
        self.columns = optional.columns
        primaryKey = optional.primaryKey
    }
}
