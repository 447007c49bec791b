/// Where a reader of a run's lines stands: in a task of an attempt, how far each stream was handed out. As text:
/// `attempt.task.stdout.stderr`, the numbers as in the files' names.
package struct LogPosition: Sendable, Hashable, LosslessStringConvertible {
    package let attempt: Int
    package let task: Int
    /// File offsets before which every byte of the stream was handed out.
    package let stdout: Int64
    package let stderr: Int64

    package init(_ address: TaskAddress, stdout: Int64 = 0, stderr: Int64 = 0) {
        attempt = address.attempt
        task = address.task
        self.stdout = stdout
        self.stderr = stderr
    }

    /// Nil for anything that ``description`` does not write.
    package init?(_ text: String) {
        guard text.utf8.count <= 80 else { return nil }
        let numbers = text.split(separator: ".", omittingEmptySubsequences: false).compactMap { Int64($0) }
        guard numbers.count == 4, numbers.allSatisfy({ (0...1 << 60).contains($0) }) else { return nil }
        (attempt, task, stdout, stderr) = (Int(numbers[0]), Int(numbers[1]), numbers[2], numbers[3])
        guard description == text else { return nil }
    }

    package var description: String { "\(attempt).\(task).\(stdout).\(stderr)" }

    package func address(in run: RunID) -> TaskAddress { TaskAddress(run: run, attempt: attempt, task: task) }
}

extension LogPosition: Codable {
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let position = LogPosition(try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "not a position in a log")
        }
        self = position
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
