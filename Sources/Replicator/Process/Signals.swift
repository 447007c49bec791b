internal import Glibc

/// SIGTERM and SIGINT, taken by one thread that asks for them.
package enum Signals {
    private static var stopping: sigset_t {
        var set = sigset_t()
        sigemptyset(&set)
        sigaddset(&set, SIGTERM)
        sigaddset(&set, SIGINT)
        return set
    }

    /// Before any thread is made: all of them inherit it. A peer that closes a socket is an error, not a signal.
    package static func block() {
        var set = stopping
        pthread_sigmask(SIG_BLOCK, &set, nil)
        signal(SIGPIPE, SIG_IGN)
    }

    /// Waits for one of them; false when none came within the time.
    package static func wait(_ time: Duration) -> Bool {
        var set = stopping
        let (seconds, attoseconds) = time.components
        var span = timespec(tv_sec: Int(seconds), tv_nsec: Int(attoseconds / 1_000_000_000))
        return sigtimedwait(&set, nil, &span) > 0
    }
}
