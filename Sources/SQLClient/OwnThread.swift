internal import Glibc
internal import Synchronization

/// A thread outside of the cooperative pool, for work that blocks. It takes no signals.
package final class OwnThread: Sendable {
    private final class Work {
        let name: String
        let body: @Sendable () -> Void

        init(_ name: String, _ body: @escaping @Sendable () -> Void) {
            self.name = name
            self.body = body
        }
    }

    private let thread: Mutex<pthread_t?>

    /// Starts at once.
    /// - Parameters:
    ///   - name: as tools show it; 15 bytes of it.
    ///   - stack: in bytes.
    package init(_ name: String, stack: Int = 1 << 20, _ body: @escaping @Sendable () -> Void) {
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        pthread_attr_setstacksize(&attributes, stack)
        let work = Unmanaged.passRetained(Work(name, body)).toOpaque()
        var thread = pthread_t()
        let status = pthread_create(&thread, &attributes, { OwnThread.run($0) }, work)
        precondition(status == 0, "no more threads: \(status)")
        pthread_attr_destroy(&attributes)
        self.thread = Mutex(thread)
    }

    private static func run(_ work: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
        guard let work else { return nil }
        var signals = sigset_t()
        sigfillset(&signals)
        pthread_sigmask(SIG_SETMASK, &signals, nil)
        let owned = Unmanaged<Work>.fromOpaque(work).takeRetainedValue()
        show(owned.name)
        owned.body()
        return nil
    }

    /// Without it the thread has its program's name, which is no harm.
    private static func show(_ name: String) {
        let file = open("/proc/thread-self/comm", O_WRONLY | O_CLOEXEC)
        guard file >= 0 else { return }
        let bytes = Array(name.utf8.prefix(15))
        _ = write(file, bytes, bytes.count)
        close(file)
    }

    /// Waits for its end. Only the first call waits.
    package func join() {
        let thread = self.thread.withLock { thread -> pthread_t? in
            defer { thread = nil }
            return thread
        }
        if let thread { pthread_join(thread, nil) }
    }

    deinit {
        if let thread = thread.withLock({ $0 }) { pthread_detach(thread) }
    }
}
