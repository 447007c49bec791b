import Foundation
import GoWire
package import HTTPTypes
package import Hummingbird
import HummingbirdCore
import Logging
package import MartletCore
import MartletEngine
package import MartletHTTP

/// Consul's HTTP API as far as it is about keys: clients of dtle read and remove there how far replication has come.
package struct KeysFacade: Facade {
    package var name: Listener.Facade { .kv }
    private let store: any CheckpointStore

    package init(_ store: any CheckpointStore) { self.store = store }

    package func owns(_ method: HTTPRequest.Method, _ path: String) -> Bool {
        path == "/v1/kv" || path.hasPrefix(Self.root)
    }

    static let root = "/v1/kv/"

    package func role(for method: HTTPRequest.Method, _ path: String) -> Rights.Role? {
        method == .get || method == .head ? .read : .run
    }

    /// Its shapes are those of the replaced system, which has a description of its own.
    package func routes(for rights: Rights) -> [DescribedRoute] { [] }

    package func refusal(_ code: ProblemCode, _ detail: String) -> Response? {
        let isDenied = [HTTPResponse.Status.forbidden, .unauthorized].contains(code.status)
        return KeyRefusal(isDenied ? .forbidden : code.status, isDenied ? "Permission denied" : detail).reply
            .response(isPretty: false)
    }

    package func respond(to call: FacadeCall) async -> Response {
        let query = GoQuery(call.request.uri.query)
        guard call.method == .get, query["index"] != nil else { return await answer(call, query, nil) }
        // Somebody who waits is to be noticed when he leaves.
        do {
            return try await call.whileConnected(bodyUpTo: 0) { _, hangUp in await answer(call, query, hangUp) }
        } catch {
            return Self.refusal(of: error, call).reply.response(isPretty: false)
        }
    }

    private func answer(_ call: FacadeCall, _ query: GoQuery, _ hangUp: HangUp?) async -> Response {
        let isPretty = query.names.contains("pretty")
        do {
            return try await KeyCall(call, store, query, hangUp).reply().response(isPretty: isPretty)
        } catch {
            return Self.refusal(of: error, call).reply.response(isPretty: isPretty)
        }
    }

    private static func refusal(of error: any Error, _ call: FacadeCall) -> KeyRefusal {
        switch error {
        case let refusal as KeyRefusal: return refusal
        case let error as MartletError where error.code != .internal:
            return KeyRefusal(ProblemCode(error.code).status, error.description)
        case is CancellationError:
            return KeyRefusal(.serviceUnavailable, "the server is shutting down, ask again")
        default:
            let cause = (error as? MartletError)?.cause.map { "; cause: \($0)" } ?? ""
            call.logger.error(
                "request failed", metadata: ["path": "\(call.path.prefix(200))", "error": "\(error)\(cause)"])
            return KeyRefusal(.internalServerError, "the call could not be served; the server's log has the cause")
        }
    }
}
