import Foundation
import GoWire
package import HTTPTypes
package import Hummingbird
import Logging
package import MartletCore
import MartletEngine
package import MartletHTTP

/// The HTTP API of the replaced service: translates its calls into runs, and runs into its answers.
package struct CacheLoadFacade: Facade {
    /// Under which its runs have their ids.
    static let aliasName = "cacheLoad"

    package var name: Listener.Facade { .cacheLoad }
    let settings: CacheLoadSettingsBox
    let version: String

    package init(settings: CacheLoadSettingsBox, version: String) {
        self.settings = settings
        self.version = version
    }

    package func owns(_ method: HTTPRequest.Method, _ path: String) -> Bool { Self.serves(path) }

    static func serves(_ path: String) -> Bool {
        path == "/swagger" || path.hasPrefix("/swagger/")
            || Self.paths.contains(path.hasSuffix("/") ? String(path.dropLast()) : path)
    }

    /// Beside those below /swagger. What else is below /api/v1 may be another facade's.
    private static let paths: Set<String> = [
        "/hc", "/api/v1/gfs", "/api/v1/gfs/retry", "/api/v1/gfs/report", "/api/v1/status", "/api/v1/output",
    ]

    package func role(for method: HTTPRequest.Method, _ path: String) -> Rights.Role? {
        switch (method, path) {
        case (_, "/hc"): nil
        // It starts a process.
        case (.get, "/api/v1/gfs/report"): .run
        case (.get, _), (.head, _): .read
        default: .run
        }
    }

    package func respond(to call: FacadeCall) async -> Response {
        guard let handle = handler(call.method, call.path) else { return redirect(call) ?? .pageNotFound }
        do {
            return try await handle(call)
        } catch let complaint as CacheComplaint {
            return .complaint(complaint)
        } catch {
            return Self.answer(to: error, call)
        }
    }

    private static func answer(to error: any Error, _ call: FacadeCall) -> Response {
        switch error {
        case let error as MartletError where error.code != .internal:
            return .failure(ProblemCode(error.code).status, error.description)
        case is CancellationError: return .failure(.serviceUnavailable, "the server is shutting down, ask again")
        default:
            let cause = (error as? MartletError)?.cause.map { "; cause: \($0)" } ?? ""
            call.logger.error(
                "request failed", metadata: ["path": "\(call.path.prefix(200))", "error": "\(error)\(cause)"])
            return .failure(
                .internalServerError, "the request could not be served; the server's log has the cause")
        }
    }

    // MARK: Paths

    private typealias Handler = @Sendable (FacadeCall) async throws -> Response

    /// An unknown method is an unknown path.
    private func handler(_ method: HTTPRequest.Method, _ path: String) -> Handler? {
        switch (method, path) {
        case (.get, "/hc"): { _ in .text(.ok, "ok") }
        case (.post, "/api/v1/gfs"): post
        case (.delete, "/api/v1/gfs"): stop
        case (.post, "/api/v1/gfs/retry"): retry
        case (.get, "/api/v1/gfs/report"): report
        case (.get, "/api/v1/status"): status
        case (.get, "/api/v1/output"): output
        case (.get, "/swagger/index.html"): { _ in swaggerPage }
        case (.get, "/swagger/doc.json"): swaggerDocument
        default: nil
        }
    }

    /// A slash too much leads to the path without it, and the directory of the description to its page.
    private func redirect(_ call: FacadeCall) -> Response? {
        if call.method == .get, ["/swagger", "/swagger/"].contains(call.path) {
            return call.redirect(to: "/swagger/index.html")
        }
        guard call.path.hasSuffix("/"), handler(call.method, String(call.path.dropLast())) != nil else { return nil }
        return call.redirect(to: String(call.path.dropLast()))
    }
}

extension FacadeCall {
    var query: GoQuery { GoQuery(request.uri.query) }
}
