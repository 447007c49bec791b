package import MartletCore
import Foundation
import Synchronization

/// An executor without processes: it does what its script says for each task, and can hang, fail and vanish.
package final class ScriptedExecutor: Executor {
    /// What one launch does.
    package enum Step: Sendable {
        case exit(Int32)
        /// Runs until it is stopped, then is ended by TERM.
        case hang
        /// Runs until it is stopped, then exits 0.
        case hangObediently
        /// The fence turns out to be somebody else's.
        case abandoned
        case lost(Reason)
        /// The controller itself cannot do its part.
        case trouble
    }

    private struct State {
        var launched: [TaskAddress] = []
        var adopted: [TaskAddress] = []
        var commands: [Command] = []
        var signals: [TaskSignal] = []
        var stops: [Int32: AsyncStream<Void>.Continuation] = [:]
        var nextPID: Int32 = 100
    }

    package let bootID: String
    private let state = Mutex(State())
    private let script: @Sendable (TaskAddress, Command?) -> Step

    /// `script` is asked at each launch, and at each adoption with a nil command.
    package init(bootID: String = "boot-1", _ script: @escaping @Sendable (TaskAddress, Command?) -> Step) {
        self.bootID = bootID
        self.script = script
    }

    package var launched: [TaskAddress] { state.withLock { $0.launched } }
    package var adopted: [TaskAddress] { state.withLock { $0.adopted } }
    package var commands: [Command] { state.withLock { $0.commands } }

    package var signals: [TaskSignal] { state.withLock { $0.signals } }

    package func run(
        _ command: Command, at address: TaskAddress, started: @Sendable (TaskHandle) async throws -> Void
    ) async throws -> TaskExit {
        state.withLock { state in
            state.launched.append(address)
            state.commands.append(command)
        }
        return try await perform(script(address, command), started)
    }

    package func adopt(
        _ address: TaskAddress, handle: TaskHandle?, claimedOn bootID: String?,
        started: @Sendable (TaskHandle) async throws -> Void
    ) async throws -> TaskExit {
        state.withLock { $0.adopted.append(address) }
        if let bootID, bootID != self.bootID { throw TaskLost(reason: .machineRestarted) }
        return try await perform(script(address, nil), started)
    }

    package func stop(_ handle: TaskHandle, at address: TaskAddress, grace: TimeSpan?) async throws {
        state.withLock { $0.stops.removeValue(forKey: handle.keeperPID) }?.finish()
    }

    package func signal(_ signal: TaskSignal, to handle: TaskHandle, at address: TaskAddress) async throws {
        state.withLock { $0.signals.append(signal) }
    }

    package func usage(of handle: TaskHandle) -> [ProcessUsage] { [] }

    private func perform(_ step: Step, _ started: @Sendable (TaskHandle) async throws -> Void) async throws -> TaskExit
    {
        switch step {
        case .abandoned: throw TaskAbandoned()
        case .lost(let reason): throw TaskLost(reason: reason)
        case .trouble: throw MartletError(.unavailable, "no process can be started")
        case .exit(let code):
            try await started(handle(nil))
            return TaskExit(ending: .exited(code: code), endedAt: Date())
        case .hang, .hangObediently:
            let (stream, continuation) = AsyncStream<Void>.makeStream()
            try await started(handle(continuation))
            for await _ in stream {}
            try Task.checkCancellation()
            if case .hangObediently = step {
                return TaskExit(ending: .exited(code: 0), stopped: true, endedAt: Date())
            }
            return TaskExit(ending: .signalled(15), stopped: true, endedAt: Date())
        }
    }

    private func handle(_ stop: AsyncStream<Void>.Continuation?) -> TaskHandle {
        state.withLock { state in
            state.nextPID += 1
            state.stops[state.nextPID] = stop
            return TaskHandle(bootID: bootID, keeperPID: state.nextPID, keeperStart: 1, protocolVersion: 1)
        }
    }
}
