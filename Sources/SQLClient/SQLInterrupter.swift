internal import Glibc
internal import Synchronization

/// Ends a session from another thread: whoever waits in it gets an `SQLError` of kind `lost` at once.
package final class SQLInterrupter: Sendable {
    private struct State {
        /// Of our own: the library closes its descriptor whenever it likes, and the number may soon be somebody else's.
        var descriptor: Int32?
        var isInterrupted = false
    }

    private let state = Mutex(State())

    package init() {}

    package var isInterrupted: Bool { state.withLock { $0.isInterrupted } }

    /// At any time and more than once; a session that is only being made ends once it is.
    package func interrupt() {
        state.withLock { state in
            state.isInterrupted = true
            if let descriptor = state.descriptor { shutdown(descriptor, Int32(SHUT_RDWR)) }
        }
    }

    func adopt(_ descriptor: Int32) {
        state.withLock { state in
            state.descriptor = dup(descriptor)
            if state.isInterrupted { shutdown(descriptor, Int32(SHUT_RDWR)) }
        }
    }

    func release() {
        state.withLock { state in
            if let descriptor = state.descriptor { close(descriptor) }
            state.descriptor = nil
        }
    }
}
