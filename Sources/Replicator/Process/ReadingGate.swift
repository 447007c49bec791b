internal import MySQLWire
internal import SQLClient

/// Whether the source may be read: only while its process is there.
package final class ReadingGate: Sendable {
    private struct State {
        var isOpen = true
        var interrupter: Interrupter?
    }

    private let state = Monitor(State())

    package init() {}

    package func open() { state.withLock { $0.isOpen = true } }

    /// Ends the connection that is read.
    package func close() {
        let interrupter = state.withLock { state in
            state.isOpen = false
            return state.interrupter
        }
        interrupter?.interrupt()
    }

    /// False: the process is to end.
    func awaitOpen(_ stop: StopFlag) -> Bool {
        while !stop.isRaised {
            if state.wait(atMost: .milliseconds(500), { $0.isOpen ? true : nil }) != nil { return true }
        }
        return false
    }

    func whileOpen(_ interrupter: Interrupter, _ body: () throws -> Void) throws {
        state.withLock { $0.interrupter = interrupter }
        defer { state.withLock { $0.interrupter = nil } }
        try body()
    }
}
