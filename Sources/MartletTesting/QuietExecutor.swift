import Foundation

/// For long computations in tests: a thread of its own that gives way to everything else, so that tests beside it which
/// wait for something are not starved. Use with `withTaskExecutorPreference`.
package final class QuietExecutor: TaskExecutor {
    package init() {}

    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        let thread = Thread { [self] in
            // On Linux the niceness is the thread's own.
            _ = nice(10)
            job.runSynchronously(on: asUnownedTaskExecutor())
        }
        thread.stackSize = 8 << 20
        thread.start()
    }
}
