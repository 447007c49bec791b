/// Turns the packets of a binlog stream or file into events. Holds what later events depend on: file and offset, checksum,
/// the table maps of the current statement.
package struct EventDecoder: Sendable {
    package private(set) var file: String
    /// Offset after the last event that stands in the file.
    package private(set) var position: UInt64
    package private(set) var format: FormatDescription?
    let limits: BinlogLimits
    private var checksum: Checksum
    private var tables: [UInt64: TableMap] = [:]
    /// Maps of earlier statements: most transactions repeat the same bytes.
    private var known: [UInt64: TableMap] = [:]

    /// `checksum`: what the source was asked to send (`@master_binlog_checksum`); each format description tells anew.
    package init(
        file: String = "", position: UInt64 = 4, checksum: Checksum = .none, limits: BinlogLimits = BinlogLimits()
    ) {
        self.file = file
        self.position = position
        self.checksum = checksum
        self.limits = limits
    }

    /// Decodes one event that starts at `offset` and ends with the packet.
    /// - Throws: `BinlogError` with event type, file and position; nothing after it can be trusted.
    package mutating func decode(_ packet: [UInt8], from offset: Int = 0) throws(BinlogError) -> Event {
        var reader = ByteReader(packet, offset..<packet.count)
        guard reader.remaining <= limits.event else {
            throw located(BinlogError(.tooLarge, "an event of \(reader.remaining) bytes"), nil)
        }
        let header: EventHeader
        do throws(BinlogError) { header = try EventHeader(&reader) } catch { throw located(error, nil) }
        do throws(BinlogError) {
            guard header.size == packet.count - offset else {
                throw BinlogError(.malformed, "\(packet.count - offset) bytes, the header says \(header.size)")
            }
            let end = packet.count - (try checkedChecksum(packet, offset, header))
            guard end >= reader.position else { throw .truncated }
            let start = advance(header)
            let origin = Origin(type: header.type, file: file, position: start)
            var body = ByteReader(packet, reader.position..<end)
            let decoded = try read(&body, header, origin)
            if case .formatDescription(let description) = decoded, description.checksum == .crc32 {
                guard Checksum.matches(packet, offset..<packet.count) else { throw Self.damaged }
            }
            return Event(header: header, origin: origin, end: position, body: decoded)
        } catch {
            throw located(error, header)
        }
    }

    /// Decodes an event of a transaction payload: it has no checksum and no place of its own in the file.
    mutating func decodeInner(_ packet: [UInt8], of payload: Event) throws(BinlogError) -> Event {
        var reader = ByteReader(packet)
        let header = try EventHeader(&reader)
        let origin = Origin(type: header.type, file: file, position: payload.origin.position)
        do throws(BinlogError) {
            guard header.type != .transactionPayload, header.type != .formatDescription, header.type != .rotate else {
                throw BinlogError(.malformed, "inside a compressed transaction")
            }
            var body = ByteReader(packet, reader.rest)
            return Event(
                header: header, origin: origin, end: payload.end, body: try read(&body, header, origin))
        } catch {
            throw error.at(origin)
        }
    }

    private func located(_ error: BinlogError, _ header: EventHeader?) -> BinlogError {
        var error = error
        error.event = error.event ?? header?.type.name
        error.file = error.file ?? file
        error.position = error.position ?? position
        return error
    }

    /// How many bytes of checksum the event ends with, after comparing them.
    private func checkedChecksum(
        _ packet: [UInt8], _ offset: Int, _ header: EventHeader
    ) throws(BinlogError) -> Int {
        let range = offset..<packet.count
        // The description of a file reads its own checksum; a made-up rotation comes before the description.
        if header.type == .formatDescription { return 0 }
        if header.type == .rotate, header.isArtificial { return Checksum.matches(packet, range) ? 4 : 0 }
        guard checksum == .crc32 else { return 0 }
        guard Checksum.matches(packet, range) else { throw Self.damaged }
        return 4
    }

    private static let damaged = BinlogError(
        .checksum, "the checksum differs: the event was damaged on its way or in the file")

    /// Moves behind the event and returns where it starts. Headers have only the low 32 bits of the offset.
    private mutating func advance(_ header: EventHeader) -> UInt64 {
        guard !header.isArtificial, header.endPosition != 0, header.type != .heartbeat,
            header.type != .heartbeatV2
        else { return position }
        let low = UInt64(header.endPosition)
        var end = position & ~0xffff_ffff | low
        if end < position, position - end > 1 << 31 { end += 1 << 32 }
        position = end
        return end >= UInt64(header.size) ? end - UInt64(header.size) : 0
    }

    private mutating func read(
        _ body: inout ByteReader, _ header: EventHeader, _ origin: Origin
    ) throws(BinlogError) -> Event.Body {
        switch header.type {
        case .tableMap: return .tableMap(try readTableMap(&body, header))
        case .writeRowsV1, .writeRows, .updateRowsV1, .updateRows, .deleteRowsV1, .deleteRows,
            .compressedWriteRowsV1, .compressedWriteRows, .compressedUpdateRowsV1, .compressedUpdateRows,
            .compressedDeleteRowsV1, .compressedDeleteRows:
            return try readRows(&body, header, origin)
        case .xid: return .xid(try body.u64())
        case .query, .compressedQuery:
            return .query(
                try QueryEvent(
                    &body, timestamp: header.timestamp, isCompressed: header.type == .compressedQuery,
                    limit: limits.event))
        case .gtid, .anonymousGTID:
            return .gtid(try GTIDEvent(&body, isAnonymous: header.type == .anonymousGTID))
        case .taggedGTID: return .gtid(try GTIDEvent(tagged: &body))
        case .mariaGTID: return .mariaGTID(try MariaGTIDEvent(&body, server: header.serverID))
        case .transactionPayload: return .payload(try TransactionPayload(&body))
        default: return try readControl(&body, header)
        }
    }

    private mutating func readControl(
        _ body: inout ByteReader, _ header: EventHeader
    ) throws(BinlogError) -> Event.Body {
        switch header.type {
        case .formatDescription:
            let description = try FormatDescription(&body)
            format = description
            checksum = description.checksum
            tables = [:]
            return .formatDescription(description)
        case .rotate:
            position = try body.u64()
            file = body.string(body.rest)
            return .rotate(file: file, position: position)
        case .heartbeat, .heartbeatV2: return .heartbeat
        case .previousGTIDs: return .previousGTIDs(try GTIDSet(&body))
        case .gtidList: return .gtidList(try MariaGTIDPosition(list: &body))
        case .xaPrepare: return .xaPrepare(isOnePhase: try body.u8() != 0)
        case .annotateRows: return .annotation(body.string(body.rest))
        case .rowsQuery:
            // One byte of a length that longer statements overflow.
            try body.skip(1)
            return .annotation(body.string(body.rest))
        default: return try readOther(&body, header)
        }
    }

    private func readOther(_ body: inout ByteReader, _ header: EventHeader) throws(BinlogError) -> Event.Body {
        switch header.type {
        case .stop, .binlogCheckpoint, .startEncryption, .transactionContext, .viewChange, .ignorable: return .passed
        case .intvar, .rand, .userVariable, .load, .appendBlock, .executeLoad, .deleteFile, .beginLoadQuery,
            .executeLoadQuery:
            return .statementPart
        case .incident:
            let number = try body.u16()
            let message = try body.string(count: Int(try body.u8()))
            throw BinlogError(.incident, "the source lost events: incident \(number) \(message)")
        case .partialUpdateRows:
            throw BinlogError(
                .unsupported,
                "an update that carries only changes of JSON values: "
                    + "set binlog_row_value_options='' at the source")
        default:
            guard header.isIgnorable else { throw BinlogError(.unsupported, "the event type is not known") }
            return .passed
        }
    }
}

