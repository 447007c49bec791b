/// Values as parts of statements.
package enum SQLText {
    /// In quotes; right with and without NO_BACKSLASH_ESCAPES unless the value has backslashes, which are doubled.
    package static func quoted(_ value: String) -> String {
        var text = "'"
        for character in value.unicodeScalars {
            if character == "'" || character == "\\" { text.unicodeScalars.append(character) }
            text.unicodeScalars.append(character)
        }
        return text + "'"
    }

    /// `X'00ff'`.
    package static func hex(_ bytes: some Collection<UInt8>) -> String {
        var text: [UInt8] = [0x58, 0x27]
        text.reserveCapacity(bytes.count * 2 + 3)
        for byte in bytes {
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 15)])
        }
        text.append(0x27)
        return String(decoding: text, as: UTF8.self)
    }

    private static let digits = Array("0123456789abcdef".utf8)
}
