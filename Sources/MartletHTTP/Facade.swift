import Foundation
package import HTTPTypes
package import Hummingbird
package import Logging
package import MartletEngine
import NIOCore

/// The HTTP API of a replaced system: translates a foreign request into calls of ``Control`` and the result back.
package protocol Facade: Sendable {
    var name: Listener.Facade { get }
    /// Whether the path is this facade's: one of its routes, or one below its prefixes.
    func owns(_ method: HTTPRequest.Method, _ path: String) -> Bool
    /// Whether anybody may call it, whatever the listener says: probes.
    func isProbe(_ method: HTTPRequest.Method, _ path: String) -> Bool
    /// The answer to a call of a path that it owns, in the replaced system's own style, unknown paths included. Whatever
    /// goes wrong is answered in that style, too.
    func respond(to call: FacadeCall) async -> Response
}

/// One request to a facade.
package struct FacadeCall: Sendable {
    package let request: Request
    package let control: Control
    package let logger: Logger
    /// Address of the peer, without its port.
    package let caller: String?

    package var method: HTTPRequest.Method { request.method }
    /// As it was sent: percent-encoded, without the query.
    package var path: String { request.uri.path }

    package func header(_ name: String) -> String? {
        HTTPField.Name(name).flatMap { request.headers[$0] }
    }

    /// The body's bytes, or nil when there are more than `limit`. Throws when the caller breaks off.
    package func body(upTo limit: Int) async throws -> [UInt8]? {
        if let length = request.headers[.contentLength].flatMap({ Int($0) }), length > limit { return nil }
        do {
            return Array(try await request.body.collect(upTo: limit).readableBytesView)
        } catch is NIOTooManyBytesError {
            return nil
        }
    }

    /// Tells `work` when the caller hangs up; the body must have been read. The connection is closed after the answer:
    /// that is how a hang-up can be seen while the answer is worked on.
    package func whileConnected(_ work: @Sendable (HangUp) async throws -> Response) async throws -> Response {
        let hangUp = HangUp()
        var response = try await request.body.consumeWithInboundCloseHandler { _ in
            try await work(hangUp)
        } onInboundClosed: {
            hangUp.happened()
        }
        response.headers[.connection] = "close"
        return response
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
    /// An answer with these bytes.
    package init(_ status: HTTPResponse.Status, _ contentType: String, _ bytes: [UInt8]) {
        self.init(
            status: status, headers: [.contentType: contentType, .cacheControl: "no-store"],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
    }
}
