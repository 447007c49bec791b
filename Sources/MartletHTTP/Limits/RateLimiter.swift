import MartletCore
import Synchronization

/// Buckets that fill steadily: each key may go on for as long as its bucket is not empty. Keys are forgotten when their
/// buckets are full again; there are never more than ``mostKeys``.
final class RateLimiter<Key: Hashable & Sendable>: Sendable {
    /// So many in each `window`, and so many at once after a rest.
    struct Rate: Sendable, Hashable {
        let count: Int
        let window: Duration
    }

    struct Answer: Sendable, Hashable {
        let isWelcome: Bool
        /// What is left in the bucket.
        let left: Int
        /// Until one more is welcome.
        let wait: Duration
    }

    private struct Bucket {
        var left: Double
        var at: ContinuousClock.Instant
    }

    private let mostKeys: Int
    private let buckets = Mutex<[Key: Bucket]>([:])

    init(mostKeys: Int = 10_000) { self.mostKeys = mostKeys }

    var count: Int { buckets.withLock { $0.count } }

    func take(_ key: Key, _ rate: Rate, at now: ContinuousClock.Instant) -> Answer {
        let perSecond = Double(rate.count) / rate.window.inSeconds
        return buckets.withLock { buckets in
            if buckets[key] == nil, buckets.count >= mostKeys { Self.forget(&buckets, perSecond, rate, now) }
            var left = Self.left(in: buckets[key], perSecond, rate, now)
            let isWelcome = left >= 1
            if isWelcome { left -= 1 }
            buckets[key] = Bucket(left: left, at: now)
            let wait = left >= 1 ? 0 : (1 - left) / perSecond
            return Answer(isWelcome: isWelcome, left: Int(left), wait: .seconds(wait))
        }
    }

    private static func left(
        in bucket: Bucket?, _ perSecond: Double, _ rate: Rate, _ now: ContinuousClock.Instant
    ) -> Double {
        guard let bucket else { return Double(rate.count) }
        return min(Double(rate.count), bucket.left + (now - bucket.at).inSeconds * perSecond)
    }

    /// When nobody's bucket is full again, all are forgotten: memory is bounded, and everybody starts anew.
    private static func forget(
        _ buckets: inout [Key: Bucket], _ perSecond: Double, _ rate: Rate, _ now: ContinuousClock.Instant
    ) {
        let before = buckets.count
        buckets = buckets.filter { left(in: $0.value, perSecond, rate, now) < Double(rate.count) }
        if buckets.count == before { buckets.removeAll(keepingCapacity: true) }
    }
}
