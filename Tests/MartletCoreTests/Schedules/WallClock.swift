import Foundation

/// What the clocks of a zone show around one instant, step by step, by nothing but offset lookups: the reference for
/// ``CronWalk``. It shares no arithmetic with it.
struct WallClock {
    /// Instants from the first to the last, `step` seconds apart, and the clock's second at each of them.
    let instants: [Int64]
    let civil: [Int64]
    let step: Int64
    /// The instants that show a civil time, in order.
    private let shown: [Int64: [Int64]]

    init(_ zone: TimeZone, around change: Int64, hours: Int64, step: Int64) {
        self.step = step
        let start = change - hours * 3600
        instants = Array(stride(from: start - start % step, through: change + hours * 3600, by: Int(step)))
        civil = instants.map { $0 + Int64(zone.secondsFromGMT(for: Date(timeIntervalSince1970: Double($0)))) }
        shown = Dictionary(grouping: instants.indices, by: { [civil] in civil[$0] })
            .mapValues { [instants] in $0.map { instants[$0] } }
    }

    /// Every civil time from the first to the last that the clock shows, those in a gap included.
    var range: StrideThrough<Int64> {
        stride(from: civil.min() ?? 0, through: civil.max() ?? -1, by: Int(step))
    }

    /// The due instants of matching civil times, as docs/schedules.md words the rules.
    func due(_ rule: Rule, at times: [Int64]) -> [Int64] {
        var due: Set<Int64> = []
        for time in times {
            let found = shown[time] ?? []
            if found.isEmpty, rule == .once || rule == .all {
                if let after = instants.indices.first(where: { civil[$0] > time }) { due.insert(instants[after]) }
            } else {
                due.formUnion(rule == .all || rule == .elapsed ? found[...] : found.prefix(1))
            }
        }
        return due.sorted()
    }

    enum Rule: CaseIterable { case once, skip, all, elapsed }
}

/// A change of clocks, found by looking at offsets.
struct ClockChange: Hashable {
    let instant: Int64
    let before: Int64
    let after: Int64

    /// Every change of `zone` in these seconds.
    static func all(_ zone: TimeZone, from start: Int64, to end: Int64) -> [ClockChange] {
        func offset(_ instant: Int64) -> Int64 {
            Int64(zone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(instant))))
        }
        var changes: [ClockChange] = []
        var (at, now) = (start, offset(start))
        while at < end {
            let next = at + 43_200
            let then = offset(next)
            if then != now {
                var (low, high) = (at, next)
                while high - low > 1 {
                    let middle = (low + high) / 2
                    if offset(middle) == now { low = middle } else { high = middle }
                }
                changes.append(ClockChange(instant: high, before: now, after: then))
            }
            (at, now) = (next, then)
        }
        return changes
    }
}
