internal import SQLClient

/// Keeps an eye on the source's process: reading waits while it is gone.
final class SourceWatch: Sendable {
    private struct State {
        /// Why the source's process is away; nil: it is not.
        var absence: String?
        /// The source's task has other settings now.
        var isOther = false
        /// After which set the source's process is to spool; nil: it is not.
        var relay: String?
        var isRelaying = false
        /// Another set is to be asked for, which takes another meeting.
        var isAnew = false
    }

    private let folder: JobFolder
    private let spool: Spool
    private let gate: ReadingGate
    private let stop: StopFlag
    private let board: StatusBoard
    private let state = Monitor(State())

    struct OtherSettings: Error, CustomStringConvertible {
        let description = "the settings of the source's task have changed: this task has to begin anew"
    }

    init(_ folder: JobFolder, _ spool: Spool, gate: ReadingGate, stop: StopFlag, board: StatusBoard) {
        (self.folder, self.spool, self.gate, self.stop, self.board) = (folder, spool, gate, stop, board)
    }

    /// Why reading waits; nil: it does not.
    var hindrance: String? { state.withLock { $0.absence }.map { "the source's process is away: \($0)" } }

    /// Asks the source's process to spool, this one and those that come after it; returns when it does.
    /// - Parameter isAnew: the spool is gone that it wrote so far.
    func relay(after executed: String, isAnew: Bool = false) {
        state.withLock { state in
            state.relay = executed
            guard isAnew else { return }
            (state.isAnew, state.isRelaying) = (true, false)
        }
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
        while let farewell = accompany(guest) {
            board.note(.warning, "the source's process is gone: \(farewell.text)")
            guard !farewell.endsRelay else { return end(farewell) }
            state.withLock { state in
                state.absence = farewell.text
                state.isRelaying = false
            }
            gate.close()
            guard let next = RendezvousGuest.meet(folder, stop: stop, board: board) else { return }
            guard next.introduction == first.introduction else { return state.withLock { $0.isOther = true } }
            guest = next
            board.note(.info, "the source's process is back")
            state.withLock { $0.absence = nil }
            gate.open()
        }
    }

    /// What is spooled is applied; then this process ends as the source's did.
    private func end(_ farewell: Farewell) {
        spool.refresh()
        spool.finish(RelayEnd(description: farewell.text))
    }

    /// Returns when the source's process is gone, with the reason; nil: this one is to end.
    private func accompany(_ guest: RendezvousGuest) -> Farewell? {
        while !stop.isRaised {
            do {
                let (wanted, isAnew) = state.withLock { state in
                    defer { state.isAnew = false }
                    return (state.isRelaying ? nil : state.relay, state.isAnew)
                }
                if isAnew { return Farewell(text: "it is asked to spool anew") }
                if let wanted {
                    try guest.askForRelay(after: wanted)
                    state.withLock { $0.isRelaying = true }
                }
                if let farewell = try guest.farewell(within: .milliseconds(200)) { return farewell }
            } catch { return Farewell(text: "\(error)") }
        }
        return nil
    }
}
