import Foundation
import GoWire
package import HTTPTypes
package import Hummingbird
import Logging
package import MartletCore
import MartletEngine
package import MartletHTTP
import NIOCore

/// The HTTP API of the replaced system's controller, versions 1 and 2: translates its calls into those of ``Fleet``.
package struct BackupsFacade: Facade {
    package var name: Listener.Facade { .backups }
    let box: BackupBox
    let nodes: NodeDesk?
    let downloads: Downloads
    /// Writes a copy of the server's store into a directory.
    let copyStore: @Sendable (String) async throws -> Void

    package func owns(_ method: HTTPRequest.Method, _ path: String) -> Bool { BackupPath.owns(path) }

    /// An app's owners remove its backups here, as they did before: the native API wants an administrator for that.
    package func role(for method: HTTPRequest.Method, _ path: String) -> Rights.Role? {
        method == .get || method == .head ? .read : .run
    }

    package func isSuspicious(_ path: String) -> Bool { BackupPath.problem(path) != nil }

    /// The document of the native API does not describe it: its shapes are those of the replaced system.
    package func routes(for rights: Rights) -> [DescribedRoute] { [] }

    package func refusal(_ code: ProblemCode, _ detail: String) -> Response? {
        BackupRefusal(code, detail).response
    }

    package func respond(to call: FacadeCall) async -> Response {
        do {
            return try await answer(to: call)
        } catch let refusal as BackupRefusal {
            return refusal.response
        } catch let error as MartletError where error.code != .internal {
            return BackupRefusal(error).response
        } catch is CancellationError {
            return BackupRefusal(.serviceUnavailable, "unavailable", "the server is shutting down, ask again").response
        } catch {
            let cause = (error as? MartletError)?.cause.map { "; cause: \($0)" } ?? ""
            call.logger.error(
                "request failed", metadata: ["path": "\(call.path.prefix(200))", "error": "\(error)\(cause)"])
            return BackupRefusal(
                .internalServerError, "internal", "the call could not be served; the server's log has the cause"
            ).response
        }
    }

    private func answer(to call: FacadeCall) async throws -> Response {
        guard call.path.utf8.count <= BackupPath.longest else {
            throw BackupRefusal(.uriTooLong, "path_too_long", "a path has at most \(BackupPath.longest) bytes")
        }
        if let problem = BackupPath.problem(call.path) { throw BackupRefusal.badPath(call.path, problem) }
        guard let path = BackupPath(call.path), let route = BackupRoute(call.method, path) else { return .unknownRoute }
        return try await BackupAnswer(facade: self, call: call, version: path.version).response(to: route)
    }
}

/// One call at work.
struct BackupAnswer {
    let facade: BackupsFacade
    let call: FacadeCall
    let version: BackupPath.Version

    var fleet: Fleet { Fleet(volumes) }
    var volumes: Volumes { Volumes(control: call.control, box: facade.box, nodes: facade.nodes) }
    var rights: Rights { call.principal.rights }
    var query: GoQuery { GoQuery(call.request.uri.query) }
    var caller: Volumes.Caller {
        Volumes.Caller(
            trigger: Trigger(source: "backups", caller: call.caller, trace: call.trace), rights: rights)
    }

    func response(to route: BackupRoute) async throws -> Response {
        switch route {
        case .backups(let proc): try await list(known(proc))
        case .backup(let proc, let name, let inner): try await show(name, inner, of: known(proc))
        case .files(let proc, let name): try await open(name, "", of: known(proc))
        case .recover(let proc, let name, let needsFiles):
            try await recover(name, of: known(proc), needsFiles: needsFiles)
        case .migrate(let proc, let name, let needsFiles):
            try await migrate(name, of: known(proc), needsFiles: needsFiles)
        case .delete(let proc): try await delete(known(proc))
        case .jobs(let app, let isWhole): try await jobs(of: app, isWhole: isWhole)
        case .job(let app, let id): try await job(id, of: app)
        case .action(let app, let id, let word): try await act(word, id, of: app)
        case .records(let app): try await records(of: app)
        case .record(let app, let id): try await record(id, of: app)
        case .allJobs: try await allJobs()
        case .jobsAt(let address): try await jobs(at: address)
        case .stateAt(let address): try await state(at: address)
        case .actionAt(let address, let word): try await act(word, at: address)
        case .copyStore: try await copyStore()
        case .notify: try await notify()
        }
    }

    // MARK: What the path names

    /// The app's volumes. Throws 404 for an unknown app, and 403 when the token is for other ones.
    func views(of app: String) async throws -> [Volumes.View] {
        let views = try await volumes.volumes(of: app, rights)
        guard views.isEmpty else { return views }
        if rights.isRestricted {
            throw BackupRefusal(.forbidden, "forbidden", "this token is not for the app \(app.prefix(100))")
        }
        throw BackupRefusal(.notFound, "app_not_found", "there is no app \(app.prefix(100))")
    }

    /// A proc by its short name or in full, with its volumes.
    func known(_ proc: BackupRoute.Proc) async throws -> KnownProc {
        let views = try await views(of: proc.app)
        let names = Set(views.map(\.name.proc))
        let matches =
            names.contains(proc.name) ? [proc.name] : names.filter { $0.split(separator: ".").last ?? "" == proc.name }
        guard let name = matches.first else {
            throw BackupRefusal(
                .notFound, "proc_not_found", "the app \(proc.app) has no proc \(proc.name.prefix(100))")
        }
        guard matches.count == 1 else {
            throw BackupRefusal(
                .badRequest, "proc_ambiguous", "several procs have this short name: give one in full",
                [("procs", .array(matches.sorted().map { .string($0) }))])
        }
        return KnownProc(app: proc.app, name: name, views: views.filter { $0.name.proc == name })
    }

    /// What is about the whole machine is not for tokens that are bound to some apps.
    func needAllRights() throws {
        guard rights.isRestricted else { return }
        throw BackupRefusal(.forbidden, "forbidden", "this token is for some apps only, and this is about a machine")
    }

    /// The body's form, with the query behind it.
    func form() async throws -> GoQuery {
        guard let bytes = try await call.body(upTo: Self.largestForm) else {
            throw BackupRefusal(.contentTooLarge, "too_large", "a form has at most \(Self.largestForm) bytes")
        }
        let type = call.request.headers[.contentType]?.prefix { $0 != ";" }.lowercased()
        guard bytes.isEmpty || type == nil || type == "application/x-www-form-urlencoded" else {
            throw BackupRefusal(
                .badRequest, "not_a_form", "send the body as application/x-www-form-urlencoded")
        }
        return GoQuery(String(decoding: bytes, as: UTF8.self)).adding(query)
    }

    private static let largestForm = 1 << 20
}

/// A proc that is there, by its full name.
struct KnownProc {
    let app: String
    let name: String
    let views: [Volumes.View]
}
