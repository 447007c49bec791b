/// What is wrong with a document, in the words of Go's encoding/json: clients of the replaced service know them.
package struct GoJSONError: Error, Equatable, CustomStringConvertible {
    package let message: String
    package var description: String { message }

    package init(_ message: String) { self.message = message }

    init(unexpected byte: UInt8, _ context: String) {
        self.init("invalid character \(Self.quoted(byte)) \(context)")
    }

    package init(unmarshal value: String, into target: String) {
        self.init("json: cannot unmarshal \(value) into Go \(target)")
    }

    /// A byte is shown as the Latin-1 character of its number, even where it is a part of a longer UTF-8 sequence.
    private static func quoted(_ byte: UInt8) -> String {
        switch byte {
        case UInt8(ascii: "'"): return #"'\''"#
        case UInt8(ascii: "\\"): return #"'\\'"#
        case 0x07...0x0D: return "'\\\(Array("abtnvfr")[Int(byte) - 7])'"
        case 0..<0x20, 0x7F: return "'\\x\(hex(byte))'"
        case 0x80...0xA0, 0xAD: return "'\\u00\(hex(byte))'"
        default: return "'\(UnicodeScalar(byte))'"
        }
    }

    private static func hex(_ byte: UInt8) -> String {
        (byte < 16 ? "0" : "") + String(byte, radix: 16)
    }
}
