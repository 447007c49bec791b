package import Binlog
internal import Foundation
internal import MartletCore

/// Writes what a stream brings to the spool, and knows up to where it came. Belongs to one thread.
///
/// Segments begin between transactions, each with the format description and the place of what follows, so that any of them can
/// be the first that is read. What a broken connection left of a transaction stays: the format description that the next
/// connection begins with tells the reader to undo it.
package final class SpoolWriter {
    private static let bufferSize = 256 << 10

    private let spool: Spool
    private let stop: StopFlag
    private let board: StatusBoard
    private let origin: String
    private var framer = TransactionFramer(decoder: EventDecoder())
    private var format: [UInt8]?
    private var sequences = SequenceWatch()
    private var segment: SpoolFile?
    private var buffer: [UInt8] = []
    private var isMariaDB: Bool { framer.decoder.format?.isMariaDB == true }
    /// All that is in the spool and before it.
    package private(set) var executed: ExecutedSet

    /// Of the source's binlog, behind the last event.
    package var file: String { framer.decoder.file }
    package var position: UInt64 { framer.decoder.position }

    /// Goes on with what is in the spool, or begins after `executed`.
    package init(_ spool: Spool, after executed: ExecutedSet, origin: String, stop: StopFlag, board: StatusBoard) throws
    {
        (self.spool, self.stop, self.board, self.origin, self.executed) = (spool, stop, board, origin, executed)
        try resume()
    }

    /// A new connection begins.
    package func restart(_ decoder: EventDecoder) throws {
        try flush()
        framer = TransactionFramer(decoder: decoder)
        sequences = SequenceWatch()
    }

    /// Takes one packet of a stream, whose event starts at index 1.
    /// - Throws: `BinlogError`, `ShrinkingSequence`; `MartletError` when the disk fails for another reason than its size.
    package func append(_ packet: [UInt8]) throws {
        try accept(packet, from: 1)
        let type = EventType(rawValue: packet.count > 5 ? packet[5] : 0)
        guard type != .heartbeat, type != .heartbeatV2 else { return try flush() }
        if type == .formatDescription { format = Array(packet[1...]) }
        if segment == nil {
            guard format != nil else { return }
            try begin()
            if type == .formatDescription { return }
        }
        SpoolFrame.append(.event, packet[1...], to: &buffer)
        guard !framer.isInsideTransaction else { return buffer.count >= Self.bufferSize ? try flush() : () }
        try flush()
        if let segment, segment.size >= spool.segmentSize { try begin() }
        try awaitRoom()
    }

    /// What was cut off is not counted: where a connection broke, it comes again.
    private func accept(_ packet: [UInt8], from offset: Int) throws {
        try framer.accept(packet, from: offset) { item in
            switch item {
            case .begin(let head): try sequences.check(head.identity, after: executed)
            case .end(let end) where end.kind != .cut:
                executed.insert(end.identity)
                sequences.add(end.identity)
            default: break
            }
        }
    }

    /// Begins the next segment.
    private func begin() throws {
        try flush()
        let next = try SpoolFile(spool.path((spool.numbers.last ?? 0) + 1), number: (spool.numbers.last ?? 0) + 1)
        let start = SpoolStart(executed: executed, isMariaDB: isMariaDB, origin: origin, previous: segment?.size)
        SpoolFrame.append(.start, ArraySlice([UInt8](try JSONEncoder().encode(start))), to: &buffer)
        if let format { SpoolFrame.append(.event, format[...], to: &buffer) }
        let place = Rotation.event(file: framer.decoder.file, position: framer.decoder.position)
        SpoolFrame.append(.event, place[...], to: &buffer)
        segment = next
        try flush()
    }

    /// Waits for room on the disk as long as it takes: the source keeps what is not read.
    package func flush() throws {
        guard !buffer.isEmpty, let segment else { return }
        var backoff = Backoff()
        while let refusal = try segment.append(buffer) {
            board.retry(after: refusal, "the spool waits for room on the disk")
            guard stop.sleep(backoff.pause()) else { return }
        }
        buffer.removeAll(keepingCapacity: true)
        spool.grow(segment.number, to: segment.size)
    }

    private func awaitRoom() throws {
        guard spool.bytes > spool.limit else { return }
        board.note(
            .warning, "the spool holds its limit of \(spool.limit) bytes: reading waits until some of it is applied")
        while spool.bytes > spool.limit, stop.sleep(.milliseconds(100)) { if spool.isShared { spool.refresh() } }
    }
}

extension SpoolWriter {
    /// Reads the last segment to know up to where the spool goes, and cuts off what is not whole.
    private func resume() throws {
        guard let number = spool.numbers.last else { return }
        let segment = try SpoolSegment(spool.path(number), number: number)
        guard let start = try? segment.start() else {
            // The process died before it had said what the segment is.
            spool.drop(number)
            return try resume()
        }
        executed = try start.set()
        framer = TransactionFramer(decoder: EventDecoder())
        var end = segment.offset
        while let frame = try? segment.next(), frame.kind == .event {
            let event = Array(frame.bytes)
            if event.count > 4, EventType(rawValue: event[4]) == .formatDescription { format = event }
            // Of several connections.
            sequences = SequenceWatch()
            try accept(event, from: 0)
            end = segment.offset
        }
        self.segment = try SpoolFile(spool.path(number), number: number, size: end)
        spool.grow(number, to: end)
    }
}
