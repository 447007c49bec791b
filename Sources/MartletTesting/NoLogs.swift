package import MartletCore

/// Log files of tasks that write none.
package struct NoLogs: LogReader, ReportReader {
    package init() {}
    package func view(of tasks: [TaskAddress], stream: LogStream) throws -> LogView { LogView(pieces: []) }
    package func read(_ view: LogView, from offset: Int64, upTo limit: Int) throws -> [UInt8] { [] }
    package func records(of task: TaskAddress, from offset: Int64, limit: Int, isOver: Bool) throws -> [LogRecord] {
        []
    }
    package func tasks(of run: RunID) throws -> [TaskAddress] { [] }
    package func remove(_ run: RunID) throws {}
    package func progressLines(of task: TaskAddress, from offset: Int64) throws -> (lines: [[UInt8]], offset: Int64) {
        ([], offset)
    }
    package func removeProgress(of task: TaskAddress) {}
}
