import HTTPTypes
import Hummingbird
import MartletCore
import MartletEngine
import NIOCore
import ServiceLifecycle

/// The bytes a run wrote.
enum LogRoutes {
    static let routes: [Route] = [
        Route(
            .get, "/api/runs/{id}/log", "Read a run's log, or follow it to its end", access: .run(.read), .readLog, log),
        Route(.head, "/api/runs/{id}/log", "Length of a run's log", access: .run(.read), .logLength, log),
    ]

    static let piece = 64 << 10

    private struct Wish {
        var selection: Control.LogSelection
        var tail: Int?
        var follow: Bool
    }

    @Sendable private static func log(_ call: Call) async throws -> Response {
        let run = try await call.control.require(try await call.runID())
        let wish = try wish(call, run)
        if wish.follow, call.request.method == .get { return follow(run.id, wish, call) }
        let view = try call.control.log(of: run.id, wish.selection)
        let range = ByteRange(
            call.request.headers[.ifRange] == nil ? call.request.headers[.range] : nil, length: view.length)
        return try part(of: view, range, wish, call)
    }

    private static func wish(_ call: Call, _ run: Run) throws(MartletError) -> Wish {
        var query = try QueryItems(call.request)
        let stream: LogStream = query.choice("stream") ?? .all
        let attempt = query.int("attempt", in: 1...1_000_000).map(Int.init)
        let task = task(&query, run)
        let tail = query.int("tail", in: 0...1_000_000_000).map(Int.init)
        let follow = query.bool("follow")
        if call.request.headers[.range] != nil, follow || tail != nil {
            query.problem(follow ? "follow" : "tail", "cannot be joined with a Range header")
        }
        try query.finish()
        return Wish(selection: .init(stream: stream, attempt: attempt, task: task), tail: tail, follow: follow)
    }

    /// A task by name or by number from 1.
    private static func task(_ query: inout QueryItems, _ run: Run) -> Int? {
        guard let text = query.text("task") else { return nil }
        if let index = run.job.tasks.firstIndex(where: { $0.name == text }) { return index }
        if let number = Int(text), run.job.tasks.indices.contains(number - 1) { return number - 1 }
        query.problem("task", "is neither a task's name nor a number from 1 to \(run.job.tasks.count)")
        return nil
    }

    private static let headers: HTTPFields = [
        .contentType: "text/plain; charset=utf-8", .xContentTypeOptions: "nosniff", .cacheControl: "no-store",
    ]

    private static func part(of view: LogView, _ range: ByteRange, _ wish: Wish, _ call: Call) throws -> Response {
        var headers = headers
        headers[.acceptRanges] = "bytes"
        var status = HTTPResponse.Status.ok
        var bounds = 0..<view.length
        switch range {
        case .whole:
            if let tail = wish.tail {
                bounds = try call.control.tailOffset(of: view, lines: tail)..<view.length
            }
        case .part(let part):
            (status, bounds) = (.partialContent, part)
            headers[.contentRange] = "bytes \(part.lowerBound)-\(part.upperBound - 1)/\(view.length)"
        case .unsatisfiable:
            throw Problem(
                .range, "the log has \(view.length) bytes", headers: [.contentRange: "bytes */\(view.length)"])
        }
        headers[.contentLength] = String(bounds.count)
        let body = call.request.method == .head ? ResponseBody() : bytes(bounds, of: view, call)
        return Response(status: status, headers: headers, body: body)
    }

    /// A piece is read when the one before was taken by the client, whose token must count by then still.
    private static func bytes(_ bounds: Range<Int64>, of view: LogView, _ call: Call) -> ResponseBody {
        let (control, watch) = (call.control, call.watch)
        return ResponseBody(contentLength: bounds.count) { writer in
            var offset = bounds.lowerBound
            while offset < bounds.upperBound {
                guard !watch.isOver else { throw RightsWatch.gone }
                let wanted = min(piece, Int(bounds.upperBound - offset))
                let bytes = try control.read(view, from: offset, upTo: wanted)
                // A log that was cut meanwhile: the promised length cannot be kept, so the connection ends.
                guard !bytes.isEmpty else { throw MartletError(.unavailable, "the log was removed while it was read") }
                try await writer.write(ByteBuffer(bytes: bytes))
                offset += Int64(bytes.count)
            }
            try await writer.finish(nil)
        }
    }

    /// Ends when the run has ended, the client goes or the server shuts down.
    private static func follow(_ id: RunID, _ wish: Wish, _ call: Call) -> Response {
        let control = call.control
        let request = call.request
        let watch = call.watch
        let body = ResponseBody { writer in
            let bridge = Bridge()
            async let _: Void = watch.guarding { bridge.finish() }
            try await request.body.consumeWithInboundCloseHandler { _ in
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask {
                        defer { bridge.finish() }
                        try await control.follow(id, wish.selection, tail: wish.tail) { try await bridge.send($0) }
                    }
                    for await bytes in bridge.pieces.cancelOnGracefulShutdown() {
                        try await writer.write(ByteBuffer(bytes: bytes))
                        bridge.taken()
                    }
                    group.cancelAll()
                }
            } onInboundClosed: {
                bridge.finish()
            }
            try await writer.finish(nil)
        }
        var headers = headers
        // Watching for the client's hang-up uses the connection up.
        headers[.connection] = "close"
        return Response(status: .ok, headers: headers, body: body)
    }
}

/// Hands one piece at a time from the follower's task to the writer's, which alone may touch the writer.
private struct Bridge: Sendable {
    let pieces: AsyncStream<[UInt8]>
    private let input: AsyncStream<[UInt8]>.Continuation
    private let receipts: AsyncStream<Void>
    private let receipt: AsyncStream<Void>.Continuation

    init() {
        (pieces, input) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(1))
        (receipts, receipt) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(1))
    }

    /// Returns when the piece was written. Throws when nobody takes pieces any more.
    func send(_ bytes: [UInt8]) async throws {
        input.yield(bytes)
        for await _ in receipts { return }
        throw CancellationError()
    }

    func taken() { receipt.yield() }

    func finish() {
        input.finish()
        receipt.finish()
    }
}
