import Binlog
import Foundation
import MySQLWire
import ReplicationFixtures

/// What a test sees of a stream: transactions with decoded rows.
struct SeenRow: Equatable {
    let kind: RowsEvent.Kind
    let table: String
    let before: [Value?]
    let after: [Value?]
}

struct Recorder {
    let server: TestServer

    /// File and offset of the source's end.
    func position(_ connection: MySQLConnection) throws -> BinlogStart {
        let statement = connection.isMariaDB ? "SHOW MASTER STATUS" : "SHOW BINARY LOG STATUS"
        let status = try connection.query(statement)
        return .file(status.text(0, 0) ?? "", position: UInt64(status.text(0, 1) ?? "") ?? 4)
    }

    /// The column list of a table as its catalogue has it.
    static func definitions(_ connection: MySQLConnection, _ table: String) throws -> [ColumnDefinition] {
        let list = try connection.query(
            "SELECT COLUMN_NAME, DATA_TYPE, COLUMN_TYPE, DATETIME_PRECISION FROM information_schema.COLUMNS "
                + "WHERE CONCAT(TABLE_SCHEMA, '.', TABLE_NAME) = '\(table)' ORDER BY ORDINAL_POSITION")
        return list.rows.indices.map { row in
            ColumnDefinition(
                name: list.text(row, 0) ?? "", dataType: list.text(row, 1) ?? "", columnType: list.text(row, 2) ?? "",
                dateTimePrecision: list.text(row, 3).flatMap { Int($0) })
        }
    }

    /// Runs `work`, then reads the stream from before it up to a last mark; returns the items in between.
    func items(_ start: BinlogStart? = nil, during work: (MySQLConnection) throws -> Void) throws -> [StreamItem] {
        let writer = try server.connect()
        defer { writer.close() }
        let begin = try start ?? position(writer)
        try work(writer)
        let mark = "mark_\(UInt32.random(in: 0...UInt32.max))"
        try writer.query("CREATE DATABASE \(mark)")
        defer { _ = try? writer.query("DROP DATABASE \(mark)") }
        return try items(from: begin, until: mark)
    }

    func items(from start: BinlogStart, until mark: String) throws -> [StreamItem] {
        var request = BinlogRequest(start: start, serverID: UInt32.random(in: 1000...UInt32.max))
        request.heartbeat = .seconds(2)
        let stream = try BinlogStream(try server.connect(), request)
        var framer = TransactionFramer(decoder: stream.decoder)
        var items: [StreamItem] = []
        var isDone = false
        while !isDone {
            try framer.accept(try stream.next(), from: 1) { item in
                if case .statement(let query, _) = item, query.text.contains(mark) { isDone = true }
                items.append(item)
            }
        }
        return items
    }

    /// All rows of the items, decoded. `definitions` nil: by what the binlog itself says.
    static func rows(_ items: [StreamItem], definitions: [String: [ColumnDefinition]]?) throws -> [SeenRow] {
        var rows: [SeenRow] = []
        for case .rows(let event) in items {
            let layout = try RowLayout(event.table, definitions: definitions?[event.table.name])
            var reader = try RowReader(event, layout: layout)
            while try reader.next() {
                rows.append(
                    SeenRow(
                        kind: event.kind, table: event.table.name, before: try values(reader.before),
                        after: try values(reader.after)))
            }
        }
        return rows
    }

    private static func values(_ image: RowImage) throws -> [Value?] {
        try (0..<image.count).map { try image.value($0) }
    }
}
