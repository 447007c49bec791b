import HTTPTypes
import Hummingbird
import HummingbirdCore
import Logging
import MartletCore
import MartletEngine
import NIOCore
import NIOHTTP1

/// Stands before every route and beside none: browser guard, request id, errors as problems, request log.
struct Gate: RouterMiddleware {
    typealias Context = APIContext

    let listener: Listener
    let guardian: BrowserGuard
    let tokens: Tokens
    let routes: [Route]
    let facades: [any Facade]
    let auditing: Auditing
    let control: Control
    let meter: RequestMeter
    let limits: RequestLimits
    let recheck: Duration

    func handle(
        _ request: Request, context: APIContext, next: (Request, APIContext) async throws -> Response
    ) async throws -> Response {
        let started = ContinuousClock.now
        let context = context.named(by: request)
        var response: Response
        var facade = Listener.Facade.native
        do {
            response = try await admitted(request, context, &facade, next)
        } catch let error as HTTPParserError {
            throw error
        } catch {
            response = refusal(of: problem(for: error, request, context), facade, request, context)
            if request.method == .head { response = response.createHeadResponse() }
        }
        response.headers[.requestID] = context.requestID
        let time = ContinuousClock.now - started
        meter.answered(
            .init(facade: facade, method: .init(request.method), statusClass: response.status.code / 100), in: time)
        if context.logger.logLevel <= .debug {
            context.logger.debug(
                "request",
                metadata: [
                    "method": "\(request.method)", "path": "\(request.uri.path.prefix(512))",
                    "status": "\(response.status.code)", "seconds": "\(time)",
                ])
        }
        return response
    }

    /// In the style of the facade whose path was called, where it has one for what it did not refuse itself.
    private func refusal(
        of problem: Problem, _ owner: Listener.Facade, _ request: Request, _ context: APIContext
    ) -> Response {
        guard var response = facades.first(where: { $0.name == owner })?.refusal(problem.code, problem.detail) else {
            return problem.response(
                requestID: context.requestID, path: request.uri.path, traceID: request.trace?.id)
        }
        for field in problem.headers { response.headers[field.name] = field.value }
        return response
    }

    private func admitted(
        _ request: Request, _ context: APIContext, _ owner: inout Listener.Facade,
        _ next: (Request, APIContext) async throws -> Response
    ) async throws -> Response {
        guard listener.admits(context.caller) else { throw Problem.foreignAddress }
        try guardian.check(request, own: context.own)
        var context = context
        context.facades = listener.facades
        context.isAlwaysSecure = listener.certificate != nil
        context.isSecure =
            context.isAlwaysSecure || request.headers[.origin]?.hasPrefix("https://") == true
        let facade = facade(for: request)
        context.credential = credential(of: request, context, isNative: facade == nil)
        context.principal = context.credential.flatMap(tokens.principal(of:))
        noteUse(context.credential, request)
        if let facade { owner = facade.name }
        let isWrong = request.presentedToken != nil && context.principal == nil && wantsToken(facade, request)
        let headers = try limits.admit(
            context.principal, isGuess: isWrong || triesPassword(request, facade),
            from: context.caller, control.settings.value)
        let isUnknown = facade == nil && isOfReplaced(request.uri.path)
        let servesNative = listener.facades.contains(.native) || listener.facades.contains(.console)
        guard facade != nil || isUnknown || servesNative || isProbe(request.uri.path) else {
            throw Problem.notFound(request.uri.path)
        }
        var response: Response
        if isUnknown {
            response = try pageNotFound(for: request, context)
        } else if let facade {
            response = try await auditing.recording(.init(facade, request), context) {
                try await respond(facade, request, context)
            }
        } else {
            response = try await next(request, context)
        }
        response.headers.append(contentsOf: headers)
        return response
    }

    /// The token of a request; without one, the session of a browser where the console is.
    private func credential(of request: Request, _ context: APIContext, isNative: Bool) -> Credential? {
        if let token = request.presentedToken { return .token(token) }
        // A ping changes something by GET, which a page of another port could have a browser fetch.
        guard listener.facades.contains(.console), !request.isPing, request.mayUseSession(isNative: isNative)
        else { return nil }
        return context.cookie.secret(in: request, tokens.sessions).map(Credential.session)
    }

