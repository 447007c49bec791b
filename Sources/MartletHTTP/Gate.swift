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

    let guardian: BrowserGuard
    let token: AccessToken
    let routes: [Route]
    let facades: [any Facade]
    let control: Control

    func handle(
        _ request: Request, context: APIContext, next: (Request, APIContext) async throws -> Response
    ) async throws -> Response {
        let started = ContinuousClock.now
        var response: Response
        do {
            try guardian.check(request)
            if let foreign = await facadeResponse(request, context) {
                response = foreign
            } else {
                response = try await next(request, context)
            }
        } catch let error as HTTPParserError {
            throw error
        } catch {
            response = problem(for: error, request, context).response(
                requestID: context.requestID, path: request.uri.path)
            if request.method == .head { response = response.createHeadResponse() }
        }
        response.headers[.requestID] = context.requestID
        if context.logger.logLevel <= .debug {
            context.logger.debug(
                "request",
                metadata: [
                    "method": "\(request.method)", "path": "\(request.uri.path.prefix(512))",
                    "status": "\(response.status.code)", "seconds": "\(ContinuousClock.now - started)",
                ])
        }
        return response
    }

    /// Native paths are never a facade's.
    private func facadeResponse(_ request: Request, _ context: APIContext) async -> Response? {
        guard !facades.isEmpty, !request.uri.path.hasPrefix("/api/") else { return nil }
        let call = FacadeCall(
            request: request, control: control, logger: context.logger, caller: context.caller)
        for facade in facades {
            if let response = await facade.respond(to: call) { return response }
        }
        return nil
    }

    private func problem(for error: any Error, _ request: Request, _ context: APIContext) -> Problem {
        guard let error = error as? HTTPError, error.status == .notFound else {
            return ErrorMapping.problem(for: error, logger: context.logger)
        }
        return unrouted(request)
    }

    /// Nothing is told about paths under /api to those who have no token.
    private func unrouted(_ request: Request) -> Problem {
        let path = request.uri.path
        if path == "/api" || path.hasPrefix("/api/"), !token.admits(request.headers[.authorization]) {
            return .unauthorised
        }
        var methods = Set(routes.filter { $0.matches(path) }.map(\.method.rawValue))
        if methods.contains("GET") { methods.insert("HEAD") }
        if methods.isEmpty { return .notFound(path) }
        return .wrongMethod(request.method.rawValue, allowed: methods.sorted())
    }
}
