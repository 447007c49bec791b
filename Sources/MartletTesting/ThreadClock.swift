import Foundation

/// The time for which this thread has worked: what other tests do meanwhile does not count.
package enum ThreadClock {
    package static func measure(_ body: () throws -> Void) rethrows -> Duration {
        let start = now
        try body()
        return now - start
    }

    private static var now: Duration {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Duration.seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
    }
}
