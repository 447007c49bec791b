import MartletCore
import MartletEngine
import MartletHTTP
import NIOCore

/// Events of one attempt as server-sent events. Their ids are byte offsets.
struct PlaybookEvents: PolledEvents {
    static let tick = Duration.milliseconds(50)
    private static let look = Duration.milliseconds(400)

    private var reader: EventReader
    private var run: Run
    private let control: Control
    private var lookedAt = ContinuousClock.now
    private var isDry = false

    init(_ reader: EventReader, of run: Run, _ control: Control) {
        (self.reader, self.run, self.control) = (reader, run, control)
    }

    mutating func next() async throws -> PolledPiece {
        // Looked at before its files are: what was written before its end is then in them.
        if isDry, !isOver, lookedAt + Self.look < .now {
            run = try await control.require(run.id)
            lookedAt = .now
        }
        guard let entries = try reader.next() else {
            isDry = true
            guard isOver else { return .nothing }
            var buffer = ByteBuffer()
            buffer.writeEvent("end", id: nil, JSONWriter.document { $0.members(ofEnd: run) })
            return .end(buffer)
        }
        isDry = false
        var buffer = ByteBuffer()
        for entry in entries {
            buffer.writeEvent(
                entry.event.name, id: String(entry.end), JSONWriter.document { $0.members(of: entry.event) })
        }
        return .events(buffer)
    }

    private var isOver: Bool { reader.task.isOver(in: run.state, attempt: run.attempt, task: run.task) }
}

extension PlaybookEvent {
    var name: String { value.object?["event"]?.string ?? "" }
}

extension JSONWriter {
    /// What is known to be in events, and nothing else.
    private static let eventMembers = [
        "time", "name", "plays", "tasks", "number", "role", "handler", "task", "host", "result", "message", "diff",
        "hosts", "pid", "user",
    ]

    mutating func members(of event: PlaybookEvent) {
        for name in Self.eventMembers {
            if let value = event.value.object?[name] { field(name, value) }
        }
    }
}
