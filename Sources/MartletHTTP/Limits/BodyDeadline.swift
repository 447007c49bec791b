import NIOCore
import NIOHTTP1

/// Ends connections that are held by bodies which do not come: a request has `patience` for its body, and a second more for
/// each ``slowest`` bytes of it that came. What comes of a body after the answer is thrown away, for ``lingering``.
/// (The head has the listener's idle time.)
final class BodyDeadline: ChannelDuplexHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    /// Bytes in a second: a line that is as slow as this may always finish.
    static let slowest = 16 << 10
    /// A caller that is still sending has so long to read its answer: closing at once would take it away. What it sends
    /// meanwhile is thrown away.
    static let lingering = TimeAmount.seconds(5)

    private let patience: TimeAmount
    /// Requests whose head came, and those whose answer is complete.
    private var begun = 0
    private var answered = 0
    /// The body of the newest is not complete.
    private var isReading = false
    private var received = 0
    private var hasAnswerBegun = false
    private var isLingering = false
    private var deadline: Scheduled<Void>?

    init(patience: TimeAmount) { self.patience = patience }

    func handlerRemoved(context: ChannelHandlerContext) { deadline?.cancel() }

    func channelInactive(context: ChannelHandlerContext) {
        deadline?.cancel()
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if isLingering {
            // All of it came: nothing keeps the answer from its reader.
            if case .end = unwrapInboundIn(data) { context.close(promise: nil) }
            return
        }
        switch unwrapInboundIn(data) {
        case .head:
            begun += 1
            isReading = true
            received = 0
            if isBeingAnswered { wait(patience, context) }
        case .body(let bytes):
            received += bytes.readableBytes
        case .end:
            isReading = false
            deadline?.cancel()
        }
        context.fireChannelRead(data)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        context.fireChannelReadComplete()
        // Nobody else asks for more once the answer is out.
        if isLingering { context.read() }
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        // An answer that comes after ours.
        if isLingering {
            promise?.fail(ChannelError.outputClosed)
            return
        }
        switch unwrapOutboundIn(data) {
        case .head:
            hasAnswerBegun = true
            context.write(data, promise: promise)
        case .body:
            context.write(data, promise: promise)
        case .end:
            let isUnread = isUnread
            answered += 1
            hasAnswerBegun = false
            context.write(data, promise: promise)
            if isUnread {
                deadline?.cancel()
                deadline = schedule(Self.lingering, context) { handler, context in
                    if handler.isReading { context.close(promise: nil) }
                }
            } else if isReading {
                // One that was sent ahead, while the caller waited for this answer.
                wait(patience, context)
            }
        }
    }

    /// The request that is answered now is the one whose body is coming.
    private var isBeingAnswered: Bool { begun == answered + 1 }
    private var isUnread: Bool { isReading && isBeingAnswered }

    private func linger(_ context: ChannelHandlerContext) {
        isLingering = true
        deadline?.cancel()
        deadline = schedule(Self.lingering, context) { _, context in context.close(promise: nil) }
        context.read()
    }

    private func wait(_ time: TimeAmount, _ context: ChannelHandlerContext) {
        deadline?.cancel()
        let start = received
        deadline = schedule(time, context) { handler, context in handler.look(since: start, context) }
    }

    private func look(since start: Int, _ context: ChannelHandlerContext) {
        guard isReading else { return }
        let bonus = (received - start) / Self.slowest
        if bonus > 0 { return wait(.seconds(Int64(bonus)), context) }
        if hasAnswerBegun { return context.close(promise: nil) }
        let text = ByteBuffer(string: "the body did not come in time (limits.bodyTime)\n")
        let head = HTTPResponseHead(
            version: .http1_1, status: .requestTimeout,
            headers: [
                "Content-Type": "text/plain; charset=utf-8", "Content-Length": "\(text.readableBytes)",
                "Connection": "close",
            ])
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.write(wrapOutboundOut(.body(.byteBuffer(text))), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        // Whoever reads the body is told that it is not whole: the end of the connection is an error in the midst of one.
        linger(context)
    }

    /// `act` is called on the loop of the channel, unless the handler has gone.
    private func schedule(
        _ time: TimeAmount, _ context: ChannelHandlerContext,
        _ act: @escaping (BodyDeadline, ChannelHandlerContext) -> Void
    ) -> Scheduled<Void> {
        context.eventLoop.assumeIsolated().scheduleTask(in: time) { [weak self] in
            if let self { act(self, context) }
        }
    }
}
