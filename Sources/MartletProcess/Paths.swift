import Foundation
package import MartletCore

/// Where the files of runs are: `runs/<last two hex digits of the id>/<id>/<attempt>.<task>.<kind>`.
package struct RunPaths: Sendable {
    /// Absolute, without a trailing slash.
    package let dataDirectory: String

    package init(dataDirectory: String) { self.dataDirectory = dataDirectory }

    package var root: String { "\(dataDirectory)/runs" }

    /// 256 of them, so that no directory grows without bound. The last digits of an id are random.
    var shards: [String] { (0..<256).map { "\(root)/" + String($0 | 256, radix: 16).dropFirst() } }

    package func directory(of run: RunID) -> String {
        let text = run.description
        return "\(root)/\(text.suffix(2))/\(text)"
    }

    /// Runs that have a directory, as far as one can look.
    package func runs() -> [RunID] {
        shards.flatMap { ((try? FileManager.default.contentsOfDirectory(atPath: $0)) ?? []).compactMap { RunID($0) } }
    }

    package func file(_ kind: FileKind, of task: TaskAddress) -> String {
        "\(directory(of: task.run))/\(Self.name(kind, of: task))"
    }

    static func name(_ kind: FileKind, of task: TaskAddress) -> String {
        switch kind {
        case .checkpoint: "\(task.task).checkpoint"
        default: "\(task.attempt).\(task.task).\(kind.rawValue)"
        }
    }

    package enum FileKind: String, Sendable {
        /// Fence, pids, exit record.
        case control = "run"
        case log = "log"
        case index = "idx"
        /// Lines that the task appends.
        case progress = "progress"
        /// What a task's program did, masked, as JSON lines; kept with the log.
        case events = "events"
        /// Belongs to the task of the run, whatever the attempt: the next one reads it.
        case checkpoint = "checkpoint"
    }
}
