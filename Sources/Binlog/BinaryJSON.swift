/// MySQL's binary JSON as the text that the server prints.
struct BinaryJSON {
    /// The server's own limit is 100.
    private static let deepest = 128

    private let bytes: [UInt8]
    private let document: Range<Int>
    private let limit: Int
    private var text: [UInt8] = []

    /// An empty value is what an update of invalid JSON left: null.
    static func text(_ bytes: [UInt8], _ range: Range<Int>) throws(BinlogError) -> [UInt8] {
        guard let type = bytes[range].first else { return Array("null".utf8) }
        // A document whose parts overlap could be made to grow without end.
        var json = BinaryJSON(bytes: bytes, document: range, limit: 16 * range.count + 1024)
        try json.append(type, at: range.lowerBound + 1, depth: 0)
        return json.text
    }

    private init(bytes: [UInt8], document: Range<Int>, limit: Int) {
        self.bytes = bytes
        self.document = document
        self.limit = limit
    }

    private func reader(at position: Int) throws(BinlogError) -> ByteReader {
        guard position <= document.upperBound else { throw .truncated }
        return ByteReader(bytes, position..<document.upperBound)
    }

    private mutating func append(_ type: UInt8, at position: Int, depth: Int) throws(BinlogError) {
        guard depth <= Self.deepest else { throw BinlogError(.malformed, "JSON deeper than \(Self.deepest)") }
        guard text.count <= limit else { throw BinlogError(.malformed, "JSON parts overlap") }
        var reader = try reader(at: position)
        switch type {
        case 0...3:
            try appendContainer(&reader, isObject: type < 2, isLarge: type & 1 == 1, depth: depth)
        case 4: text += try Self.literal(try reader.u8())
        case 5: text += String(Int16(bitPattern: try reader.u16())).utf8
        case 6: text += String(try reader.u16()).utf8
        case 7: text += String(Int32(bitPattern: try reader.u32())).utf8
        case 8: text += String(try reader.u32()).utf8
        case 9: text += String(Int64(bitPattern: try reader.u64())).utf8
        case 10: text += String(try reader.u64()).utf8
        case 11: text += NumberText.json(Double(bitPattern: try reader.u64()))
        case 12: appendString(try reader.take(try Self.length(&reader)))
        case 15: try appendOpaque(&reader)
        default: throw BinlogError(.malformed, "JSON type \(type)")
        }
    }

    private static func literal(_ code: UInt8) throws(BinlogError) -> String.UTF8View {
        switch code {
        case 0: return "null".utf8
        case 1: return "true".utf8
        case 2: return "false".utf8
        default: throw BinlogError(.malformed, "JSON literal \(code)")
        }
    }

    /// Number of members and size, then where keys are, then types and places of values; from the container's first byte.
    private mutating func appendContainer(
        _ reader: inout ByteReader, isObject: Bool, isLarge: Bool, depth: Int
    ) throws(BinlogError) {
        let start = reader.position
        let width = isLarge ? 4 : 2
        let count = Int(try reader.little(width))
        try reader.skip(width)
        guard count <= reader.remaining / (isObject ? 2 * width + 3 : width + 1) else { throw .truncated }
        var keys = ByteReader(bytes, try reader.take(isObject ? count * (width + 2) : 0))
        text.append(UInt8(ascii: isObject ? "{" : "["))
        for index in 0..<count {
            if index > 0 { text += ", ".utf8 }
            if isObject {
                var key = try self.reader(at: start + Int(try keys.little(width)))
                appendString(try key.take(Int(try keys.u16())))
                text += ": ".utf8
            }
            try appendMember(&reader, of: start, isLarge: isLarge, depth: depth)
        }
        text.append(UInt8(ascii: isObject ? "}" : "]"))
    }

    /// Small values stand in the place of the offset.
    private mutating func appendMember(
        _ reader: inout ByteReader, of start: Int, isLarge: Bool, depth: Int
    ) throws(BinlogError) {
        let type = try reader.u8()
        let place = reader.position
        let offset = Int(try reader.little(isLarge ? 4 : 2))
        let isInside = (4...6).contains(type) || (isLarge && (7...8).contains(type))
        try append(type, at: isInside ? place : start + offset, depth: depth + 1)
    }

    /// Seven bits a byte, the lowest first; the high bit says that more follow.
    private static func length(_ reader: inout ByteReader) throws(BinlogError) -> Int {
        var length = 0
        for shift in 0..<5 {
            let byte = try reader.u8()
            length |= Int(byte & 0x7f) << (7 * shift)
            if byte & 0x80 == 0 { return length }
        }
        throw BinlogError(.malformed, "length of a JSON string")
    }

    private mutating func appendString(_ range: Range<Int>) {
        text.append(UInt8(ascii: "\""))
        for byte in bytes[range] {
            switch byte {
            case UInt8(ascii: "\""): text += "\\\"".utf8
            case UInt8(ascii: "\\"): text += "\\\\".utf8
            case 8: text += "\\b".utf8
            case 9: text += "\\t".utf8
            case 10: text += "\\n".utf8
            case 12: text += "\\f".utf8
            case 13: text += "\\r".utf8
            case ..<0x20:
                text += "\\u00".utf8
                appendHex([byte], to: &text)
            default: text.append(byte)
            }
        }
        text.append(UInt8(ascii: "\""))
    }

    /// A value of an SQL type: its number, a length, its bytes.
    private mutating func appendOpaque(_ reader: inout ByteReader) throws(BinlogError) {
        let type = ColumnType(rawValue: try reader.u8())
        var content = ByteReader(bytes, try reader.take(try Self.length(&reader)))
        switch type {
        case .newDecimal:
            let (precision, scale) = (Int(try content.u8()), Int(try content.u8()))
            guard (1...81).contains(precision), scale <= precision else {
                throw BinlogError(.malformed, "JSON DECIMAL(\(precision),\(scale))")
            }
            text += try PackedDecimal.text(&content, precision: precision, scale: scale)
        case .date: appendQuoted(TimeText.date(packed64: Int64(bitPattern: try content.u64())))
        case .dateTime, .timestamp:
            appendQuoted(TimeText.dateTime(packed: Int64(bitPattern: try content.u64()), digits: 6))
        case .time: appendQuoted(TimeText.time(packed: Int64(bitPattern: try content.u64()), digits: 6))
        default:
            appendQuoted(Array("base64:type\(type.rawValue):".utf8) + Self.wrapped(Base64.encoded(bytes[content.rest])))
        }
    }

    /// The server breaks Base64 into lines of 76 characters, with the line end escaped.
    private static func wrapped(_ encoded: [UInt8]) -> [UInt8] {
        var text: [UInt8] = []
        for start in stride(from: 0, to: encoded.count, by: 76) {
            if start > 0 { text += "\\n".utf8 }
            text += encoded[start..<min(start + 76, encoded.count)]
        }
        return text
    }

    private mutating func appendQuoted(_ content: [UInt8]) {
        text.append(UInt8(ascii: "\""))
        text += content
        text.append(UInt8(ascii: "\""))
    }
}
