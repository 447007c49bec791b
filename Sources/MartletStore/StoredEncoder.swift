import Foundation
import MartletCore

/// Writes any `Encodable` straight to JSON bytes, in one pass and without a tree in between. Encoding was
/// two thirds of what a submission cost with Foundation's encoder; this one costs about a fifth of that.
///
/// Containers are not told when they end, so each remembers its depth: whatever writes next at a smaller
/// depth closes the deeper ones.
struct StoredEncoder: Encoder {
    /// The document so far, with the containers that are open.
    final class Document {
        private(set) var bytes: [UInt8] = []
        private var open: [(closing: UInt8, isEmpty: Bool)] = []
        /// A key was written; the next value follows it without a comma.
        private var followsKey = false

        init() { bytes.reserveCapacity(512) }

        /// Starts an object or a list as the next value; answers its depth.
        func begin(_ opening: UInt8, _ closing: UInt8, at depth: Int) -> Int {
            separate(at: depth)
            bytes.append(opening)
            open.append((closing, true))
            return open.count
        }

        func key(_ text: String, at depth: Int) {
            separate(at: depth)
            string(text)
            bytes.append(UInt8(ascii: ":"))
            followsKey = true
        }

        func literal(_ text: String, at depth: Int) {
            separate(at: depth)
            bytes.append(contentsOf: text.utf8)
        }

        func text(_ text: String, at depth: Int) {
            separate(at: depth)
            string(text)
        }

        func finish() -> [UInt8] {
            close(to: 0)
            return bytes
        }

        private func separate(at depth: Int) {
            if followsKey {
                followsKey = false
                return
            }
            close(to: depth)
            guard let last = open.indices.last else { return }
            if !open[last].isEmpty { bytes.append(UInt8(ascii: ",")) }
            open[last].isEmpty = false
        }

        private func close(to depth: Int) {
            while open.count > depth, let container = open.popLast() { bytes.append(container.closing) }
        }

        private func string(_ text: String) {
            bytes.append(UInt8(ascii: "\""))
            for byte in text.utf8 {
                switch byte {
                case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                    bytes.append(UInt8(ascii: "\\"))
                    bytes.append(byte)
                case 0..<0x20:
                    let digits = String(byte, radix: 16)
                    bytes.append(contentsOf: (digits.count == 1 ? "\\u000" : "\\u00").utf8)
                    bytes.append(contentsOf: digits.utf8)
                default: bytes.append(byte)
                }
            }
            bytes.append(UInt8(ascii: "\""))
        }
    }

    let document: Document
    let depth: Int
    var codingPath: [any CodingKey] { [] }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    static func encode(_ value: some Encodable) throws -> [UInt8] {
        let encoder = StoredEncoder(document: Document(), depth: 0)
        try encoder.write(value)
        return encoder.document.finish()
    }

    func container<Key: CodingKey>(keyedBy: Key.Type) -> KeyedEncodingContainer<Key> {
        KeyedEncodingContainer(
            KeyedContainer(
                document: document,
                depth: document.begin(UInt8(ascii: "{"), UInt8(ascii: "}"), at: depth)))
    }

    func unkeyedContainer() -> any UnkeyedEncodingContainer {
        ListContainer(
            document: document, depth: document.begin(UInt8(ascii: "["), UInt8(ascii: "]"), at: depth))
    }

    func singleValueContainer() -> any SingleValueEncodingContainer {
        ValueContainer(document: document, depth: depth)
    }

    func write<Value: Encodable>(_ value: Value) throws {
        if Value.self == String.self, let text = value as? String {
            document.text(text, at: depth)
        } else if Value.self == Date.self, let date = value as? Date {
            document.literal(String(date.milliseconds), at: depth)
        } else {
            try value.encode(to: self)
        }
    }

    func write(_ number: Double) throws {
        guard number.isFinite else { throw MartletError(.internal, "JSON has no \(number)") }
        document.literal(number.description, at: depth)
    }
}
