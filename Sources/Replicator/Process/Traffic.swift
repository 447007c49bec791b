internal import SQLClient

/// Bytes that were taken from the source, and how many may be.
package final class Traffic: Sendable {
    package struct Exhausted: Error, CustomStringConvertible {
        let gibibytes: Int
        package var description: String { "TrafficAgainstLimits: \(gibibytes) GiB were sent" }
    }

    private struct Bytes {
        var copied = 0
        var streamed = 0
    }

    private let limit: Int
    private let bytes = Monitor(Bytes())

    /// 0: no limit.
    package init(gibibytes: Int) { limit = gibibytes << 30 }

    /// Of the stream.
    package func add(_ count: Int) throws(Exhausted) {
        guard limit > 0 else { return }
        bytes.withLock { $0.streamed += count }
        try check()
    }

    /// Of the copy, so far.
    package func note(copied: Int) { bytes.withLock { $0.copied = copied } }

    package func check() throws(Exhausted) {
        let total = bytes.withLock { $0.copied + $0.streamed }
        if limit > 0, total > limit { throw Exhausted(gibibytes: limit >> 30) }
    }
}