    /// Pages read by themselves, and streams go on by themselves: neither tells that somebody is there.
    private func noteUse(_ credential: Credential?, _ request: Request) {
        guard case .session(let secret) = credential, ![.get, .head].contains(request.method) else { return }
        tokens.sessions.use(secret)
    }

    private func triesPassword(_ request: Request, _ facade: (any Facade)?) -> Bool {
        let isLogin = request.method == .post && request.uri.path == SessionRoutes.path
        return isLogin || facade?.triesPassword(request.uri.path) == true
    }

    /// Below these were the replaced systems.
    private static let replaced = ["/api/v1", "/api/v2"]

    /// Where nobody is asked for a token, a wrong one is no attempt at anything: clients of old send what they please.
    private func wantsToken(_ facade: (any Facade)?, _ request: Request) -> Bool {
        guard let facade else { return !isProbe(request.uri.path) }
        return listener.needsToken(facade.name) && facade.role(for: request.method, request.uri.path) != nil
    }

    /// Native paths are never a facade's.
    private func facade(for request: Request) -> (any Facade)? {
        let path = request.uri.path
        let isReplaced = Self.replaced.contains { path == $0 || path.hasPrefix($0 + "/") }
        if path.hasPrefix("/api/"), !isReplaced { return nil }
        // Below the path of the replaced system that answers /ping itself.
        if request.isPing, listener.facades.contains(.native) { return nil }
        return facades.first { listener.facades.contains($0.name) && $0.owns(request.method, path) }
    }

    /// Those whose paths are below /api/v1, and who have the same answer for what is none of them.
    private static let sharers: Set<Listener.Facade> = [.cacheLoad, .clusterDeploy]

    private var serving: [Listener.Facade] {
        facades.map(\.name).filter { Self.sharers.contains($0) && listener.facades.contains($0) }
    }

    private func isOfReplaced(_ path: String) -> Bool {
        (path == "/api/v1" || path.hasPrefix("/api/v1/")) && !serving.isEmpty
    }

    /// Comes after every facade: none of them has all of /api/v1. A stranger learns no more than of a known path.
    private func pageNotFound(for request: Request, _ context: APIContext) throws -> Response {
        let isOpen = serving.contains { !listener.needsToken($0) }
        _ = try Route.Access.covered(.read).principal(context.principal ?? (isOpen ? .anonymous : nil))
        return request.method == .head ? Response.pageNotFound.createHeadResponse() : .pageNotFound
    }

    private func respond(_ facade: any Facade, _ request: Request, _ context: APIContext) async throws -> Response {
        let principal = try principal(of: request, facade, context)
        let call = FacadeCall(
            request: request, control: control, logger: context.logger, caller: context.caller, principal: principal,
            watch: RightsWatch(
                tokens: tokens, principal: principal, credential: context.credential, interval: recheck))
        let response = await facade.respond(to: call)
        return request.method == .head ? response.createHeadResponse() : response
    }

    /// On an open listener a token binds its holder all the same.
    private func principal(of request: Request, _ facade: any Facade, _ context: APIContext) throws -> Principal {
        guard let role = facade.role(for: request.method, request.uri.path) else {
            return context.principal ?? .anonymous
        }
        let isOpen = !listener.needsToken(facade.name)
        return try Route.Access.covered(role).principal(context.principal ?? (isOpen ? .anonymous : nil))
    }

    /// What load balancers ask, on every listener.
    private func isProbe(_ path: String) -> Bool {
        !path.hasPrefix("/api/") && routes.contains { $0.access == .open && $0.path == path }
    }

    private func problem(for error: any Error, _ request: Request, _ context: APIContext) -> Problem {
        guard let error = error as? HTTPError, error.status == .notFound else {
            return ErrorMapping.problem(for: error, logger: context.logger)
        }
        return unrouted(request, context)
    }

    /// Nothing is told about paths under /api to those who have no token.
    private func unrouted(_ request: Request, _ context: APIContext) -> Problem {
        let path = request.uri.path
        if path == "/api" || path.hasPrefix("/api/"),
            credential(of: request, context, isNative: true).flatMap(tokens.principal(of:)) == nil
        {
            return .unauthorised
        }
        var methods = Set(routes.filter { $0.matches(path) }.map(\.method.rawValue))
        if methods.contains("GET") { methods.insert("HEAD") }
        if methods.isEmpty { return .notFound(path) }
        return .wrongMethod(request.method.rawValue, allowed: methods.sorted())
    }
}
