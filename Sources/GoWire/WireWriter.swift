import MartletCore

/// Writes JSON byte for byte as Go does: no spaces, and `<`, `>`, `&`, U+2028 and U+2029 escaped.
package struct WireWriter {
    private var bytes: [UInt8] = []

    package static func bytes(_ value: WireValue) -> [UInt8] {
        var writer = WireWriter()
        writer.write(value)
        return writer.bytes
    }

    private mutating func write(_ value: WireValue) {
        switch value {
        case .null: raw("null")
        case .bool(let value): raw(value ? "true" : "false")
        case .int(let value): raw(String(value))
        case .string(let text): quoted(text)
        case .array(let elements): list("[", elements, "]") { $0.write($1) }
        case .object(let members):
            list("{", members, "}") { writer, member in
                writer.key(member.0)
                writer.write(member.1)
            }
        case .json(let value): write(value)
        }
    }

    private mutating func write(_ value: JSONValue) {
        switch value {
        case .null: raw("null")
        case .bool(let value): raw(value ? "true" : "false")
        case .int(let value): raw(String(value))
        case .double(let value): raw(Self.text(value))
        case .string(let text): quoted(text)
        case .array(let elements): list("[", elements, "]") { $0.write($1) }
        case .object(let members):
            list("{", members.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }, "}") { writer, member in
                writer.key(member.key)
                writer.write(member.value)
            }
        }
    }

    /// JSON has no infinity.
    private static func text(_ value: Double) -> String {
        if let whole = Int64(exactly: value), abs(value) < 0x1p53 { return String(whole) }
        return value.isFinite ? "\(value)" : "null"
    }

    private mutating func list<Items: Sequence>(
        _ open: UnicodeScalar, _ items: Items, _ close: UnicodeScalar,
        _ each: (inout WireWriter, Items.Element) -> Void
    ) {
        bytes.append(UInt8(ascii: open))
        var isFirst = true
        for item in items {
            if !isFirst { bytes.append(UInt8(ascii: ",")) }
            isFirst = false
            each(&self, item)
        }
        bytes.append(UInt8(ascii: close))
    }

    private mutating func key(_ name: String) {
        quoted(name)
        bytes.append(UInt8(ascii: ":"))
    }

    private mutating func raw(_ text: String) { bytes.append(contentsOf: text.utf8) }
}

extension WireWriter {
    private mutating func quoted(_ text: String) {
        bytes.append(UInt8(ascii: "\""))
        var text = text
        text.withUTF8 { utf8 in
            var rest = utf8[...]
            while let next = rest.firstIndex(where: Self.isSpecial) {
                bytes.append(contentsOf: rest[..<next])
                let length = special(rest[next...])
                rest = rest[(next + length)...]
            }
            bytes.append(contentsOf: rest)
        }
        bytes.append(UInt8(ascii: "\""))
    }

    private static func isSpecial(_ byte: UInt8) -> Bool {
        switch byte {
        case 0..<0x20, UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "<"), UInt8(ascii: ">"),
            UInt8(ascii: "&"), 0xE2:
            true
        default: false
        }
    }

    /// Writes what stands at the start of `rest`; says how many bytes of it that was.
    private mutating func special(_ rest: Slice<UnsafeBufferPointer<UInt8>>) -> Int {
        let byte = rest[rest.startIndex]
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes += [UInt8(ascii: "\\"), byte]
        case 0x0A: raw("\\n")
        case 0x0D: raw("\\r")
        case 0x09: raw("\\t")
        case 0xE2 where rest.starts(with: "\u{2028}".utf8):
            raw("\\u2028")
            return 3
        case 0xE2 where rest.starts(with: "\u{2029}".utf8):
            raw("\\u2029")
            return 3
        case 0xE2: bytes.append(byte)
        default: raw("\\u00" + (byte < 16 ? "0" : "") + String(byte, radix: 16))
        }
        return 1
    }
}
