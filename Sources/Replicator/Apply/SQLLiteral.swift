import Binlog

/// How values of one column are written into statements, so that the server stores the same value whatever its session says.
enum SQLLiteral: Sendable, Equatable {
    /// Numbers, dates and what else is plain ASCII.
    case plain
    /// Text in UTF-8, which is what the session speaks.
    case utf8
    /// Text in another character set; where ASCII means the same in it, ASCII goes as it is.
    case text(characterSet: String, hasASCII: Bool)

    private static let notASCII: Set<String> = ["utf16", "utf16le", "utf32", "ucs2", "swe7", "sjis", "armscii8"]

    init(characterSet: String) {
        switch characterSet {
        case "utf8mb4", "utf8mb3", "utf8", "ascii": self = .utf8
        default: self = .text(characterSet: characterSet, hasASCII: !Self.notASCII.contains(characterSet))
        }
    }

    func append(_ value: Value, to sql: inout [UInt8]) {
        switch value {
        case .null: sql.append(text: "NULL")
        case .integer(let number): sql.append(number: number)
        case .unsigned(let number), .bits(let number), .set(let number): sql.append(number: number)
        case .enumeration(let index): sql.append(number: Int64(index))
        case .float(let number): sql.appendReal("\(Double(number))")
        case .double(let number): sql.appendReal("\(number)")
        case .decimal(let digits): sql += digits
        case .time(let text): sql.appendQuoted(text)
        case .characters(let bytes): append(characters: bytes, to: &sql)
        case .bytes(let bytes), .geometry(let bytes), .vector(let bytes): sql.appendBinary(bytes)
        case .json(let bytes): sql.appendQuoted(bytes)
        case .address(let text): sql.appendQuoted(Array(text.utf8))
        }
    }

    private func append(characters bytes: ArraySlice<UInt8>, to sql: inout [UInt8]) {
        guard case .text(let name, let hasASCII) = self, !(hasASCII && bytes.allSatisfy { $0 < 0x80 }) else {
            return sql.appendQuoted(bytes)
        }
        sql.append(text: "_\(name) ")
        sql.appendHex(bytes)
    }
}

extension [UInt8] {
    mutating func append(text: String) { self += text.utf8 }

    mutating func append(number: Int64) { append(text: String(number)) }

    mutating func append(number: UInt64) { append(text: String(number)) }

    /// An exponent makes it a floating point number, and exact.
    mutating func appendReal(_ text: String) {
        append(text: text)
        if !text.contains("e") { append(text: "e0") }
    }

    /// The session takes backslashes; a quote, a backslash and a zero are all that has to be escaped.
    mutating func appendQuoted(_ bytes: some Collection<UInt8>) {
        append(UInt8(ascii: "'"))
        for byte in bytes {
            switch byte {
            case UInt8(ascii: "'"), UInt8(ascii: "\\"):
                append(UInt8(ascii: "\\"))
                append(byte)
            case 0:
                append(UInt8(ascii: "\\"))
                append(UInt8(ascii: "0"))
            default: append(byte)
            }
        }
        append(UInt8(ascii: "'"))
    }

    /// Short ones as hexadecimal digits; long ones would take twice their size, so these are escaped.
    mutating func appendBinary(_ bytes: ArraySlice<UInt8>) {
        if bytes.count <= 64 { return appendHex(bytes) }
        append(text: "_binary")
        appendQuoted(bytes)
    }

    mutating func appendHex(_ bytes: ArraySlice<UInt8>) {
        append(text: "x'")
        for byte in bytes {
            append(Self.hexDigits[Int(byte >> 4)])
            append(Self.hexDigits[Int(byte & 15)])
        }
        append(UInt8(ascii: "'"))
    }

    private static let hexDigits = Array("0123456789abcdef".utf8)
}
