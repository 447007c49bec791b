internal import SQLClient

/// A piece of a table that is to be copied.
struct Piece: Sendable {
    let transfer: TableTransfer
    /// Nil: the whole table at once.
    let key: ChunkKey?
    let number: Int
    let range: KeyRange
    /// An earlier try may have left rows that no transaction took back.
    let isRepeated: Bool
    /// The target has no rows but those of this copy, all read at one place: none may take another one's place.
    var isFresh = false
}

/// The source's part of a failure: its session is of no more use.
struct SourceFailure: Error {
    let error: SQLError
}

/// Copies pieces from a session of a snapshot to one of the target, each in one transaction with its note in the ledger.
struct ChunkCopy {
    private static let longestStatement = 1 << 20
    /// `local_infile` is off.
    private static let loadRefusals: Set<Int> = [1148, 2068, 3948, 4166]

    let source: SQLSession
    let target: SQLSession
    let ledger: CopyLedger
    let snapshot: Int
    /// The target takes `LOAD DATA LOCAL`.
    let loads: Bool

    /// - Throws: `SQLError` of the target, `SourceFailure`, `CopyError`, `CopyInterrupted`.
    func copy(_ piece: Piece) throws -> CopyLedger.Chunk {
        let name = piece.transfer.source.name
        if piece.isRepeated, let done = try ledger.chunk(piece.number, of: name, target) {
            return try checked(done, piece)
        }
        guard piece.transfer.target.isTransactional else { return try copyAnew(piece) }
        try target.run("START TRANSACTION")
        // The note comes first: who reads the target's binlog learns from it where the rows are from.
        if let done = try reserve(piece) { return done }
        let done = try transfer(piece)
        try ledger.add(done, of: name, target)
        try target.run("COMMIT")
        return done
    }

    /// Not nil: an earlier try had done it, whose answer was lost or which a killed process had begun.
    private func reserve(_ piece: Piece) throws -> CopyLedger.Chunk? {
        let name = piece.transfer.source.name
        do {
            try ledger.reserve(chunk(piece, rows: 0, bytes: 0), of: name, target)
            return nil
        } catch let error as SQLError where error.kind == .duplicate {
            try target.run("ROLLBACK")
            guard let done = try ledger.chunk(piece.number, of: name, target) else { throw error }
            return try checked(done, piece)
        }
    }

    private func checked(_ done: CopyLedger.Chunk, _ piece: Piece) throws -> CopyLedger.Chunk {
        if done.range == piece.range { return done }
        throw CopyInterrupted(reason: "an earlier copy of \(piece.transfer.source.name) was still at work")
    }

    /// Nothing takes rows of an earlier try back, so they are removed; such tables are copied as a whole.
    private func copyAnew(_ piece: Piece) throws -> CopyLedger.Chunk {
        if piece.isRepeated { try target.run("DELETE FROM \(piece.transfer.target.name.quoted)") }
        let done = try transfer(piece)
        try ledger.add(done, of: piece.transfer.source.name, target)
        return done
    }

    private func chunk(_ piece: Piece, rows: Int, bytes: Int) -> CopyLedger.Chunk {
        CopyLedger.Chunk(number: piece.number, range: piece.range, snapshot: snapshot, rows: rows, bytes: bytes)
    }

    private func transfer(_ piece: Piece) throws -> CopyLedger.Chunk {
        let cursor = try fromSource { () throws(SQLError) in try source.open(query(piece)) }
        let done = try send(piece, cursor)
        try fromSource { () throws(SQLError) in try Snapshot.release(source) }
        return done
    }

    private func send(_ piece: Piece, _ cursor: SQLCursor) throws -> CopyLedger.Chunk {
        defer { cursor.close() }
        guard loads else { return try insert(piece, cursor) }
        do {
            return try load(piece, cursor)
        } catch let error as SQLError where Self.loadRefusals.contains(error.code) {
            // It was allowed a moment ago; no row has been asked for.
            return try insert(piece, cursor)
        }
    }

    private func query(_ piece: Piece) -> String {
        let transfer = piece.transfer
        let start = "SELECT \(transfer.selected) FROM \(transfer.source.name.quoted) WHERE \(transfer.filter)"
        guard let key = piece.key else { return start }
        return "\(start) AND \(key.condition(piece.range)) ORDER BY \(key.order)"
    }

