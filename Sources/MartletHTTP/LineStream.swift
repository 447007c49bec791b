import Hummingbird
import MartletCore
import MartletEngine
import NIOCore
import ServiceLifecycle

/// Lines of one run on their way to one client.
struct LineStream: Sendable {
    /// How often a silent log is looked at.
    private static let tick = Duration.milliseconds(200)
    private static let mostAtOnce = 256

    private let wakes: AsyncStream<Void>
    private let wake: AsyncStream<Void>.Continuation

    init() { (wakes, wake) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1)) }

    func end() { wake.finish() }

    func send(_ follower: LineFollower, to writer: inout any ResponseBodyWriter) async throws {
        var follower = follower
        try await writer.write(ByteBuffer(string: "retry: 1000\n\n"))
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                while true {
                    wake.yield()
                    try await Task.sleep(for: Self.tick)
                }
            }
            var sentAt = ContinuousClock.now
            for await _ in wakes.cancelOnGracefulShutdown() {
                guard let lines = try await follower.next() else {
                    try await writer.write(Self.end(follower.run))
                    break
                }
                if !lines.isEmpty {
                    // More may be there already.
                    wake.yield()
                    try await write(lines, of: follower.run, &writer)
                    sentAt = .now
                } else if sentAt + EventSubscription.heartbeat < .now {
                    try await writer.write(ByteBuffer(string: ": still here\n\n"))
                    sentAt = .now
                }
            }
            group.cancelAll()
        }
    }

    private func write(_ lines: [LogLine], of run: Run, _ writer: inout any ResponseBodyWriter) async throws {
        for start in stride(from: 0, to: lines.count, by: Self.mostAtOnce) {
            var buffer = ByteBuffer()
            for line in lines[start...].prefix(Self.mostAtOnce) {
                buffer.writeString("id: \(line.position)\n")
                Self.write("line", JSONWriter.document { $0.members(of: line, run) }, &buffer)
            }
            try await writer.write(buffer)
        }
    }

    private static func end(_ run: Run) -> ByteBuffer {
        var buffer = ByteBuffer()
        let data = JSONWriter.document { json in
            json.field("state", run.state.rawValue)
            json.field("outcome", run.outcome?.rawValue)
            json.field("exitCode", run.exitCode)
            json.field("signal", run.signal)
        }
        write("end", data, &buffer)
        return buffer
    }

    private static func write(_ event: String, _ data: ByteBuffer, _ buffer: inout ByteBuffer) {
        buffer.writeString("event: \(event)\ndata: ")
        buffer.writeImmutableBuffer(data)
        buffer.writeStaticString("\n\n")
    }
}

extension JSONWriter {
    mutating func members(of line: LogLine, _ run: Run) {
        let tasks = run.job.tasks
        field("stream", line.stream.rawValue)
        field("at", line.at)
        field("text", String(decoding: line.text, as: UTF8.self))
        field("attempt", Optional(line.task.attempt))
        field("task", tasks.indices.contains(line.task.task) ? tasks[line.task.task].name : nil)
    }
}
