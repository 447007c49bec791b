/// The trace that a request belongs to (W3C Trace Context). A run of the request is a span of it.
package struct TraceContext: Sendable, Hashable, Codable {
    /// 32 hex digits.
    package let id: String
    /// Span of the caller: 16 hex digits.
    package let parent: String
    /// Two hex digits.
    package let flags: String
    /// What tracing systems hand on to each other; empty: nothing.
    package let state: String

    private static let longestState = 512

    /// Nil for what the recommendation tells to ignore: another form, a trace or span of zeros, version ff.
    package init?(traceparent: String, tracestate: String = "") {
        let parts = traceparent.split(separator: "-", maxSplits: 4, omittingEmptySubsequences: false)
        guard parts.count >= 4, Self.isHex(parts[0], 2), parts[0] != "ff", parts.count == 4 || parts[0] != "00",
            Self.isID(parts[1], 32), Self.isID(parts[2], 16), Self.isHex(parts[3], 2)
        else { return nil }
        id = String(parts[1])
        parent = String(parts[2])
        flags = String(parts[3])
        state = Self.isState(tracestate) ? tracestate : ""
    }

    private static func isHex(_ text: Substring, _ count: Int) -> Bool {
        text.utf8.count == count
            && text.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
    }

    private static func isID(_ text: Substring, _ count: Int) -> Bool {
        isHex(text, count) && text.utf8.contains { $0 != UInt8(ascii: "0") }
    }

    /// Up to 32 members `key=value` of printable ASCII.
    private static func isState(_ text: String) -> Bool {
        let members = text.split(separator: ",")
        return text.utf8.count <= longestState && text.utf8.allSatisfy { (0x20..<0x7F).contains($0) }
            && members.count <= 32 && members.allSatisfy { $0.contains("=") }
    }

    /// The header for what the attempt itself calls. Only the flag that says "sampled" is one that we understand.
    package func traceparent(of attempt: Int, in run: RunID) -> String {
        let isSampled = (UInt8(flags, radix: 16) ?? 0) & 1 == 1
        return "00-\(id)-\(Self.span(of: attempt, in: run))-\(isSampled ? "01" : "00")"
    }

    /// One for each attempt, the same each time it is asked for: 16 hex digits.
    package static func span(of attempt: Int, in run: RunID) -> String {
        // The finaliser of SplitMix64 spreads neighbouring attempts.
        var bits = run.low &+ UInt64(bitPattern: Int64(attempt)) &* 0x9E37_79B9_7F4A_7C15
        bits = (bits ^ bits >> 30) &* 0xBF58_476D_1CE4_E5B9
        bits = (bits ^ bits >> 27) &* 0x94D0_49BB_1331_11EB
        bits ^= bits >> 31
        let text = String(bits == 0 ? 1 : bits, radix: 16)
        return String(repeating: "0", count: 16 - text.count) + text
    }
}
