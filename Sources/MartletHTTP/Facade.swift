import Foundation
package import HTTPTypes
package import Hummingbird
package import Logging
package import MartletCore
package import MartletEngine
import NIOCore

/// The HTTP API of a replaced system: translates a foreign request into calls of ``Control`` and the result back.
package protocol Facade: Sendable {
    var name: Listener.Facade { get }
    /// Whether the path is this facade's: one of its routes, or one below its prefixes.
    func owns(_ method: HTTPRequest.Method, _ path: String) -> Bool
    /// What a token must allow for a call. Nil: a probe, which anybody may call, whatever the listener says.
    func role(for method: HTTPRequest.Method, _ path: String) -> Rights.Role?
    /// What it serves at this moment to a caller with these rights, for the description of the API.
    func routes(for rights: Rights) -> [DescribedRoute]
    /// Whether a path can only be meant to lead where it must not: calls of it are recorded even where they only read.
    func isSuspicious(_ path: String) -> Bool
    /// Whether a call of the path tries a password: it is recorded, and limited by address as wrong tokens are.
    func triesPassword(_ path: String) -> Bool
    /// The answer to a call that is refused before the facade sees it; nil: the house's own.
    func refusal(_ code: ProblemCode, _ detail: String) -> Response?
    /// The answer to a call of a path that it owns, in the replaced system's own style, unknown paths included. Whatever
    /// goes wrong is answered in that style, too.
    func respond(to call: FacadeCall) async -> Response
}

extension Facade {
    package func isSuspicious(_ path: String) -> Bool { false }
    package func triesPassword(_ path: String) -> Bool { false }
    package func refusal(_ code: ProblemCode, _ detail: String) -> Response? { nil }
}

/// One request to a facade.
package struct FacadeCall: Sendable {
    package let request: Request
    package let control: Control
    package let logger: Logger
    /// Address of the peer, without its port.
    package let caller: String?
    package let principal: Principal
    /// What ends long answers when the rights end.
    package let watch: RightsWatch

    package var method: HTTPRequest.Method { request.method }
    /// As it was sent: percent-encoded, without the query.
    package var path: String { request.uri.path }

    /// To another path, with the query that came.
    package func redirect(to path: String) -> Response {
        Response(
            status: method == .get ? .movedPermanently : .temporaryRedirect,
            headers: [.location: path + (request.uri.query.map { "?\($0)" } ?? "")])
    }

    /// The trace that the request belongs to.
    package var trace: TraceContext? { request.trace }

    /// The `Idempotency-Key` with the value it belongs to; `scope` keeps it apart from the keys of other calls.
    package func idempotency(_ value: JSONValue, scope: String) throws -> IdempotencyRecord? {
        try request.idempotency(value, scope: principal.keyScope + scope)
    }

    /// The body's bytes, or nil when there are more than `limit`. Throws when the caller breaks off.
    package func body(upTo limit: Int) async throws -> [UInt8]? {
        isTooLong(limit) ? nil : try await Self.bytes(of: request.body, upTo: limit)
    }

    /// Hands `work` the body (nil: too large) and the hang-up of the caller. The connection is closed after the answer:
    /// that is how a hang-up can be seen while the answer is worked on.
    package func whileConnected(
        bodyUpTo limit: Int, _ work: @Sendable ([UInt8]?, HangUp) async throws -> Response
    ) async throws -> Response {
        let hangUp = HangUp()
        // A body that is not read at all would keep the watch below from ever ending.
        if isTooLong(limit) { return try await work(nil, hangUp) }
        var response = try await request.body.consumeWithInboundCloseHandler { body in
            try await work(try await Self.bytes(of: body, upTo: limit), hangUp)
        } onInboundClosed: {
            hangUp.happened()
        }
        response.headers[.connection] = "close"
        return response
    }

    private func isTooLong(_ limit: Int) -> Bool {
        request.headers[.contentLength].flatMap { Int($0) }.map { $0 > limit } ?? false
    }

    private static func bytes(of body: RequestBody, upTo limit: Int) async throws -> [UInt8]? {
        do {
            return Array(try await body.collect(upTo: limit).readableBytesView)
        } catch is NIOTooManyBytesError {
            return nil
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            // The caller's doing, and no fault of ours that somebody must look at.
            throw MartletError(.invalid, "the body broke off", cause: error)
        }
    }
}

/// Tells, once, that the caller of a request has gone.
package struct HangUp: Sendable {
    private let stream: AsyncStream<Void>
    private let continuation: AsyncStream<Void>.Continuation

    init() { (stream, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1)) }

    func happened() { continuation.yield() }

    /// Returns when the caller has gone, or when the waiting task is cancelled. For one waiter.
    package func wait() async {
        for await _ in stream { return }
    }
}

extension Response {
    /// What the replaced services written in Go say of an unknown path.
    package static var pageNotFound: Response {
        Response(.notFound, "text/plain", Array("404 page not found".utf8))
    }

    /// An answer with these bytes.
    package init(_ status: HTTPResponse.Status, _ contentType: String, _ bytes: [UInt8]) {
        self.init(
            status: status, headers: [.contentType: contentType, .cacheControl: "no-store"],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
    }
}
