/// Turns events into transactions without holding them: each item is handed on at once, so that a giant transaction stays
/// in as much memory as its largest event.
package struct TransactionFramer: Sendable {
    private enum State: Sendable {
        case outside
        /// After a GTID: the first query tells whether it is a transaction or one statement.
        case announced(TransactionHead, isStandalone: Bool)
        case inside(TransactionHead)
    }

    package private(set) var decoder: EventDecoder
    private var state = State.outside
    /// Whether nobody wants to know what is in a transaction: changes logged as statements are let pass then.
    package var onlyCounts = false

    package init(decoder: EventDecoder) { self.decoder = decoder }

    /// Whether a transaction has begun and not ended: a stream that breaks here starts again before it.
    package var isInsideTransaction: Bool {
        if case .outside = state { false } else { true }
    }

    /// Decodes the event at `offset` and hands on what it means, mostly one item.
    /// - Throws: `BinlogError` with its place, and what `body` throws.
    package mutating func accept(
        _ packet: [UInt8], from offset: Int = 0, _ body: (StreamItem) throws -> Void
    ) throws {
        try handle(try decoder.decode(packet, from: offset), body)
    }

    private mutating func handle(_ event: Event, _ body: (StreamItem) throws -> Void) throws {
        switch event.body {
        case .rows(let rows):
            try enter(event, body)
            try body(.rows(rows))
        case .tableMap: try enter(event, body)
        case .query(let query): try handle(query, event, body)
        case .xid: try finish(.commit, event, body)
        case .xaPrepare(let isOnePhase): try finish(isOnePhase ? .commit : .prepared, event, body)
        case .gtid(let gtid): try announce(Self.head(gtid, event), isStandalone: false)
        case .mariaGTID(let gtid): try announce(gtid, event, body)
        case .payload(let payload): try unpack(payload, event, body)
        case .annotation(let text): try body(.annotation(text))
        case .heartbeat: try body(.heartbeat)
        case .rotate(let file, let position): try body(.rotated(file: file, position: position))
        case .previousGTIDs(let set): try body(.previous(set))
        case .gtidList(let list): try body(.previousOfMariaDB(list))
        case .formatDescription: try restart(event, body)
        case .statementPart: if !onlyCounts { throw Self.statementFormat.at(event.origin) }
        case .passed: return
        }
    }

    static let statementFormat = BinlogError(
        .unsupported, "a change logged as a statement: set binlog_format=ROW for every session of the source")

    private static func head(_ gtid: GTIDEvent, _ event: Event) -> TransactionHead {
        TransactionHead(
            identity: gtid.gtid.map { .mysql($0) } ?? .anonymous, timestamp: event.header.timestamp,
            serverID: event.header.serverID, mysql: gtid, maria: nil, origin: event.origin)
    }

    private mutating func announce(_ head: TransactionHead, isStandalone: Bool) throws(BinlogError) {
        guard case .outside = state else { throw Self.unfinished.at(head.origin) }
        state = .announced(head, isStandalone: isStandalone)
    }

    private static let unfinished = BinlogError(.malformed, "the transaction before has no end")

    /// MariaDB's GTID event is itself the BEGIN, unless it says that one statement follows.
    private mutating func announce(
        _ gtid: MariaGTIDEvent, _ event: Event, _ body: (StreamItem) throws -> Void
    ) throws {
        let head = TransactionHead(
            identity: .maria(gtid.gtid), timestamp: event.header.timestamp, serverID: event.header.serverID,
            mysql: nil, maria: gtid, origin: event.origin)
        try announce(head, isStandalone: gtid.flags.contains(.standalone))
        if !gtid.flags.contains(.standalone) { try enter(event, body) }
    }

    /// Begins the announced transaction; one of a source without GTIDs begins with its BEGIN.
    private mutating func enter(_ event: Event, _ body: (StreamItem) throws -> Void) throws {
        switch state {
        case .inside: return
        case .announced(let head, _):
            state = .inside(head)
            try body(.begin(head))
        case .outside:
            let head = TransactionHead(
                identity: .anonymous, timestamp: event.header.timestamp, serverID: event.header.serverID,
                mysql: nil, maria: nil, origin: event.origin)
            state = .inside(head)
            try body(.begin(head))
        }
    }

    private mutating func finish(
        _ kind: TransactionEnd.Kind, _ event: Event, _ body: (StreamItem) throws -> Void
    ) throws {
        try enter(event, body)
        guard case .inside(let head) = state else { return }
        state = .outside
        try body(
            .end(TransactionEnd(kind: kind, identity: head.identity, file: event.origin.file, position: event.end)))
    }

    private mutating func handle(
        _ query: QueryEvent, _ event: Event, _ body: (StreamItem) throws -> Void
    ) throws {
        switch StatementKind(query.statement) {
        case .begin: try enter(event, body)
        case .commit: try finish(.commit, event, body)
        case .rollback: try finish(.rollback, event, body)
        case .xaEnd: return
        case .savepoint: try body(.savepoint(query))
        case .change:
            try enter(event, body)
            try body(.change(query))
        case .other:
            if case .inside = state { return try body(.statement(query, isAlone: false)) }
            try enter(event, body)
            try body(.statement(query, isAlone: true))
            try finish(.commit, event, body)
        }
    }

    /// The events of a compressed transaction, in the order in which they would stand alone.
    private mutating func unpack(
        _ payload: TransactionPayload, _ event: Event, _ body: (StreamItem) throws -> Void
    ) throws {
        do {
            try payload.forEachEvent(limit: decoder.limits.event) { packet in
                try handle(try decoder.decodeInner(packet, of: event), body)
            }
        } catch let error as BinlogError {
            throw error.at(event.origin)
        }
    }

    /// What begins inside a transaction follows a crash of the source, which undid it, or a connection that broke.
    private mutating func restart(_ event: Event, _ body: (StreamItem) throws -> Void) throws {
        if case .inside = state { try finish(.cut, event, body) }
        state = .outside
    }
}
