package import MartletCore

/// Id of a record, `rid`: ten digits of the second it was made in and 32 hex digits, so that ids sort by time. For runs
/// of ours the hex digits are the run's own id, whose time is that second.
package struct RecordID: Sendable, Hashable, CustomStringConvertible {
    package let description: String

    private static let secondDigits = 10
    private static let length = 42

    package init(_ run: RunID) {
        let second = String(Self.second(of: run))
        let filled = String(repeating: "0", count: max(0, Self.secondDigits - second.count)) + second
        description = filled + Hex.text(run.bytes)
    }

    /// Nil for anything of another form, capital letters included.
    package init?(_ text: String) {
        let bytes = Array(text.utf8)
        guard bytes.count == Self.length, bytes.prefix(Self.secondDigits).allSatisfy({ (0x30...0x39).contains($0) }),
            bytes.dropFirst(Self.secondDigits).allSatisfy({ (0x30...0x39).contains($0) || (0x61...0x66).contains($0) })
        else { return nil }
        description = text
    }

    /// The run of ours that it is of; nil for records of others.
    package var run: RunID? {
        let digits = description.utf8.dropFirst(Self.secondDigits)
        let words = [digits.prefix(16), digits.dropFirst(16)].compactMap {
            UInt64(String(decoding: $0, as: UTF8.self), radix: 16)
        }
        guard words.count == 2 else { return nil }
        let run = RunID(high: words[0], low: words[1])
        return run.isVersion7 && RecordID(run) == self ? run : nil
    }

    private static func second(of run: RunID) -> UInt64 { (run.high >> 16) / 1000 }
}
