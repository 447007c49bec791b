import MartletCore
import MartletEngine

/// A run whose lines are being written.
struct TaskLogRun {
    let id: RunID
    let file: String
    /// After which line to go on.
    private(set) var position: LogPosition?
    /// Nothing more is to be written.
    var isDone = false
    private var state: RunState
    private var attempt: Int
    private var task: Int
    /// Stands at `position`; nil: to be made.
    private var lines: LogLines?

    init(_ run: Run, file: String, after position: LogPosition?) {
        id = run.id
        self.file = file
        self.position = position
        (state, attempt, task) = (run.state, run.attempt, run.task)
    }

    var isLive: Bool { state.isLive && !isDone }
    var hasEnded: Bool { state.isEnd }

    mutating func see(_ event: RunEvent) { (state, attempt, task) = (event.to, event.attempt, event.task) }

    /// The next lines that are there; ``wrote(_:of:)`` tells what became of them. Nil: there are none now.
    mutating func next(in files: any LogReader) throws -> [LogLine]? {
        var reader = lines ?? LogLines(of: id, in: files, after: position)
        let found = try reader.next { $0.isOver(in: state, attempt: attempt, task: task) }
        lines = reader
        return found.isEmpty ? nil : found
    }

    /// The first `count` lines of `found` stand in the file; the others come again.
    mutating func wrote(_ count: Int, of found: [LogLine]) {
        position = found.prefix(count).last?.position ?? position
        if count < found.count { lines = nil }
    }
}
