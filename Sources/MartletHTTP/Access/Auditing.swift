import Foundation
import HTTPTypes
import Hummingbird
import Logging
import MartletCore
import MartletEngine
import Synchronization

/// Records every call that may change something: in the transaction of the change, or by itself when nothing was
/// changed.
struct Auditing: Sendable {
    /// What is recorded of a call before it is known what becomes of it.
    struct Subject: Sendable {
        let action: String
        /// What the path names, until a change says it better.
        let target: String
        let isFacade: Bool
    }

    let store: any AuditStore
    private let strangers = Strangers()

    init(store: any AuditStore) { self.store = store }

    /// `subject`: nil for calls that only read.
    func recording(
        _ subject: Subject?, _ context: APIContext, _ work: () async throws -> Response
    ) async throws -> Response {
        guard let subject else { return try await work() }
        let principal = context.principal
        let entry = AuditEntry(
            caller: principal?.name ?? Principal.anonymous.name, token: principal?.tokenID, address: context.caller,
            action: subject.action, target: subject.target, request: context.requestID)
        let scope = AuditScope(entry)
        do {
            let response = try await AuditScope.$current.withValue(scope) { try await work() }
            let outcome = scope.note?.outcome ?? Self.outcome(of: response, subject)
            try await close(scope, outcome, isStranger: principal == nil)
            return response
        } catch {
            do {
                try await close(scope, Self.outcome(of: error), isStranger: principal == nil)
            } catch let lost {
                // Nothing was changed; the caller needs the reason of that, not of the missing record.
                context.logger.error(
                    "refused call not recorded", metadata: ["error": "\(lost)", "action": "\(subject.action)"])
            }
            throw error
        }
    }

    /// Nothing that was done is answered before it is recorded.
    private func close(_ scope: AuditScope, _ outcome: String, isStranger: Bool) async throws {
        guard var entry = scope.take() else { return }
        // Whoever has no token must not fill the disk with records of what came to nothing.
        if isStranger, scope.note?.outcome != AuditEntry.done, !strangers.mayBeRecorded() { return }
        entry.outcome = outcome
        try await store.append(entry)
    }

    /// A facade answers 200 to much that it refuses: what changed nothing is not called done.
    private static func outcome(of response: Response, _ subject: Subject) -> String {
        guard response.status.kind == .successful else { return "\(response.status.code)" }
        return subject.isFacade ? AuditEntry.unchanged : AuditEntry.done
    }

    private static func outcome(of error: any Error) -> String {
        switch error {
        case let problem as Problem: problem.code.rawValue
        case let error as MartletError: error.code.rawValue
        case let error as HTTPError: "\(error.status.code)"
        default: MartletError.Code.internal.rawValue
        }
    }
}

extension Auditing.Subject {
    private static let longestName = 128
    /// What the parameters of paths name.
    private static let kinds = [
        "id": "run", "name": "job", "token": "token", "secret": "secret", "schedule": "schedule",
        "volume": "volume", "cluster": "cluster", "host": "cluster host", "template": "cluster template",
        "nomadJob": "nomad job",
    ]

    /// Nil for routes that only read.
    init?(_ route: Route, _ context: APIContext) {
        guard route.isAudited else { return nil }
        let named = Self.kinds.compactMap { parameter, kind in
            context.parameters.get(parameter).map {
                "\(kind) \(($0.removingPercentEncoding ?? $0).prefix(Self.longestName))"
            }
        }
        self.init(action: "\(route.method) \(route.path)", target: named.first ?? "", isFacade: false)
    }

    /// Nil for calls that only read, and look for nothing that they must not see.
    init?(_ facade: any Facade, _ request: Request) {
        let role = facade.role(for: request.method, request.uri.path)
        guard let role else { return nil }
        let path = request.uri.path
        guard role > .read || facade.isSuspicious(path) || facade.triesPassword(path) else { return nil }
        self.init(action: "\(request.method) \(request.uri.path.prefix(512))", target: "", isFacade: true)
    }
}

/// Counts the recorded calls, of those that changed nothing, of people without a token.
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
