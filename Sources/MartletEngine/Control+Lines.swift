package import MartletCore

/// Reads the lines of one run for as long as it goes on. Whoever takes them slowly delays nobody else.
package struct LineFollower: Sendable {
    /// The run as it was when it was looked at last.
    package private(set) var run: Run
    private let control: Control
    private var lines: LogLines
    private var isDry = false

    init(_ run: Run, after position: LogPosition?, _ control: Control) {
        self.run = run
        self.control = control
        lines = LogLines(of: run.id, in: control.files, after: position)
    }

    /// The next lines that are there; nil when the run has ended and every line was given. Does not wait.
    package mutating func next() async throws -> [LogLine]? {
        // Looked at before its files are: what was written before its end is then in them.
        if isDry, !run.state.isEnd { run = try await control.require(run.id) }
        let found = try lines.next { [run] in $0.isOver(for: run) }
        isDry = found.isEmpty
        return isDry && run.state.isEnd ? nil : found
    }
}

extension Control {
    /// Some lines of a run's log.
    package struct Lines: Sendable {
        package let items: [LogLine]
        /// Whether the run has ended and no line follows.
        package let isEnd: Bool
    }

    /// Lines after `position` that are there now: at most `limit`, and not much more than 1 MiB.
    package func lines(of id: RunID, after position: LogPosition? = nil, limit: Int) async throws -> Lines {
        var follower = try await followLines(of: id, after: position)
        var items: [LogLine] = []
        var bytes = 0
        while items.count < limit, bytes < 1 << 20 {
            guard let more = try await follower.next() else { return Lines(items: items, isEnd: true) }
            if more.isEmpty { break }
            items += more
            bytes += more.reduce(0) { $0 + $1.text.count }
        }
        return Lines(items: Array(items.prefix(limit)), isEnd: false)
    }

    /// A reader of the lines after `position` that its owner asks again and again.
    package func followLines(of id: RunID, after position: LogPosition? = nil) async throws -> LineFollower {
        LineFollower(try await require(id), after: position, self)
    }

    /// Sends lines to `sink` until the run has ended and every line was sent; the run as it is then. The sink's
    /// slowness slows this reader alone.
    package func followLines(
        of id: RunID, after position: LogPosition? = nil, sink: @Sendable ([LogLine]) async throws -> Void
    ) async throws -> Run {
        var follower = try await followLines(of: id, after: position)
        var idle: Int64 = 20
        while let lines = try await follower.next() {
            if lines.isEmpty {
                try await Task.sleep(for: .milliseconds(idle))
                idle = min(idle * 2, 250)
            } else {
                try await sink(lines)
                idle = 20
            }
        }
        return follower.run
    }
}

extension TaskAddress {
    /// Whether nobody writes this task's log any more, as far as what is known of its run tells.
    package func isOver(in state: RunState, attempt: Int, task: Int) -> Bool {
        if state.isEnd || self.attempt < attempt { return true }
        guard self.attempt == attempt else { return false }
        // The next attempt of a run that waits is a new one.
        return !state.isLive || self.task < task
    }

    func isOver(for run: Run) -> Bool { isOver(in: run.state, attempt: run.attempt, task: run.task) }
}
