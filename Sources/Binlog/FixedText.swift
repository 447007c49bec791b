/// MariaDB's types of a fixed size, as the server prints them.
enum FixedText {
    /// Versions 1 to 5 stand in the order of sorting, its groups from last to first; others as they are written.
    static func uuid(_ bytes: ArraySlice<UInt8>) -> String {
        let stored = Array(bytes)
        let isReordered = stored[6] & 0x80 != 0 && (1..<0x60).contains(stored[8])
        guard isReordered else { return uuidText(bytes) }
        let groups = [12..<16, 10..<12, 8..<10, 6..<8, 0..<6]
        let written: [UInt8] = groups.flatMap { stored[$0] }
        return uuidText(written[...])
    }

    static func inet4(_ bytes: ArraySlice<UInt8>) -> String {
        bytes.map { String($0) }.joined(separator: ".")
    }

    /// The longest run of zero groups, be it one group, as `::`; addresses that carry an IPv4 one with its dots.
    static func inet6(_ bytes: ArraySlice<UInt8>) -> String {
        let stored = Array(bytes)
        let groups: [UInt16] = (0..<8).map { index in
            let high = UInt16(stored[2 * index])
            return high << 8 | UInt16(stored[2 * index + 1])
        }
        let gap = longestZeros(groups)
        let hasIPv4 = gap.lowerBound == 0 && (gap.count == 6 || (gap.count == 5 && groups[5] == 0xffff))
        let shown = hasIPv4 ? 6 : 8
        var text = ""
        var index = 0
        while index < shown {
            if index == gap.lowerBound, !gap.isEmpty {
                text += "::"
                index = gap.upperBound
                continue
            }
            if !text.isEmpty, !text.hasSuffix(":") { text += ":" }
            text += String(groups[index], radix: 16)
            index += 1
        }
        guard hasIPv4 else { return text }
        return text + (text.hasSuffix(":") ? "" : ":") + inet4(stored[12...])
    }

    private static func longestZeros(_ groups: [UInt16]) -> Range<Int> {
        var best = 0..<0
        var start: Int?
        for index in 0...groups.count {
            if index < groups.count, groups[index] == 0 {
                start = start ?? index
            } else if let first = start {
                if index - first > best.count { best = first..<index }
                start = nil
            }
        }
        return best
    }
}
