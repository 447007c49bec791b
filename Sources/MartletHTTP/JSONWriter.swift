package import Foundation
package import MartletCore
package import NIOCore

/// Writes JSON straight into a buffer, members in the order they are written. Ten times faster than
/// `JSONEncoder` on Linux, and answers look the same each time.
package struct JSONWriter {
    package private(set) var buffer: ByteBuffer
    private var needsComma = false

    package init(capacity: Int = 512) { buffer = ByteBufferAllocator().buffer(capacity: capacity) }

    /// One document made by `body`.
    package static func document(_ body: (inout JSONWriter) -> Void) -> ByteBuffer {
        var writer = JSONWriter()
        writer.object(body)
        return writer.buffer
    }

    package mutating func object(_ body: (inout JSONWriter) -> Void) {
        begin("{")
        body(&self)
        end("}")
    }

    package mutating func array<Items: Sequence>(_ items: Items, _ each: (inout JSONWriter, Items.Element) -> Void) {
        begin("[")
        for item in items { each(&self, item) }
        end("]")
    }

    package mutating func key(_ name: String) {
        comma()
        quoted(name)
        buffer.writeStaticString(":")
        needsComma = false
    }

    package mutating func object(_ name: String, _ body: (inout JSONWriter) -> Void) {
        key(name)
        object(body)
    }

    package mutating func array<Items: Sequence>(
        _ name: String, _ items: Items, _ each: (inout JSONWriter, Items.Element) -> Void
    ) {
        key(name)
        array(items, each)
    }

    package mutating func field(_ name: String, _ value: String?) {
        key(name)
        if let value { self.value(value) } else { null() }
    }

    package mutating func field(_ name: String, _ value: (some BinaryInteger)?) {
        key(name)
        if let value { raw(String(value)) } else { null() }
    }

    package mutating func field(_ name: String, _ value: Bool) {
        key(name)
        raw(value ? "true" : "false")
    }

    package mutating func field(_ name: String, _ value: Date?) {
        key(name)
        if let value { raw("\"\(Timestamp.text(value))\"") } else { null() }
    }

    package mutating func field(_ name: String, _ value: JSONValue) {
        key(name)
        self.value(value)
    }

    package mutating func field(_ name: String, _ value: [String: String]) {
        object(name) { writer in
            for (key, value) in value.sorted(by: { $0.key < $1.key }) { writer.field(key, value) }
        }
    }

    package mutating func value(_ text: String) {
        comma()
        quoted(text)
        needsComma = true
    }

    package mutating func value(_ value: JSONValue) {
        switch value {
        case .null: null()
        case .bool(let value): raw(value ? "true" : "false")
        case .int(let value): raw(String(value))
        case .double(let value): value.isFinite ? raw("\(value)") : null()
        case .string(let value): self.value(value)
        case .array(let elements): array(elements) { $0.value($1) }
        case .object(let members):
            object { writer in
                for (key, value) in members.sorted(by: { $0.key < $1.key }) { writer.field(key, value) }
            }
        }
    }

    package mutating func null() { raw("null") }

    /// A finished piece of JSON.
    private mutating func raw(_ text: String) {
        comma()
        buffer.writeString(text)
        needsComma = true
    }

    private mutating func begin(_ bracket: StaticString) {
        comma()
        buffer.writeStaticString(bracket)
        needsComma = false
    }

    private mutating func end(_ bracket: StaticString) {
        buffer.writeStaticString(bracket)
        needsComma = true
    }

    private mutating func comma() {
        if needsComma { buffer.writeStaticString(",") }
    }

    private mutating func quoted(_ text: String) {
        buffer.writeStaticString("\"")
        if text.utf8.contains(where: Self.mustEscape) {
            for byte in text.utf8 { escaped(byte) }
        } else {
            buffer.writeString(text)
        }
        buffer.writeStaticString("\"")
    }

    private static func mustEscape(_ byte: UInt8) -> Bool {
        byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
    }

    private mutating func escaped(_ byte: UInt8) {
        switch byte {
        case UInt8(ascii: "\""): buffer.writeStaticString("\\\"")
        case UInt8(ascii: "\\"): buffer.writeStaticString("\\\\")
        case UInt8(ascii: "\n"): buffer.writeStaticString("\\n")
        case UInt8(ascii: "\r"): buffer.writeStaticString("\\r")
        case UInt8(ascii: "\t"): buffer.writeStaticString("\\t")
        case 0..<0x20:
            buffer.writeString("\\u00" + (byte < 16 ? "0" : "") + String(byte, radix: 16))
        default: buffer.writeInteger(byte)
        }
    }
}
