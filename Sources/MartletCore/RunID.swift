package import Foundation

/// A run's native id: a UUID version 7 (RFC 9562), so that ids sort by creation time.
package struct RunID: Sendable, Hashable, Comparable, LosslessStringConvertible {
    /// The 16 bytes, as two big-endian words.
    package let high: UInt64
    package let low: UInt64

    package init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// From the 36-character form only; anything else is nil, so an id is safe as a file name.
    package init?(_ text: String) {
        let parts = text.utf8.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
        guard parts.map(\.count) == [8, 4, 4, 4, 12] else { return nil }
        var words: (UInt64, UInt64) = (0, 0)
        for byte in parts.joined() {
            guard let digit = Character(UnicodeScalar(byte)).hexDigitValue, byte < 0x80 else { return nil }
            words = (words.0 << 4 | words.1 >> 60, words.1 << 4 | UInt64(digit))
        }
        self.init(high: words.0, low: words.1)
    }

    /// Before every id that was made at this instant or later, and after all others.
    package init(firstAt instant: Date) {
        self.init(high: UInt64(max(0, min(instant.milliseconds, 1 << 48 - 1))) << 16, low: 0)
    }

    /// False for the ids of other systems that have the same form.
    package var isVersion7: Bool { high >> 12 & 0xF == 7 }

    package init?(bytes: some Collection<UInt8>) {
        guard bytes.count == 16 else { return nil }
        var words: (UInt64, UInt64) = (0, 0)
        for byte in bytes { words = (words.0 << 8 | words.1 >> 56, words.1 << 8 | UInt64(byte)) }
        self.init(high: words.0, low: words.1)
    }

    package var bytes: [UInt8] {
        [high, low].flatMap { word in (0..<8).map { UInt8(truncatingIfNeeded: word >> (56 - 8 * $0)) } }
    }

    package var description: String {
        let digits = Array("0123456789abcdef".utf8)
        var text: [UInt8] = []
        text.reserveCapacity(36)
        for (index, byte) in bytes.enumerated() {
            if index == 4 || index == 6 || index == 8 || index == 10 { text.append(UInt8(ascii: "-")) }
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 15)])
        }
        return String(decoding: text, as: UTF8.self)
    }

    package static func < (left: RunID, right: RunID) -> Bool {
        (left.high, left.low) < (right.high, right.low)
    }
}

extension RunID: Codable {
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let id = RunID(try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "not a run id")
        }
        self = id
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

/// Makes ids that rise strictly, also within one millisecond and when the clock steps back.
package struct RunIDSequence: Sendable {
    private var lastMilliseconds: UInt64 = 0
    private var counter: UInt64 = 0

    package init() {}

    package mutating func next(at now: Date, random: UInt64) -> RunID {
        let clock = UInt64(max(0, now.milliseconds))
        if clock > lastMilliseconds {
            (lastMilliseconds, counter) = (clock, 0)
        } else {
            counter += 1
            if counter > 0xFFF { (lastMilliseconds, counter) = (lastMilliseconds + 1, 0) }
        }
        return RunID(
            high: lastMilliseconds << 16 | 0x7000 | counter,
            low: 0x8000_0000_0000_0000 | random >> 2)
    }
}

extension Date {
    /// Milliseconds since 1970 UTC: the resolution of every stored instant.
    package var milliseconds: Int64 { Int64((timeIntervalSince1970 * 1000).rounded()) }
    /// The whole second since 1970 UTC that it is in.
    package var second: Int64 { Int64(timeIntervalSince1970.rounded(.down)) }
    package init(milliseconds: Int64) { self.init(timeIntervalSince1970: Double(milliseconds) / 1000) }
    package func adding(_ span: TimeSpan) -> Date {
        Date(milliseconds: milliseconds + span.milliseconds)
    }
}
