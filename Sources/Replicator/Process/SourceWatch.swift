internal import SQLClient

/// Keeps an eye on the source's process: reading waits while it is gone.
final class SourceWatch: Sendable {
    private struct State {
        var isGone = false
        /// The source's task has other settings now.
        var isOther = false
        /// After which set the source's process is to spool; nil: it is not.
        var relay: String?
        var isRelaying = false
    }

    private let folder: JobFolder
    private let gate: ReadingGate
    private let stop: StopFlag
    private let board: StatusBoard
    private let state = Monitor(State())

    struct OtherSettings: Error, CustomStringConvertible {
        let description = "the settings of the source's task have changed: this task has to begin anew"
    }

    init(_ folder: JobFolder, gate: ReadingGate, stop: StopFlag, board: StatusBoard) {
        (self.folder, self.gate, self.stop, self.board) = (folder, gate, stop, board)
    }

    /// Why reading waits; nil: it does not.
    var hindrance: String? { state.withLock { $0.isGone } ? "the source's process is away" : nil }

    /// Asks the source's process to spool, this one and those that come after it; returns when it does.
    func relay(after executed: String) {
        state.withLock { $0.relay = executed }
        while !stop.isRaised {
            if state.wait(atMost: .milliseconds(200), { $0.isRelaying ? true : nil }) != nil { return }
        }
    }

    /// - Throws: when the source came back with other settings.
    func check() throws {
        if state.withLock({ $0.isOther }) { throw OtherSettings() }
    }

    /// Returns when this process is to end.
    func run(_ first: RendezvousGuest) {
        var guest = first
        while let reason = accompany(guest) {
            board.note(.warning, "the source's process is gone: \(reason)")
            state.withLock { state in
                state.isGone = true
                state.isRelaying = false
            }
            gate.close()
            guard let next = RendezvousGuest.meet(folder, stop: stop, board: board) else { return }
            guard next.introduction == first.introduction else { return state.withLock { $0.isOther = true } }
            guest = next
            board.note(.info, "the source's process is back")
            state.withLock { $0.isGone = false }
            gate.open()
        }
    }

    /// Returns when the source's process is gone, with the reason; nil: this one is to end.
    private func accompany(_ guest: RendezvousGuest) -> String? {
        while !stop.isRaised {
            do {
                let wanted = state.withLock { $0.isRelaying ? nil : $0.relay }
                if let wanted {
                    try guest.askForRelay(after: wanted)
                    state.withLock { $0.isRelaying = true }
                }
                if let reason = try guest.farewell(within: .milliseconds(200)) { return reason }
            } catch { return "\(error)" }
        }
        return nil
    }
}
