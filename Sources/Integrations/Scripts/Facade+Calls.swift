import Foundation
import GoWire
import HTTPTypes
import Hummingbird
import Logging
import MartletCore
import MartletEngine
import MartletHTTP
import ServiceLifecycle

extension ScriptFacade {
    // MARK: Calls that wait

    /// Holds the connection until the run has ended, and answers its last line.
    func wait(for entry: Catalog.Entry, _ call: FacadeCall) async throws -> Response {
        if let refusal = refusal(entry) { return refusal }
        return try await call.whileConnected(bodyUpTo: Self.largestBody) { bytes, hangUp in
            do {
                guard let bytes else { return .tooLarge }
                return try await wait(for: entry.task, TaskRequest(entry, bytes), call, hangUp)
            } catch {
                return Self.answer(to: error, call)
            }
        }
    }

    private func wait(
        for task: ScriptTask, _ request: TaskRequest, _ call: FacadeCall, _ hangUp: HangUp
    ) async throws -> Response {
        // A run that nobody can wait for is not started.
        let place = try call.control.waitingPlace()
        let accepted = try await submit(request, task, call, facade: Self.waitingName)
        switch try await Self.wait(for: accepted.id, place, hangUp, call.control) {
        case .ended(let run): return Self.answer(run)
        case .shuttingDown: return .envelope(.failed("server restarting, run \(accepted.id) goes on"))
        case .hungUp:
            if accepted.isOwn, task.onDisconnect == .stop { await stopDeserted(accepted.id, call) }
            return .envelope(.failed("canceled"))
        }
    }

    /// Nobody is there any more who could be told that it did not work.
    private func stopDeserted(_ id: RunID, _ call: FacadeCall) async {
        do {
            try await call.control.stopIfUnfinished(id)
        } catch {
            call.logger.warning(
                "the run of a caller who hung up goes on", metadata: ["run": "\(id)", "error": "\(error)"])
        }
    }

    private enum Waited: Sendable {
        case ended(Run)
        case hungUp
        case shuttingDown
    }

    private static func wait(
        for id: RunID, _ place: WaitingPlace, _ hangUp: HangUp, _ control: Control
    ) async throws -> Waited {
        try await withThrowingTaskGroup(of: Waited.self) { group in
            group.addTask { .ended(try await control.end(of: id, at: place)) }
            group.addTask {
                await hangUp.wait()
                try Task.checkCancellation()
                return .hungUp
            }
            group.addTask {
                try await gracefulShutdown()
                return .shuttingDown
            }
            defer { group.cancelAll() }
            return try await group.next() ?? .shuttingDown
        }
    }

    private static func answer(_ run: Run) -> Response {
        let lines = run.lastLines
        var envelope = Envelope.ok(.string(lines.stdout), note: lines.stderr)
        if let error = ExitText.error(of: run) { envelope = .failed(error, data: .string(lines.stdout)) }
        var response = Response.envelope(envelope)
        response.headers[.run] = run.id.description
        return response
    }

    // MARK: Calls that do not wait

    /// Answers the session's id: the run is on disk by then.
    func start(_ entry: Catalog.Entry, _ call: FacadeCall) async throws -> Response {
        if let refusal = refusal(entry) { return refusal }
        let task = entry.task
        guard let bytes = try await call.body(upTo: Self.largestBody) else { return .tooLarge }
        let accepted = try await submit(TaskRequest(entry, bytes), task, call, facade: Self.name)
        if task.admission?.otherwise == .refuse {
            let run = try await call.control.require(accepted.id)
            if case .busy = run.reason { return .envelope(.failed(run.reason.sentence(.en).text)) }
        }
        var response = Response.envelope(.ok(.string(try await sessionID(of: accepted, call.control))))
        response.headers[.run] = accepted.id.description
        return response
    }

    private func sessionID(of accepted: Accepted, _ control: Control) async throws -> String {
        if accepted.isNew { return accepted.session }
        for facade in [Self.name, Self.waitingName] {
            if let id = try await control.alias(of: accepted.id, facade: facade) { return id }
        }
        return accepted.id.description
    }

    private func refusal(_ entry: Catalog.Entry) -> Response? {
        guard case .external(let task) = entry, !task.isEnabled else { return nil }
        return .envelope(.failed("task \(task.clusterType)/\(task.name) is not enabled"), status: .forbidden)
    }

    // MARK: Submission

    struct Accepted: Sendable {
        let id: RunID
        let session: String
        /// Neither an earlier answer nor a run that was joined.
        let isNew: Bool
        /// The run was made for this call alone: its hang-up may end it.
        let isOwn: Bool
    }

    private func submit(
        _ request: TaskRequest, _ task: ScriptTask, _ call: FacadeCall, facade: String
    ) async throws -> Accepted {
        let settings = loader.current.settings
        try task.checkPlace(in: settings.collectDirectory)
        let session = UUID().uuidString.lowercased()
        let record = try call.idempotency(.object(request.params), scope: "\(facade) \(task.path) ")
        let submission = Submission(
            work: .inline(task.job(settings)), params: request.params,
            aliases: [RunAlias(facade: facade, alias: session)], admission: task.admission,
            ambientSecrets: settings.secrets.filter { task.environment[$0.key] == nil },
            trigger: Trigger(source: Self.name, caller: call.caller, trace: call.trace),
            rights: call.principal.rights)
        let accepted = try await accept(submission, record, call.control)
        guard let id = accepted.ids.first else {
            throw MartletError(.internal, "a submission was answered without an id")
        }
        return Accepted(
            id: id, session: session, isNew: accepted.isNew,
            isOwn: accepted.isNew && record == nil && task.whenBusy != .attach)
    }

    private func accept(
        _ submission: Submission, _ record: IdempotencyRecord?, _ control: Control
    ) async throws -> Control.Accepted {
        do {
            return try await control.submit(submission, idempotency: record)
        } catch let error as MartletError where error.code == .mismatch {
            throw MartletError(.mismatch, "this Idempotency-Key came before with another body")
        }
    }
}
