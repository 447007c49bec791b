internal import Glibc
internal import Synchronization

/// Ends a connection from another thread: whoever waits in it gets `WireError.interrupted` at once.
package final class Interrupter: Sendable {
    private struct State {
        var descriptor: Int32?
        var isInterrupted = false
    }

    private let state = Mutex(State())

    package init() {}

    package var isInterrupted: Bool { state.withLock { $0.isInterrupted } }

    /// May be called at any time and more than once; also ends a connection that is not made yet.
    package func interrupt() {
        state.withLock { state in
            state.isInterrupted = true
            if let descriptor = state.descriptor { shutdown(descriptor, Int32(SHUT_RDWR)) }
        }
    }

    /// From here on the descriptor is this one's to interrupt and close.
    func adopt(_ descriptor: Int32) {
        state.withLock { state in
            state.descriptor = descriptor
            if state.isInterrupted { shutdown(descriptor, Int32(SHUT_RDWR)) }
        }
    }

    func closeDescriptor() {
        state.withLock { state in
            if let descriptor = state.descriptor { close(descriptor) }
            state.descriptor = nil
        }
    }
}
