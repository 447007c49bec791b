/// What a task told about itself through `MARTLET_PROGRESS`: the latest of everything, bounded.
package struct TaskReport: Sendable, Hashable, Codable {
    /// 0…1 when the task knows it.
    package var progress: Double?
    package var message: String?
    /// Named results; a later value replaces an earlier one.
    package var results: [String: JSONValue]
    package var warnings: [String]
    /// Lines that were not understood.
    package var badLines: Int
    /// The last line of each stream of the last ended task; nil when its driver does not ask for them.
    package var lastLines: LastLines?
    /// What the output proved; nil when no driver reads it.
    package var evidence: Evidence?
    /// How far the output was read; nil: nothing yet.
    package var outputPosition: LogPosition?
    /// Where reading goes on: byte offset in the progress file of the present attempt and task.
    package var offset: Int64

    /// Without their line ends. A longer line is given by its end.
    package struct LastLines: Sendable, Hashable, Codable {
        package static let longest = 64 << 10
        package var stdout: String
        package var stderr: String
        /// Bytes of each stream that the log keeps.
        package var stdoutBytes: Int64
        package var stderrBytes: Int64
        /// The log passed its limit, so that there was more.
        package var isTruncated: Bool

        package init(
            stdout: String, stderr: String, stdoutBytes: Int64 = 0, stderrBytes: Int64 = 0, isTruncated: Bool = false
        ) {
            self.stdout = stdout
            self.stderr = stderr
            self.stdoutBytes = stdoutBytes
            self.stderrBytes = stderrBytes
            self.isTruncated = isTruncated
        }
    }

    package static let mostResults = 256
    package static let mostWarnings = 100

    package init(
        progress: Double? = nil, message: String? = nil, results: [String: JSONValue] = [:],
        warnings: [String] = [], badLines: Int = 0, offset: Int64 = 0
    ) {
        self.progress = progress
        self.message = message
        self.results = results
        self.warnings = warnings
        self.badLines = badLines
        self.offset = offset
    }

    /// The same is said once.
    package mutating func warn(_ text: String) {
        if warnings.count < Self.mostWarnings, !warnings.contains(text) { warnings.append(text) }
    }

    /// Another task comes, or the same one again: its files are read from their start.
    mutating func beginTask() {
        offset = 0
        outputPosition = nil
    }
}