extension EventDecoder {
    /// Servers before 5.1.4 wrote table ids of four bytes.
    private func idSize(of type: EventType) -> Int { format?.postHeaderLength(of: type) == 6 ? 4 : 6 }

    private mutating func readTableMap(_ body: inout ByteReader, _ header: EventHeader) throws(BinlogError) -> TableMap
    {
        let size = idSize(of: header.type)
        var ahead = body
        let id = try ahead.little(size)
        let table: TableMap
        if let last = known[id], last.source.count == body.remaining, last.source[...] == body.bytes[body.rest] {
            table = last
        } else {
            table = try TableMap(&body, idSize: size)
            if known.count >= limits.tables { known = [:] }
            known[id] = table
        }
        guard tables.count < limits.tables || tables[id] != nil else {
            throw BinlogError(.tooLarge, "more than \(limits.tables) tables in a statement")
        }
        tables[id] = table
        return table
    }

    private mutating func readRows(
        _ body: inout ByteReader, _ header: EventHeader, _ origin: Origin
    ) throws(BinlogError) -> Event.Body {
        let type = header.type
        let isVersion2 =
            switch type {
            case .writeRows, .updateRows, .deleteRows, .compressedWriteRows, .compressedUpdateRows,
                .compressedDeleteRows:
                true
            default: false
            }
        let head = try RowsEvent.Head(&body, idSize: idSize(of: type), isVersion2: isVersion2)
        defer { if head.endsStatement { tables.removeAll(keepingCapacity: true) } }
        if head.tableID == TableMap.dummyID, head.endsStatement { return .passed }
        guard let table = tables[head.tableID] else {
            throw BinlogError(.malformed, "no table map for table id \(head.tableID)")
        }
        let isCompressed = type.rawValue >= EventType.compressedWriteRowsV1.rawValue
        do throws(BinlogError) {
            return .rows(
                try RowsEvent(
                    &body, head: head, kind: Self.kind(of: type), table: table, origin: origin,
                    inflateLimit: isCompressed ? limits.event : nil))
        } catch {
            throw error.at(origin, table: table.name)
        }
    }

    private static func kind(of type: EventType) -> RowsEvent.Kind {
        switch type {
        case .writeRowsV1, .writeRows, .compressedWriteRowsV1, .compressedWriteRows: .insert
        case .updateRowsV1, .updateRows, .compressedUpdateRowsV1, .compressedUpdateRows: .update
        default: .delete
        }
    }
}
