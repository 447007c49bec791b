import HTTPTypes
import Hummingbird
import Logging
import MartletCore
import MartletEngine
import Synchronization

/// Records every call that may change something: in the transaction of the change, or by itself when nothing was
/// changed.
struct Auditing: Sendable {
    let store: any AuditStore
    let routes: [Route]
    private let strangers = Strangers()

    init(store: any AuditStore, routes: [Route]) {
        self.store = store
        self.routes = routes
    }

    /// `facade`: whose path it is; nil for the native API.
    func recording(
        _ request: Request, _ context: APIContext, facade: (any Facade)?, _ work: () async throws -> Response
    ) async throws -> Response {
        guard let action = action(request, facade) else { return try await work() }
        let principal = context.principal
        let entry = AuditEntry(
            caller: principal?.name ?? Principal.anonymous.name, token: principal?.tokenID, address: context.caller,
            action: action, request: context.requestID)
        let scope = AuditScope(entry)
        do {
            let response = try await AuditScope.$current.withValue(scope) { try await work() }
            try await close(scope, Self.outcome(of: response, isFacade: facade != nil))
            return response
        } catch {
            do {
                try await close(scope, Self.outcome(of: error))
            } catch let lost {
                // Nothing was changed; the caller needs the reason of that, not of the missing record.
                context.logger.error(
                    "refused call not recorded", metadata: ["error": "\(lost)", "action": "\(action)"])
            }
            throw error
        }
    }

    /// Nothing that was done is answered before it is recorded.
    private func close(_ scope: AuditScope, _ outcome: String) async throws {
        guard var entry = scope.take() else { return }
        // Whoever has no token must not fill the disk with records of that.
        if outcome == MartletError.Code.unauthorised.rawValue, !strangers.mayBeRecorded() { return }
        entry.outcome = outcome
        try await store.append(entry)
    }

    /// A facade answers 200 to much that it refuses: what changed nothing is not called done.
    private static func outcome(of response: Response, isFacade: Bool) -> String {
        guard response.status.kind == .successful else { return "\(response.status.code)" }
        return isFacade ? AuditEntry.unchanged : AuditEntry.done
    }

    private static func outcome(of error: any Error) -> String {
        switch error {
        case let problem as Problem: problem.code.rawValue
        case let error as MartletError: error.code.rawValue
        case let error as HTTPError: "\(error.status.code)"
        default: MartletError.Code.internal.rawValue
        }
    }

    /// Method and route, or a facade's path; nil for calls that only read.
    private func action(_ request: Request, _ facade: (any Facade)?) -> String? {
        let path = request.uri.path
        if let facade {
            let role = facade.role(for: request.method, path)
            if role == nil || role == .read { return nil }
            return "\(request.method) \(path.prefix(512))"
        }
        guard let route = routes.first(where: { $0.method == request.method && $0.matches(path) }), route.isAudited
        else { return nil }
        return "\(route.method) \(route.path)"
    }
}

/// Counts the recorded calls of those who have no token.
private final class Strangers: Sendable {
    private static let mostInAMinute = 100

    private let minute = Mutex<(start: ContinuousClock.Instant, count: Int)>((.now, 0))

    func mayBeRecorded() -> Bool {
        minute.withLock { minute in
            if minute.start + .seconds(60) < .now { minute = (.now, 0) }
            minute.count += 1
            return minute.count <= Self.mostInAMinute
        }
    }
}
