internal import Binlog

extension MySQLConnection {
    /// Bytes of an answer that is kept in memory.
    private static let answerLimit = 256 << 20

    /// Runs one statement and keeps its answer.
    /// - Throws: `server` when the statement fails (the connection stays usable); `tooLarge` for an answer over 256 MiB.
    @discardableResult
    package func query(_ statement: String) throws(WireError) -> ResultSet { try query(Array(statement.utf8)) }

    /// The same for a statement whose texts are in the connection's character set.
    @discardableResult
    package func query(_ statement: [UInt8]) throws(WireError) -> ResultSet {
        var result = ResultSet()
        var size = 0
        let first = try ask(statement)
        guard let columns = try begin(first, &result) else { return result }
        while let row = try nextRow(columns) {
            size += row.bytes.count + 64
            guard size <= Self.answerLimit else {
                packets.bytes.close()
                throw .tooLarge("an answer of more than \(Self.answerLimit) bytes")
            }
            result.rows.append((0..<columns).map { row[$0].map(Array.init) })
        }
        return result
    }

    /// Runs one statement and hands on each row as it comes; what is not read yet waits at the server.
    /// - Throws: `WireError`, and what `body` throws; the connection is closed then, since rows are still on their way.
    package func query(_ statement: String, eachRow body: (ResultRow) throws -> Void) throws {
        var result = ResultSet()
        guard let columns = try begin(try ask(Array(statement.utf8)), &result) else { return }
        while let row = try nextRow(columns) {
            do { try body(row) } catch {
                packets.bytes.close()
                throw error
            }
        }
    }

    /// Runs LOAD DATA LOCAL INFILE and sends what `next` gives until it gives nil; the name in the statement means nothing.
    /// Needs `allowsLocalData`.
    /// - Throws: `WireError`, and what `next` throws: the connection is closed then, so that nothing half is committed.
    package func load(_ statement: String, _ next: () throws -> [UInt8]?) throws -> ResultSet {
        let first = try ask(Array(statement.utf8))
        guard first.first == 0xfb else {
            var result = ResultSet()
            guard try begin(first, &result) == nil else {
                throw WireError.malformed("rows instead of a request for data")
            }
            return result
        }
        do {
            // An empty packet is the end: it must not come from an empty piece.
            while let piece = try next() { if !piece.isEmpty { try packets.send(piece) } }
        } catch {
            packets.bytes.close()
            throw error
        }
        try packets.send([])
        let reply = try packets.receive(waiting: "the answer to a load")
        if reply.first == 0xff { throw ServerReply.error(reply) }
        return try affected(reply)
    }

    private func ask(_ statement: [UInt8]) throws(WireError) -> [UInt8] {
        try packets.sendCommand(3, statement)
        return try packets.receive(waiting: "the answer to a query")
    }

    /// Reads the head of an answer; nil when it has no rows.
    private func begin(_ first: [UInt8], _ result: inout ResultSet) throws(WireError) -> Int? {
        switch first.first {
        case 0:
            result = try affected(first)
            return nil
        case 0xff: throw ServerReply.error(first)
        case 0xfb:
            packets.bytes.close()
            throw .malformed("the server asks for a local file")
        default: break
        }
        let count = try readingPacket("number of columns") { () throws(BinlogError) in
            var reader = ByteReader(first)
            return try reader.lengthEncoded()
        }
        guard (1...4096).contains(count) else { throw .malformed("\(count) columns") }
        for _ in 0..<count { result.columns.append(try columnName(try packets.receive(waiting: "a column"))) }
        guard ServerReply.isEnd(try packets.receive(waiting: "the end of the columns")) else {
            throw .malformed("no end after the columns")
        }
        return Int(count)
    }

    private func nextRow(_ columns: Int) throws(WireError) -> ResultRow? {
        let packet = try packets.receive(waiting: "a row")
        if ServerReply.isEnd(packet) { return nil }
        if packet.first == 0xff { throw ServerReply.error(packet) }
        return try readingPacket("row") { () throws(BinlogError) in try ResultRow(packet, columns: columns) }
    }

    /// Rows, the last number of an AUTO_INCREMENT, status, warnings.
    private func affected(_ packet: [UInt8]) throws(WireError) -> ResultSet {
        var result = ResultSet()
        (result.affectedRows, result.warnings) = try readingPacket("OK packet") { () throws(BinlogError) in
            var reader = ByteReader(packet, 1..<packet.count)
            let rows = try reader.lengthEncoded()
            _ = try reader.lengthEncoded()
            try reader.skip(2)
            return (rows, try reader.u16())
        }
        return result
    }

    /// Catalogue, schema, table, its real name, then the name that was asked for.
    private func columnName(_ packet: [UInt8]) throws(WireError) -> String {
        try readingPacket("column") { () throws(BinlogError) in
            var reader = ByteReader(packet)
            for _ in 0..<4 { _ = try reader.lengthEncodedRange() }
            return try reader.lengthEncodedString()
        }
    }
}
