package import Hummingbird
package import NIOCore
import ServiceLifecycle

/// Something that grows and is looked at again and again, as server-sent events.
package protocol PolledEvents: Sendable {
    /// How often it is looked at while it is silent.
    static var tick: Duration { get }
    /// What has come since the last look. Does not wait.
    mutating func next() async throws -> PolledPiece
}

package enum PolledPiece: Sendable {
    /// Whole events; more may be there already.
    case events(ByteBuffer)
    case nothing
    /// The last event.
    case end(ByteBuffer)
}

extension ByteBuffer {
    /// One event with one line of data.
    package mutating func writeEvent(_ event: String, id: String?, _ data: ByteBuffer) {
        if let id { writeString("id: \(id)\n") }
        writeString("event: \(event)\ndata: ")
        writeImmutableBuffer(data)
        writeStaticString("\n\n")
    }
}

extension Call {
    /// Ends when the source does, the client goes, its rights end or the server shuts down. Watching for the client's end
    /// costs the connection, so no other request may be sent on it.
    package func eventStream(_ source: some PolledEvents) -> Response {
        let request = request
        let watch = watch
        let stream = PolledStream()
        return Response(
            status: .ok,
            headers: [
                .contentType: "text/event-stream", .cacheControl: "no-store", .xContentTypeOptions: "nosniff",
                .connection: "close",
            ],
            body: ResponseBody { writer in
                async let _: Void = watch.guarding { stream.end() }
                try await request.body.consumeWithInboundCloseHandler { _ in
                    try await stream.send(source, to: &writer)
                } onInboundClosed: {
                    stream.end()
                }
                try await writer.finish(nil)
            })
    }
}

/// Events of one source on their way to one client, whose slowness delays nobody else.
private struct PolledStream: Sendable {
    private let wakes: AsyncStream<Void>
    private let wake: AsyncStream<Void>.Continuation

    init() { (wakes, wake) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1)) }

    func end() { wake.finish() }

    func send<Source: PolledEvents>(_ source: Source, to writer: inout any ResponseBodyWriter) async throws {
        var source = source
        try await writer.write(ByteBuffer(string: "retry: 1000\n\n"))
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                while true {
                    wake.yield()
                    try await Task.sleep(for: Source.tick)
                }
            }
            var sentAt = ContinuousClock.now
            sending: for await _ in wakes.cancelOnGracefulShutdown() {
                switch try await source.next() {
                case .events(let buffer):
                    wake.yield()
                    try await writer.write(buffer)
                    sentAt = .now
                case .end(let buffer):
                    try await writer.write(buffer)
                    break sending
                case .nothing where sentAt + EventSubscription.heartbeat < .now:
                    try await writer.write(ByteBuffer(string: ": still here\n\n"))
                    sentAt = .now
                case .nothing: break
                }
            }
            group.cancelAll()
        }
    }
}
