import Testing

@testable import Binlog

/// contract §D.3: what the binlog does not say is asked for, never guessed.
@Suite struct LayoutTests {
    /// Two columns: an INT, and a BINARY(4) or CHAR(4).
    private func table(metadata: [UInt8] = []) throws -> TableMap {
        var bytes: [UInt8] = [7, 0, 0, 0, 0, 0, 1, 0, 1]
        bytes += Array("d".utf8) + [0, 1] + Array("t".utf8) + [0, 2, 3, 254, 2, 254, 4, 0b11]
        var reader = ByteReader(bytes + metadata)
        return try TableMap(&reader, idSize: 6)
    }

    @Test func `a sign that nobody says is refused with table and column`() throws {
        let map = try table()
        #expect {
            _ = try RowLayout(map)
        } throws: { error in
            guard let error = error as? BinlogError else { return false }
            return error.code == .definition && error.table == "d.t" && error.column == "number 1"
                && error.detail.contains("binlog_row_metadata")
        }
    }

    @Test func `a column list gives what is missing`() throws {
        let layout = try RowLayout(
            try table(),
            definitions: [
                ColumnDefinition(name: "a", dataType: "int", columnType: "int(10) unsigned"),
                ColumnDefinition(name: "b", dataType: "binary", columnType: "binary(4)"),
            ])
        #expect(layout.codecs == [.integer(width: 4, isUnsigned: true), .padded(size: 4, lengthBytes: 1)])
    }

    @Test func `a column list that contradicts the binlog is refused`() throws {
        // Optional metadata: the number is unsigned; names a and b.
        let map = try table(metadata: [1, 1, 0x80, 4, 4, 1, 97, 1, 98])
        #expect(map.columns.map(\.name) == ["a", "b"])
        #expect(map.columns[0].isUnsigned == true)
        let number = ColumnDefinition(name: "a", kind: .number)
        let bytes = ColumnDefinition(name: "b", kind: .bytes)
        for list in [
            [number], [number, bytes], [ColumnDefinition(name: "x", kind: .number, isUnsigned: true), bytes],
        ] {
            #expect(throws: BinlogError.self) { try RowLayout(map, definitions: list) }
        }
    }

    @Test func `times in the old format with fractions are refused`() throws {
        let shape = try shape(of: 11)
        #expect(try ColumnCodec(shape, ColumnDefinition(name: "t", kind: .other)) == .oldTime)
        #expect(throws: BinlogError.self) {
            try ColumnCodec(shape, ColumnDefinition(name: "t", kind: .other, fraction: 3))
        }
        #expect(throws: BinlogError.self) { try ColumnCodec(shape, nil) }
    }

    @Test(arguments: [20, 99, 142, 244] as [UInt8])
    func `an unknown type is refused`(code: UInt8) {
        #expect {
            _ = try ColumnCodec(try shape(of: code), nil)
        } throws: { error in
            (error as? BinlogError)?.code == .unsupported
        }
    }

    private func shape(of code: UInt8) throws -> ColumnShape {
        var reader = ByteReader([0, 0, 0, 0])
        return try ColumnShape(code, &reader, isNullable: true)
    }

    @Test func `statements are told apart by their first words`() {
        let cases: [(String, StatementKind)] = [
            ("BEGIN", .begin), ("begin", .begin), ("COMMIT", .commit), ("ROLLBACK", .rollback),
            ("ROLLBACK;", .rollback),
            ("ROLLBACK TO `s`", .savepoint), ("SAVEPOINT `s`", .savepoint), ("XA START X'31',X'',1", .begin),
            ("XA END X'31',X'',1", .xaEnd), ("XA COMMIT X'31',X'',1", .other), ("BEGIN NOT ATOMIC", .other),
            ("insert into t values (1)", .change), ("/* a */ -- b\n # c\nUPDATE t SET a=1", .change),
            ("CREATE TABLE t (a INT)", .other), ("/* never closed", .other), ("/*!40000 ALTER TABLE t */", .other),
            ("", .other), ("DELETE\nFROM t", .change), ("TRUNCATE t", .other),
        ]
        for (text, kind) in cases { #expect(StatementKind(Array(text.utf8)) == kind, Comment(rawValue: text)) }
    }
}
