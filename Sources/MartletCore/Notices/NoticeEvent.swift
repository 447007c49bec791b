/// What there is to tell about an end. A batch ends with its last run; a run in no batch ends alone.
package enum NoticeEvent: String, Sendable, Codable, CaseIterable {
    /// Some of it failed or was lost, partly done work included. What a caller cancelled did not fail.
    case failed
    /// Something is different from before, or the verdict is another one than the last time. Work of a kind that
    /// cannot tell whether it changed anything counts by its verdict alone.
    case changed
    /// Any end.
    case always
    /// It ended well, and the last time it had not.
    case recovered
    /// All of it ended well.
    case succeeded
    /// Some of it was cancelled, or refused before it started.
    case cancelled
    /// Nobody knows how some of it ended.
    case lost
    /// Some of it ended well with a warning.
    case warning
    /// It has not ended well in the time that its schedule gives it; also told as `failed`.
    case overdue

    /// What a channel without rules tells of everything.
    package static let standard: [NoticeEvent] = [.failed, .warning, .changed, .recovered]

    /// Reads the list `on`; nil when it is absent. An unknown word is a problem.
    package static func parse(_ fields: inout Fields) -> [NoticeEvent]? {
        guard let words = fields.strings("on", maxCount: 64) else { return nil }
        return words.compactMap { word in
            if let event = NoticeEvent(rawValue: word) { return event }
            fields.problem(
                "on", "\(word.prefix(32)) is not one of \(allCases.map(\.rawValue).joined(separator: ", "))")
            return nil
        }
    }
}
