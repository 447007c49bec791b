/// How a batch, or a run in no batch, ended: what rules are asked about.
package struct NoticeEnd: Sendable, Hashable, Codable {
    /// More kinds of work than this are not told apart; readers whose token is for some of them see no such notice.
    package static let mostWorks = 50

    package var group: String?
    package var works: [NoticeWork] = []
    package var runs = 0
    package var good = 0
    /// Failed and lost.
    package var failed = 0
    package var lost = 0
    package var warnings = 0
    /// Failed ones that did a part of their work. Absent in what earlier versions stored.
    package var partial: Int?
    /// Runs that say they changed something.
    package var changed = 0
    /// Runs that ended well and changed nothing.
    package var hidden = 0
    /// How the same job or group ended before; nil: never, or nobody remembers.
    package var wasGood: Bool?
    /// It had not ended well when the grace of its schedule was over.
    package var isOverdue: Bool?

    package init(group: String? = nil) { self.group = group }

    /// `parts`: none are counted twice.
    package init(group: String? = nil, of parts: [NoticePart], wasGood: Bool? = nil) {
        self.group = group
        self.wasGood = wasGood
        for part in parts {
            if !works.contains(part.work) { works.append(part.work) }
            count(1, part.state, part.outcome, part.hasChanges)
        }
    }

    /// Counts `more` runs that ended alike.
    package mutating func count(_ more: Int, _ state: RunState, _ outcome: Outcome?, _ hasChanges: Bool?) {
        runs += more
        if state == .succeeded { good += more }
        if state == .failed || state == .lost { failed += more }
        if state == .lost { lost += more }
        if outcome == .warning { warnings += more }
        if state == .failed, outcome == .partial, hasChanges != false { partial = (partial ?? 0) + more }
        if hasChanges == true { changed += more }
        if state == .succeeded, hasChanges == false { hidden += more }
    }

    package var cancelled: Int { runs - good - failed }

    /// Nil when all of it was cancelled: that is no verdict about the work.
    package var isGood: Bool? { failed > 0 ? false : good > 0 ? true : nil }

    package var events: Set<NoticeEvent> {
        var events: Set<NoticeEvent> = [.always]
        if failed > 0 { events.insert(.failed) }
        if lost > 0 { events.insert(.lost) }
        if warnings > 0 { events.insert(.warning) }
        if cancelled > 0 { events.insert(.cancelled) }
        if good == runs { events.insert(.succeeded) }
        if isOverdue == true { events.insert(.overdue) }
        if isGood == true, wasGood == false { events.insert(.recovered) }
        let isTurn = isGood != nil && wasGood != nil && isGood != wasGood
        if changed > 0 || isTurn { events.insert(.changed) }
        return events
    }

    /// The word of the replaced service for it, `cancelled` and `lost` excepted, which it did not know.
    package var word: String {
        if good == runs { return "success" }
        if failed == runs { return lost == runs ? "lost" : partial == nil ? "failed" : "notallsuccess" }
        return cancelled == runs ? "cancelled" : "notallsuccess"
    }

    /// Chat robots let only texts with a keyword pass; these two are to be registered.
    package var prefix: String { failed > 0 || good > 0 && good < runs ? "告警:" : "通知:" }
}
