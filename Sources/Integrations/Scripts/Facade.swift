import Foundation
import HTTPTypes
package import Hummingbird
import Logging
import GoWire
package import MartletCore
import MartletEngine
package import MartletHTTP

/// The HTTP API of the replaced service: translates its calls into runs, and runs into its answers.
package struct ScriptFacade: Facade {
    package static let name = "scripts"
    /// Runs of waiting calls: their ids are sessions to those who have them, and in no list.
    static let waitingName = "scripts.sync"
    static let largestBody = 1 << 20

    package var name: Listener.Facade { .scripts }
    let loader: TaskLoader

    package init(loader: TaskLoader) { self.loader = loader }

    package func owns(_ method: HTTPRequest.Method, _ path: String) -> Bool {
        let path = path.removingPercentEncoding ?? path
        return Self.hasPrefix(path) || handler(method, path) != nil
    }

    package func role(for method: HTTPRequest.Method, _ path: String) -> Rights.Role? {
        switch (method, path.removingPercentEncoding ?? path) {
        case (_, "/ping"): nil
        case (.get, _), (.head, _), (_, "/async/query"): .read
        default: .run
        }
    }

    package func respond(to call: FacadeCall) async -> Response {
        let path = call.path.removingPercentEncoding ?? call.path
        guard let handle = handler(call.method, path) else { return redirect(call, path) ?? .pageNotFound }
        do {
            return try await handle(call)
        } catch {
            return Self.answer(to: error, call)
        }
    }

    /// What went wrong, in the replaced service's style.
    static func answer(to error: any Error, _ call: FacadeCall) -> Response {
        switch error {
        case let error as MartletError where error.code == .forbidden:
            return .envelope(.failed(error.description), status: .forbidden)
        case let error as MartletError where error.code != .internal: return .envelope(.failed(error.description))
        case is CancellationError: return .envelope(.failed("server restarting, ask again"))
        default:
            let cause = (error as? MartletError)?.cause.map { "; cause: \($0)" } ?? ""
            call.logger.error(
                "request failed", metadata: ["path": "\(call.path.prefix(200))", "error": "\(error)\(cause)"])
            return .envelope(
                .failed("the request could not be served; the server's log has the cause"), status: .internalServerError
            )
        }
    }

    // MARK: Paths

    private typealias Handler = @Sendable (FacadeCall) async throws -> Response

    /// Paths are compared as they are: case sensitive, an unknown method is an unknown path.
    private func handler(_ method: HTTPRequest.Method, _ path: String) -> Handler? {
        switch (method, path) {
        case (.get, "/ping"): return { _ in Response(.ok, "text/plain; charset=utf-8", Array("pong".utf8)) }
        case (.get, "/list"): return { .envelope(.ok(list(for: $0.principal.rights))) }
        case (.get, "/discovery"): return { .envelope(.ok(discovery(for: $0.principal.rights))) }
        case (.post, "/async/query"): return query
        case (.post, "/async/kill"): return kill
        case (.post, _): return taskHandler(path)
        default: return nil
        }
    }

    private func taskHandler(_ path: String) -> Handler? {
        let catalog = loader.current.catalog
        if let entry = Self.rest(of: path, after: "/sync/").flatMap(catalog.entry) {
            return { try await wait(for: entry, $0) }
        }
        if let entry = Self.rest(of: path, after: "/async/").flatMap(catalog.entry) {
            return { try await start(entry, $0) }
        }
        // The document's examples call a task without the word sync.
        if let entry = Self.rest(of: path, after: "/").flatMap(catalog.entry) {
            return { try await wait(for: entry, $0) }
        }
        return nil
    }

    private static func rest(of path: String, after prefix: String) -> String? {
        path.hasPrefix(prefix) ? String(path.dropFirst(prefix.count)) : nil
    }

    private static func hasPrefix(_ path: String) -> Bool {
        ["/sync", "/async", "/list", "/discovery", "/ping"].contains { path == $0 || path.hasPrefix($0 + "/") }
    }

    /// A slash too much leads to the path without it.
    private func redirect(_ call: FacadeCall, _ path: String) -> Response? {
        guard call.path.hasSuffix("/"), path.hasSuffix("/"), handler(call.method, String(path.dropLast())) != nil else {
            return nil
        }
        return call.redirect(to: String(call.path.dropLast()))
    }

    // MARK: Lists

    private func list(for rights: Rights) -> WireValue {
        .array(
            loader.current.catalog.routes(for: rights).map { method, path in
                .object([("method", .string(method)), ("path", .string(path))])
            })
    }

    private func discovery(for rights: Rights) -> WireValue {
        .array(
            loader.current.catalog.entries(for: rights).map { entry in
                let task = entry.task
                var members: [(String, WireValue)] = [
                    ("name", .string(task.name)), ("cluster_type", .string(task.clusterType)),
                ]
                switch entry {
                case .external: members += [("empty_param", .array([])), ("enable", .bool(task.isEnabled))]
                case .builtIn(let type, _):
                    members += [("empty_param", .json(type.emptyArgument)), ("enable", .bool(type.isEnabled))]
                }
                members.append(("url", .string(task.path)))
                if let crontab = task.crontab { members.append(("crontab", .json(crontab))) }
                return .object(members)
            })
    }
}

extension Response {
    static let envelopeType = "application/json; charset=utf-8"

    static func envelope(_ envelope: Envelope, status: HTTPResponse.Status = .ok) -> Response {
        Response(status, envelopeType, envelope.bytes)
    }

    static var tooLarge: Response {
        .envelope(.failed("the body is larger than \(ScriptFacade.largestBody) bytes"), status: .contentTooLarge)
    }
}