    private func fromSource<Result>(_ body: () throws(SQLError) -> Result) throws -> Result {
        do { return try body() } catch { throw SourceFailure(error: error) }
    }

    // MARK: LOAD DATA

    private func load(_ piece: Piece, _ cursor: SQLCursor) throws -> CopyLedger.Chunk {
        let feed = RowFeed(cursor, enumerations: piece.transfer.enumerations)
        let outcome = try target.load(piece.transfer.load) { buffer in
            try fromSource { () throws(SQLError) in try feed.fill(buffer) }
        }
        guard outcome.warningsInInfo == feed.emptyEnumerations else { throw try distortion(piece) }
        guard outcome.info.hasPrefix("Records: \(feed.rows) "), outcome.info.contains("Skipped: 0 ") else {
            throw CopyError(
                piece.transfer.target.name, "\(feed.rows) rows were sent, and the target says: \(outcome.info)")
        }
        if !outcome.info.contains("Deleted: 0 ") { try checkReplaced(Int(outcome.affectedRows) - feed.rows, piece) }
        return chunk(piece, rows: feed.rows, bytes: feed.bytes)
    }

    /// What the source tells apart is one row for a key of the target that has fewer columns or another collation.
    private func checkReplaced(_ count: Int, _ piece: Piece) throws {
        guard piece.isFresh, count > 0 else { return }
        throw CopyError(
            piece.transfer.target.name,
            "\(count) rows took the places of others: a unique key of the target takes rows of the source for the same; "
                + "make it as it is at the source")
    }

    /// A value would not be what it was.
    private func distortion(_ piece: Piece) throws -> CopyError {
        let warnings = try target.warnings().joined(separator: "; ")
        return CopyError(piece.transfer.target.name, "values cannot be stored as they are: \(warnings)")
    }

    // MARK: Statements

    private func insert(_ piece: Piece, _ cursor: SQLCursor) throws -> CopyLedger.Chunk {
        let transfer = piece.transfer
        let start = Array("REPLACE INTO \(transfer.target.name.quoted) (\(transfer.columnList)) VALUES ".utf8)
        let frames = transfer.pairs.map(Self.frame)
        var statement = start
        var (rows, bytes, empty, pending) = (0, 0, 0, 0)
        func flush() throws {
            guard statement.count > start.count else { return }
            bytes += statement.count
            let outcome = try target.run(statement)
            if outcome.warningsInInfo != empty { throw try distortion(piece) }
            try checkReplaced(Int(outcome.affectedRows) - pending, piece)
            statement = start
            (empty, pending) = (0, 0)
        }
        while let row = try fromSource({ () throws(SQLError) in try cursor.next() }) {
            if statement.count > start.count { statement.append(UInt8(ascii: ",")) }
            Self.append(row, frames, to: &statement)
            empty += row.emptyEnumerations(transfer.enumerations)
            rows += 1
            pending += 1
            if statement.count >= Self.longestStatement { try flush() }
        }
        try flush()
        return chunk(piece, rows: rows, bytes: bytes)
    }

    /// What stands around the bytes of a value.
    private static func frame(_ pair: TableTransfer.Pair) -> (before: [UInt8], after: [UInt8]) {
        guard let characterSet = TableTransfer.characterSet(pair) else { return (Array("_binary'".utf8), [0x27]) }
        return (Array("CONVERT(_binary'".utf8), Array("' USING \(characterSet))".utf8))
    }

    private static func append(
        _ row: SQLRow, _ frames: [(before: [UInt8], after: [UInt8])], to statement: inout [UInt8]
    ) {
        statement.append(UInt8(ascii: "("))
        for (column, frame) in frames.enumerated() {
            if column > 0 { statement.append(UInt8(ascii: ",")) }
            guard let value = row[column] else {
                statement += Array("NULL".utf8)
                continue
            }
            statement += frame.before
            for byte in value {
                if byte == 0x27 || byte == 0x5c { statement.append(UInt8(0x5c)) }
                statement.append(byte)
            }
            statement += frame.after
        }
        statement.append(UInt8(ascii: ")"))
    }
}

extension SQLOutcome {
    /// The protocol's own number ends at 65,535, and statements of one row say nothing else.
    fileprivate var warningsInInfo: Int {
        info.split(separator: " ").last.flatMap { Int($0) } ?? warnings
    }
}
