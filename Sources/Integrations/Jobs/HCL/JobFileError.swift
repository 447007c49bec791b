import GoWire

/// What is wrong with a job file, in the words of the replaced system's reader.
struct JobFileError: Error, Equatable {
    private var lines: [String]
    /// Several problems at once are shown as a list even when it is one.
    private let isList: Bool

    init(_ line: String) {
        lines = [line]
        isList = false
    }

    /// Keys that a block does not have.
    init(invalidKeys keys: [String]) {
        lines = keys.map { "invalid key: \($0)" }
        isList = true
    }

    /// A value that cannot become what its field holds.
    init(decoding problem: String) { self.init("1 error(s) decoding:\n\n* \(problem)") }

    /// Whether these are keys that the block itself does not have, not one within it.
    var isOfKeys: Bool { isList && lines.allSatisfy { $0.hasPrefix("invalid key: ") } }

    func within(_ prefix: String) -> JobFileError {
        var error = self
        error.lines = lines.map { "\(prefix) \($0)" }
        return error
    }

    var text: String { isList ? GoErrors.text(lines) : lines[0] }
}
