/// The six fields of a cron expression, in the order in which they are written.
enum CronField: String, CaseIterable, Sendable {
    case second, minute, hour, day, month, weekday

    /// What may be written. A weekday of 7 is Sunday, like 0.
    var range: ClosedRange<Int> {
        switch self {
        case .second, .minute: 0...59
        case .hour: 0...23
        case .day: 1...31
        case .month: 1...12
        case .weekday: 0...7
        }
    }

    /// What `*` stands for, and where `a/n` ends.
    var all: ClosedRange<Int> { self == .weekday ? 0...6 : range }

    /// What `H` chooses from: a day that every month has.
    var spread: ClosedRange<Int> { self == .day ? 1...28 : all }

    private static let months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
    private static let weekdays = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]

    /// The number that a lower-case name stands for.
    func value(named name: Substring) -> Int? {
        switch self {
        case .month: Self.months.firstIndex { $0 == name }.map { $0 + 1 }
        case .weekday: Self.weekdays.firstIndex { $0 == name }
        case .second, .minute, .hour, .day: nil
        }
    }
}

/// What is wrong with a part of a cron text, and what to write instead.
struct CronProblem: Error {
    let message: String
    init(_ message: String) { self.message = message }

    /// A part of a text from outside, short enough for a message.
    static func quote(_ text: some StringProtocol) -> String {
        text.utf8.count <= 24 ? String(text) : "\(text.prefix(24))…"
    }
}
