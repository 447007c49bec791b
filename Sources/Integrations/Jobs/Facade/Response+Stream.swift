import HTTPTypes
import Hummingbird
import HummingbirdCore
import MartletHTTP
import NIOCore
import ServiceLifecycle
import Synchronization

extension Response {
    /// Ends when the output does, the caller goes, its rights end or the server shuts down. Watching for the caller's end
    /// costs the connection.
    static func stream(_ type: String, _ output: any StreamedOutput, of call: FacadeCall) -> Response {
        let (body, watch, end) = (call.request.body, call.watch, StreamEnd())
        return Response(
            status: .ok, headers: Self.headers(type),
            body: ResponseBody { writer in
                var output = output
                try await body.consumeWithInboundCloseHandler { _ in
                    try await withGracefulShutdownHandler {
                        while let bytes = try await output.next(unless: end) {
                            if watch.isOver { throw RightsWatch.gone }
                            try await writer.write(ByteBuffer(bytes: bytes))
                        }
                    } onGracefulShutdown: {
                        end.happened()
                    }
                } onInboundClosed: {
                    end.happened()
                }
                try await writer.finish(nil)
            })
    }
}

extension Response {
    /// No browser makes anything of what tasks wrote but the text it is.
    private static func headers(_ type: String) -> HTTPFields {
        [
            .contentType: type, .vary: "Accept-Encoding, Origin", .connection: "close",
            .contentSecurityPolicy: "default-src 'none'; style-src 'unsafe-inline'; sandbox",
            .xContentTypeOptions: "nosniff", .xssProtection: "1; mode=block",
        ]
    }
}

/// Whether nobody wants the rest of an answer.
final class StreamEnd: Sendable {
    private let hasHappened = Atomic(false)
    var isHere: Bool { hasHappened.load(ordering: .relaxed) }
    func happened() { hasHappened.store(true, ordering: .relaxed) }
}
