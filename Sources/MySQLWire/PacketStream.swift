internal import Binlog

/// Packets of the protocol: three bytes of length, one that counts, and parts of 16 MiB put together again.
final class PacketStream {
    private static let fullPart = 0xff_ffff

    private(set) var bytes: any ByteStream
    private var buffer: [UInt8] = []
    private var start = 0
    private var sequence: UInt8 = 0
    /// Bytes of one whole packet.
    var limit: Int

    init(_ bytes: any ByteStream, limit: Int) {
        self.bytes = bytes
        self.limit = limit
    }

    var timeout: Duration {
        get { bytes.timeout }
        set { bytes.timeout = newValue }
    }

    /// What came before the handshake in clear must not count as protected.
    func replaceStream(_ make: (any ByteStream) throws(WireError) -> any ByteStream) throws(WireError) {
        guard start == buffer.count else { throw .malformed("bytes before the TLS handshake") }
        bytes = try make(bytes)
    }

    /// The next whole packet.
    func receive(waiting: String) throws(WireError) -> [UInt8] {
        var size = try receivePartHeader(waiting)
        guard size == Self.fullPart else { return try takePart(size, waiting) }
        var packet = try takePart(size, waiting)
        while size == Self.fullPart {
            size = try receivePartHeader(waiting)
            guard packet.count + size <= limit else { throw tooLarge }
            packet += try takePart(size, waiting)
        }
        return packet
    }

    private var tooLarge: WireError { .tooLarge("a packet of more than \(limit) bytes") }

    private func receivePartHeader(_ waiting: String) throws(WireError) -> Int {
        try fill(4, waiting)
        let size = Int(buffer[start]) | Int(buffer[start + 1]) << 8 | Int(buffer[start + 2]) << 16
        guard buffer[start + 3] == sequence else {
            throw .malformed("packet number \(buffer[start + 3]), not \(sequence)")
        }
        guard size <= limit else { throw tooLarge }
        sequence &+= 1
        start += 4
        return size
    }

    private func takePart(_ size: Int, _ waiting: String) throws(WireError) -> [UInt8] {
        try fill(size, waiting)
        defer { start += size }
        return Array(buffer[start..<(start + size)])
    }

    private func fill(_ count: Int, _ waiting: String) throws(WireError) {
        guard buffer.count - start < count else { return }
        buffer.removeFirst(start)
        start = 0
        while buffer.count < count { try bytes.read(into: &buffer, waiting: waiting) }
    }

    /// Sends a command: the numbers start again.
    func sendCommand(_ code: UInt8, _ body: [UInt8] = []) throws(WireError) {
        sequence = 0
        try send([code] + body)
    }

    /// Sends a packet in as many parts as it needs.
    func send(_ packet: [UInt8]) throws(WireError) {
        var message: [UInt8] = []
        var position = 0
        repeat {
            let size = min(packet.count - position, Self.fullPart)
            message.appendLittle(UInt64(size), count: 3)
            message.append(sequence)
            message += packet[position..<(position + size)]
            sequence &+= 1
            position += size
            if size == Self.fullPart, position == packet.count {
                message += [0, 0, 0, sequence]
                sequence &+= 1
            }
        } while position < packet.count
        try bytes.write(message)
    }
}

extension [UInt8] {
    /// A length-encoded integer.
    mutating func appendLengthEncoded(_ value: Int) {
        switch value {
        case ..<251: append(UInt8(value))
        case ..<0x1_0000:
            append(252)
            appendLittle(UInt64(value), count: 2)
        case ..<0x100_0000:
            append(253)
            appendLittle(UInt64(value), count: 3)
        default:
            append(254)
            appendLittle(UInt64(value), count: 8)
        }
    }

    mutating func appendLengthEncoded(_ text: some Collection<UInt8>) {
        appendLengthEncoded(text.count)
        append(contentsOf: text)
    }

    mutating func appendZeroTerminated(_ text: String) {
        append(contentsOf: text.utf8)
        append(0)
    }
}
