import Foundation
import MartletCore

extension Outbox {
    /// Something happened to a time of a schedule that no run tells of. `verdict`: whether the work is well; nil: that is
    /// not known. `title`: what follows the first word.
    func told(
        of fire: Fire, _ schedule: Schedule, verdict: Bool?, isOverdue: Bool = false, _ title: String, at now: Date
    ) throws {
        var end = NoticeEnd()
        end.works = [NoticeWork(job: schedule.job ?? schedule.name, driver: "schedule", labels: schedule.labels)]
        end.count(1, verdict == true ? .succeeded : .failed, verdict == true ? .ok : nil, nil)
        end.isOverdue = isOverdue ? true : nil
        end.wasGood = try remember("schedule \(schedule.name)", verdict, at: now)
        let named = Dictionary(
            schedule.notify.map { ($0.channel, Set($0.on).intersection(end.events)) },
            uniquingKeysWith: { $0.union($1) }
        ).filter { !$0.value.isEmpty }
        let mark = end.events.contains(.recovered) ? " (已恢复)" : ""
        let line = NoticeText.oneLine("\(end.prefix)\(schedule.name) \(title)\(mark)", upTo: 500)
        for (channel, events) in policy.channels(wanting: end, named: named) {
            let cause = "fire \(fire.number)\(isOverdue ? " overdue" : "")"
            try insert(Notice.Content(title: line, events: events, end: end), cause, channel, at: now)
        }
    }
}
