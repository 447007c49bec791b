package import Foundation

/// When and how often an attempt is followed by another.
package struct RetryPolicy: Sendable, Hashable, Codable {
    package enum On: String, Sendable, Codable, CaseIterable {
        /// After a failed attempt.
        case failure
        /// After every end, good ones too: a service that should stay up.
        case end
    }
    package enum Mode: String, Sendable, Codable, CaseIterable {
        /// When the retries of the window are used up the run fails.
        case fail
        /// When they are used up the next one waits until the window is over.
        case delay
    }
    package enum Backoff: String, Sendable, Codable, CaseIterable { case constant, exponential, fibonacci }

    /// Retries, not counting the first attempt, within one window.
    package var limit: Int
    package var on: On
    package var window: TimeSpan?
    package var mode: Mode
    package var delay: TimeSpan
    package var backoff: Backoff
    package var maxDelay: TimeSpan

    package init(
        limit: Int, on: On = .failure, window: TimeSpan? = nil, mode: Mode = .fail,
        delay: TimeSpan = .seconds(1), backoff: Backoff = .exponential, maxDelay: TimeSpan = .seconds(300)
    ) {
        self.limit = limit
        self.on = on
        self.window = window
        self.mode = mode
        self.delay = delay
        self.backoff = backoff
        self.maxDelay = maxDelay
    }

    /// The wait before retry number `retry` (from 1): never negative, never above `maxDelay`.
    package func wait(beforeRetry retry: Int) -> TimeSpan {
        let factor: Double =
            switch backoff {
            case .constant: 1
            case .exponential: pow(2, Double(min(retry, 62) - 1))
            case .fibonacci: Self.fibonacci(min(retry, 80))
            }
        let wait = min(Double(delay.milliseconds) * factor, Double(maxDelay.milliseconds))
        return TimeSpan(milliseconds: Int64(wait))
    }

    private static func fibonacci(_ index: Int) -> Double {
        var pair: (Double, Double) = (1, 1)
        for _ in 1..<max(1, index) { pair = (pair.1, pair.0 + pair.1) }
        return pair.0
    }
}

/// How many retries a run has used in its present window.
package struct RetryCount: Sendable, Hashable, Codable {
    package var used: Int
    package var windowStart: Date?

    package init(used: Int = 0, windowStart: Date? = nil) {
        self.used = used
        self.windowStart = windowStart
    }

    /// The instant of the next attempt, or nil when the policy allows none. Counts it as used.
    package mutating func next(under policy: RetryPolicy, at now: Date) -> Date? {
        if let window = policy.window, let start = windowStart, now >= start.adding(window) {
            self = RetryCount()
        }
        let start = windowStart ?? now
        guard used < policy.limit else {
            guard policy.mode == .delay, let window = policy.window, policy.limit > 0 else { return nil }
            self = RetryCount(used: 1, windowStart: start.adding(window))
            return max(now, start.adding(window))
        }
        used += 1
        windowStart = start
        return now.adding(policy.wait(beforeRetry: used))
    }
}
