/// Reads a stream of server-sent events as lainlet writes them: lines `id:`, `event:` and `data:`, then an empty one; bare
/// numbers and a heartbeat without data, a payload of one line. Bytes come in pieces of any size.
struct EventStreamReader {
    struct Event: Equatable {
        var kind = ""
        var data: [UInt8] = []
    }

    /// The whole state of a large cluster is one payload.
    static let longest = 64 << 20

    struct TooLong: Error, CustomStringConvertible {
        let description = "an event is longer than \(longest >> 20) MiB"
    }

    private var line: [UInt8] = []
    private var event = Event()
    private var hasFields = false

    /// The events that end in this piece.
    mutating func take(_ piece: some Sequence<UInt8>) throws -> [Event] {
        var events: [Event] = []
        for byte in piece {
            if byte == UInt8(ascii: "\n") {
                if let event = endLine() { events.append(event) }
            } else {
                line.append(byte)
                if line.count + event.data.count > Self.longest { throw TooLong() }
            }
        }
        return events
    }

    private mutating func endLine() -> Event? {
        if line.last == UInt8(ascii: "\r") { line.removeLast() }
        defer { line.removeAll(keepingCapacity: false) }
        guard !line.isEmpty else {
            defer { (event, hasFields) = (Event(), false) }
            return hasFields ? event : nil
        }
        guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { return nil }
        hasFields = true
        var value = line[(colon + 1)...]
        if value.first == UInt8(ascii: " ") { value = value.dropFirst() }
        switch String(decoding: line[..<colon], as: UTF8.self) {
        case "event": event.kind = String(decoding: value, as: UTF8.self)
        case "data": event.data += event.data.isEmpty ? Array(value) : [UInt8(ascii: "\n")] + value
        default: break
        }
        return nil
    }
}
