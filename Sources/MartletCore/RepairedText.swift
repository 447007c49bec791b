extension String {
    /// Reads bytes that need not be UTF-8: each byte that is not part of a valid sequence becomes one U+FFFD of its
    /// own. `String(decoding:as:)` differs in that it marks a cut sequence once, whatever its length.
    package init(repairing bytes: some Collection<UInt8>) {
        if let text = String(validating: bytes, as: UTF8.self) {
            self = text
            return
        }
        var rest = Array(bytes)[...]
        var repaired: [UInt8] = []
        repaired.reserveCapacity(rest.count + 64)
        while !rest.isEmpty {
            let length = rest.validSequenceLength
            repaired.append(contentsOf: length == 0 ? [0xEF, 0xBF, 0xBD] : rest.prefix(length))
            rest = rest.dropFirst(Swift.max(length, 1))
        }
        self = String(decoding: repaired, as: UTF8.self)
    }
}

extension ArraySlice<UInt8> {
    /// How many bytes the character at the start takes; 0 when there is no valid one (RFC 3629, section 4).
    fileprivate var validSequenceLength: Int {
        guard let lead = first else { return 0 }
        switch lead {
        case 0x00...0x7F: return 1
        case 0xC2...0xDF: return length(2, second: 0x80...0xBF)
        case 0xE0: return length(3, second: 0xA0...0xBF)
        case 0xED: return length(3, second: 0x80...0x9F)
        case 0xE1...0xEF: return length(3, second: 0x80...0xBF)
        case 0xF0: return length(4, second: 0x90...0xBF)
        case 0xF1...0xF3: return length(4, second: 0x80...0xBF)
        case 0xF4: return length(4, second: 0x80...0x8F)
        default: return 0
        }
    }

    private func length(_ length: Int, second: ClosedRange<UInt8>) -> Int {
        let tail = dropFirst().prefix(length - 1)
        guard tail.count == length - 1, let next = tail.first, second.contains(next) else { return 0 }
        return tail.dropFirst().allSatisfy { (0x80...0xBF).contains($0) } ? length : 0
    }
}
