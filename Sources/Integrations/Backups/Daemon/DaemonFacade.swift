import Foundation
import GoWire
package import HTTPTypes
package import Hummingbird
import Logging
package import MartletCore
import MartletEngine
package import MartletHTTP

/// The HTTP API of the replaced system's daemon, on an agent (contract §1.4): a controller of that system drives a node by it.
package struct DaemonFacade: Facade {
    package var name: Listener.Facade { .backups }
    let desk: AgentDesk
    let box: BackupBox
    let addresses: NotifyAddresses

    private static let prefix = "/api/v1"
    private static let longestPath = 8192

    package func owns(_ method: HTTPRequest.Method, _ path: String) -> Bool {
        path == Self.prefix || path.hasPrefix(Self.prefix + "/")
    }

    package func role(for method: HTTPRequest.Method, _ path: String) -> Rights.Role? {
        method == .get || method == .head ? .read : .run
    }

    package func isSuspicious(_ path: String) -> Bool { BackupPath.problem(path) != nil }

    /// The document of the native API does not describe it: its shapes are those of the replaced system.
    package func routes(for rights: Rights) -> [DescribedRoute] { [] }

    package func refusal(_ code: ProblemCode, _ detail: String) -> Response? {
        .wire(code.status, .string(detail))
    }

    package func respond(to call: FacadeCall) async -> Response {
        do {
            return try await answer(to: call)
        } catch let refusal as DaemonRefusal {
            return refusal.response
        } catch let error as MartletError where error.code != .internal {
            return DaemonRefusal.work(error.sentence).response
        } catch is CancellationError {
            return DaemonRefusal.work("the agent is shutting down, ask again").response
        } catch {
            call.logger.error(
                "request failed", metadata: ["path": "\(call.path.prefix(200))", "error": "\(error)"])
            return DaemonRefusal.work("the agent's log has the cause").response
        }
    }

    private func answer(to call: FacadeCall) async throws -> Response {
        guard call.path.utf8.count <= Self.longestPath else {
            throw DaemonRefusal.argument("a path has at most \(Self.longestPath) bytes")
        }
        if let problem = BackupPath.problem(call.path) { throw DaemonRefusal.argument("the path \(problem)") }
        guard let parts = Self.parts(call.path), let route = DaemonRoute(call.method, parts) else {
            return .unknownRoute
        }
        return try await DaemonAnswer(facade: self, call: call).response(to: route)
    }

    /// Decoded; a `/` at the end is let be.
    private static func parts(_ path: String) -> [String]? {
        guard let text = path.removingPercentEncoding else { return nil }
        var parts = text.dropFirst(prefix.count).split(separator: "/", omittingEmptySubsequences: false).dropFirst()
        if parts.last?.isEmpty == true { parts.removeLast() }
        return parts.map(String.init)
    }
}

/// Why a call is not served: one JSON string, as the daemon had it.
struct DaemonRefusal: Error {
    let status: HTTPResponse.Status
    let text: String

    static func argument(_ text: String) -> DaemonRefusal {
        DaemonRefusal(status: .badRequest, text: "Unvalid Argument: \(text)")
    }

    static func work(_ text: String) -> DaemonRefusal {
        DaemonRefusal(status: .serviceUnavailable, text: "Error happend when doing backup action: \(text)")
    }

    var response: Response { .wire(status, .string(text)) }
}

extension MartletError {
    /// With the fields that are wrong.
    fileprivate var sentence: String {
        problems.isEmpty ? message : "\(message): \(problems.map(\.description).joined(separator: "; "))"
    }
}
