/// One line of a control file: `word key=value … crc=<16 hex digits>`. The checksum (FNV-1a, 64 bit)
/// covers everything before ` crc=`, so a torn line is not a record.
package struct ControlRecord: Sendable, Equatable {
    package enum Word: String, Sendable {
        /// The fence is held by a keeper: pid, start, boot, mark. Nothing of the task ran yet.
        case keeper
        /// The task runs: pid, at.
        case leader
        /// The task and its whole tree are gone (or `unkillable`).
        case ended
        /// The fence is held by a server: the task never runs.
        case abandoned
    }

    package var word: Word
    package var fields: [(key: String, value: String)]

    package init(_ word: Word, _ fields: [(key: String, value: String)] = []) {
        self.word = word
        self.fields = fields
    }

    /// Version of this format and of what a keeper understands, part of every handle: from 2 on it passes signals on.
    package static let version = 2
    /// A control file is never longer: it fits the block that its first line allocated.
    package static let longestFile = 4096

    package subscript(_ key: String) -> String? { fields.first { $0.key == key }?.value }

    package func integer<Value: FixedWidthInteger>(_ key: String) -> Value? { self[key].flatMap { Value($0) } }

    package var encoded: [UInt8] {
        var line = Array(word.rawValue.utf8)
        for (key, value) in fields {
            line.append(UInt8(ascii: " "))
            line += key.utf8
            line.append(UInt8(ascii: "="))
            PercentText.append(value, to: &line)
        }
        let checksum = Self.checksum(line[...])
        line += " crc=".utf8
        line += checksum
        line.append(UInt8(ascii: "\n"))
        return line
    }

    package static func == (left: ControlRecord, right: ControlRecord) -> Bool {
        left.word == right.word && left.fields.elementsEqual(right.fields) { $0 == $1 }
    }
}

extension ControlRecord {
    /// The valid lines of a file, in order; others are passed over.
    package static func parse(_ bytes: [UInt8]) -> [ControlRecord] {
        bytes.split(separator: UInt8(ascii: "\n")).compactMap(ControlRecord.init(line:))
    }

    private init?(line: ArraySlice<UInt8>) {
        let tail = 21  // " crc=" and 16 digits
        guard line.count > tail, line.suffix(tail).starts(with: " crc=".utf8),
            line.suffix(16).elementsEqual(Self.checksum(line.dropLast(tail)))
        else { return nil }
        let parts = line.dropLast(tail).split(separator: UInt8(ascii: " "))
        guard let first = parts.first, let word = Word(rawValue: String(decoding: first, as: UTF8.self)) else {
            return nil
        }
        var fields: [(key: String, value: String)] = []
        for part in parts.dropFirst() {
            guard let equals = part.firstIndex(of: UInt8(ascii: "=")) else { return nil }
            let key = String(decoding: part[..<equals], as: UTF8.self)
            fields.append((key, PercentText.decode(part[(equals + 1)...])))
        }
        self.init(word, fields)
    }

    private static func checksum(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
        return (0..<16).map { Hex.digit(UInt8(truncatingIfNeeded: hash >> (60 - 4 * UInt64($0))) & 15) }
    }
}

/// Lower-case hexadecimal digits.
enum Hex {
    static func digit(_ value: UInt8) -> UInt8 { value < 10 ? 48 + value : 87 + value }
    static func value(_ digit: UInt8) -> UInt8? {
        switch digit {
        case 48...57: digit - 48
        case 97...102: digit - 87
        case 65...70: digit - 55
        default: nil
        }
    }
}

/// Values without spaces and line breaks: other bytes than visible ASCII are `%xx`.
enum PercentText {
    static func append(_ text: String, to line: inout [UInt8]) {
        for byte in text.utf8 {
            if byte > 0x20, byte < 0x7F, byte != UInt8(ascii: "%") {
                line.append(byte)
            } else {
                line += [UInt8(ascii: "%"), Hex.digit(byte >> 4), Hex.digit(byte & 15)]
            }
        }
    }

    static func decode(_ text: ArraySlice<UInt8>) -> String {
        var bytes: [UInt8] = []
        var index = text.startIndex
        while index < text.endIndex {
            if text[index] == UInt8(ascii: "%"), index + 2 < text.endIndex, let high = Hex.value(text[index + 1]),
                let low = Hex.value(text[index + 2])
            {
                bytes.append(high << 4 | low)
                index += 3
            } else {
                bytes.append(text[index])
                index += 1
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
