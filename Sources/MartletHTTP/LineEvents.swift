package import MartletCore
import MartletEngine
import NIOCore

/// Lines of one run as server-sent events.
struct LineEvents: PolledEvents {
    static let tick = Duration.milliseconds(200)
    private static let mostAtOnce = 256

    private var follower: LineFollower
    private var waiting: ArraySlice<LogLine> = []

    init(_ follower: LineFollower) { self.follower = follower }

    mutating func next() async throws -> PolledPiece {
        if waiting.isEmpty {
            guard let lines = try await follower.next() else { return .end(Self.end(follower.run)) }
            waiting = lines[...]
        }
        if waiting.isEmpty { return .nothing }
        var buffer = ByteBuffer()
        for line in waiting.prefix(Self.mostAtOnce) {
            let data = JSONWriter.document { $0.members(of: line, follower.run) }
            buffer.writeEvent("line", id: line.position.description, data)
        }
        waiting = waiting.dropFirst(Self.mostAtOnce)
        return .events(buffer)
    }

    private static func end(_ run: Run) -> ByteBuffer {
        var buffer = ByteBuffer()
        buffer.writeEvent("end", id: nil, JSONWriter.document { $0.members(ofEnd: run) })
        return buffer
    }
}

extension JSONWriter {
    /// How a run ended, as the last event of its streams tells it.
    package mutating func members(ofEnd run: Run) {
        field("state", run.state.rawValue)
        field("outcome", run.outcome?.rawValue)
        field("exitCode", run.exitCode)
        field("signal", run.signal)
    }

    mutating func members(of line: LogLine, _ run: Run) {
        let tasks = run.job.tasks
        field("stream", line.stream.rawValue)
        field("at", line.at)
        field("text", String(decoding: line.text, as: UTF8.self))
        field("attempt", Optional(line.task.attempt))
        field("task", tasks.indices.contains(line.task.task) ? tasks[line.task.task].name : nil)
    }
}
