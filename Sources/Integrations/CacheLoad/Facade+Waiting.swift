import GoWire
import HTTPTypes
import Hummingbird
import MartletCore
import MartletEngine
import MartletHTTP
import ServiceLifecycle

// Calls that answer what the program said. They are runs as well: recorded, bounded, ended as a whole tree.
extension CacheLoadFacade {
    /// Beyond the time that the process has: to be started, and to be killed when it does not obey.
    private static let slack = TimeSpan.seconds(2)

    func list(_ request: CacheRequest, _ call: FacadeCall) async throws -> Response {
        let settings = settings.value
        let timeout = request.timeout.map(TimeSpan.seconds) ?? settings.listTimeout
        let job = CacheJob(
            action: .list, paths: request.paths, allowsWildcards: request.allowsWildcards, timeout: timeout,
            user: settings.user)
        let (id, end) = try await wait(for: job, call)
        switch end {
        case .ended(let run) where run.state == .succeeded:
            return try named(stream(try call.control.log(of: run.id), call.control), run.id)
        case .ended(let run) where run.outcome != .timeout:
            let text = try Self.text(of: run.id, call.control, upTo: Self.longestExcerpt)
            return named(.text(.internalServerError, "task \(id) exec error: failed\n\(text)"), run.id)
        case .ended(let run): return named(Self.listTimedOut(timeout, id), run.id)
        case .tooLate: return Self.listTimedOut(timeout, id)
        case .shuttingDown: return .text(.serviceUnavailable, "server restarting, task \(id) goes on")
        }
    }

    private static func listTimedOut(_ timeout: TimeSpan, _ id: String) -> Response {
        .text(.internalServerError, "wait for task done timeout, \(timeout) are over, taskid: \(id)")
    }

    /// One path after the other; the first that fails ends it.
    func free(_ request: CacheRequest, _ call: FacadeCall) async throws -> Response {
        let settings = settings.value
        let job = CacheJob(
            action: .free, paths: request.paths, allowsWildcards: request.allowsWildcards,
            isConfirmed: request.isConfirmed, timeout: settings.timeout, user: settings.user)
        let (id, end) = try await wait(for: job, call)
        switch end {
        case .ended(let run) where run.state == .succeeded: return named(.text(.ok, "success"), run.id)
        case .ended(let run):
            let text = try Self.text(of: run.id, call.control, upTo: Self.longestExcerpt)
            return named(
                .text(.internalServerError, "\(row(id, run).exitText)\n\(text)"), run.id)
        case .tooLate: return .text(.internalServerError, "free did not end in time, task \(id) is being stopped")
        case .shuttingDown: return .text(.serviceUnavailable, "server restarting, task \(id) goes on")
        }
    }

    func report(_ call: FacadeCall) async throws -> Response {
        let settings = settings.value
        try Self.check(settings)
        let job = CacheJob(action: .report, timeout: settings.listTimeout, user: settings.user)
        let (id, end) = try await wait(for: job, call)
        switch end {
        case .ended(let run) where run.state == .succeeded:
            let text = try Self.text(of: run.id, call.control, upTo: Self.longestReport)
            return named(.wire(.ok, .string(text)), run.id)
        case .ended(let run) where run.outcome != .timeout:
            let text = try Self.text(of: run.id, call.control, upTo: Self.longestExcerpt)
            return named(.failure(.badGateway, "\(row(id, run).exitText): \(text)"), run.id)
        case .ended(let run): return named(Self.reportTimedOut(settings.listTimeout), run.id)
        case .tooLate: return Self.reportTimedOut(settings.listTimeout)
        case .shuttingDown: return .failure(.serviceUnavailable, "server restarting, ask again")
        }
    }

    private static func reportTimedOut(_ timeout: TimeSpan) -> Response {
        .failure(.internalServerError, "the report did not come within \(timeout)")
    }

    private static let longestExcerpt = 64 << 10
    private static let longestReport = 8 << 20

    private func named(_ response: Response, _ run: RunID) -> Response {
        var response = response
        response.headers[.run] = run.description
        return response
    }

    // MARK: Waiting

    private enum Waited: Sendable {
        case ended(Run)
        /// The run is being stopped.
        case tooLate
        case shuttingDown
    }

    /// The process has its own deadline, kept by its keeper; the whole call has one, too, for a run that waits for its turn.
    private func wait(for job: CacheJob, _ call: FacadeCall) async throws -> (id: String, end: Waited) {
        let place = try call.control.waitingPlace()
        let accepted = try await accept([job], call)
        guard let task = accepted.tasks.first else {
            throw MartletError(.internal, "a submission was answered without an id")
        }
        let limit = TimeSpan(
            milliseconds: job.timeout.milliseconds * Int64(max(1, job.paths.count)) + Self.slack.milliseconds)
        let end = try await Self.end(of: task.run, within: limit, at: place, call.control)
        if case .tooLate = end { try await call.control.stopIfUnfinished(task.run) }
        return (task.id, end)
    }

    private static func end(
        of id: RunID, within limit: TimeSpan, at place: WaitingPlace, _ control: Control
    ) async throws -> Waited {
        try await withThrowingTaskGroup(of: Waited.self) { group in
            group.addTask { .ended(try await control.end(of: id, at: place)) }
            group.addTask {
                try await Task.sleep(for: limit.duration)
                return .tooLate
            }
            group.addTask {
                try await gracefulShutdown()
                return .shuttingDown
            }
            defer { group.cancelAll() }
            return try await group.next() ?? .shuttingDown
        }
    }
}
