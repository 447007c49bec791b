import Foundation
package import MartletCore
import MartletEngine

// Schedules and their fires as the native API shows them.
extension JSONWriter {
    mutating func members(of view: ScheduleView) {
        let stored = view.stored
        field("name", stored.schedule.name)
        field("version", Optional(stored.version))
        field("source", stored.source)
        field("createdAt", stored.createdAt)
        field("updatedAt", stored.updatedAt)
        field("state", view.state.rawValue)
        field("pausedAt", stored.pausedAt)
        field("nextDue", stored.nextDue)
        field("zone", view.zone)
        if let fire = view.lastFire {
            object("lastFire") { $0.members(of: fire) }
        } else {
            field("lastFire", JSONValue.null)
        }
        array("warnings", view.warnings) { $0.value($1) }
        field("definition", stored.schedule.definition)
    }

    mutating func members(of fire: Fire) {
        field("number", Optional(fire.number))
        field("schedule", fire.schedule)
        field("due", fire.due)
        field("fired", fire.outcome == .missed ? nil : fire.at)
        field("late", .double(fire.late.seconds))
        field("outcome", fire.outcome.rawValue)
        field("why", fire.why)
        field("kind", fire.kind.rawValue)
        field("run", fire.run?.description)
        field("runUrl", fire.run.map(RunRoutes.location))
        field("through", fire.through)
        field("count", Optional(fire.count))
        field("startedAt", fire.startedAt)
        field("endedAt", fire.endedAt)
        field("overdue", fire.isOverdue)
        field("note", fire.note)
    }

    /// `zone`: IANA name.
    mutating func members(of times: [Date], zone: String) {
        let local = TimeZone(identifier: zone) ?? .gmt
        array("items", times) { json, time in
            json.object { json in
                json.field("at", Optional(time))
                json.field("local", Timestamp.local(time, in: local))
            }
        }
        field("zone", zone)
    }
}

extension Schedule {
    /// The document this schedule is read from, without what is a default. Its zone is always there: what the server
    /// would take for it may change.
    package var definition: JSONValue {
        var members: [String: JSONValue] = work.definition
        members["name"] = .string(name)
        members["description"] = description.map(JSONValue.string)
        switch cadence {
        case .cron(let text): members["cron"] = .string(text)
        case .every(let span): members["every"] = JSONValue(span: span)
        case .at(let date): members["at"] = .string(Timestamp.text(date))
        }
        members["zone"] = .string(zone)
        if missed != .latest { members["missed"] = .string(missed.rawValue) }
        if window != Self.standardWindow { members["window"] = JSONValue(span: window) }
        if overlap != .skip { members["overlap"] = .string(overlap.rawValue) }
        if let jitter { members["jitter"] = .string(jitter.description) }
        if dst != .once { members["dst"] = .string(dst.rawValue) }
        members["calendar"] = calendar.map(JSONValue.string)
        if isPaused { members["paused"] = true }
        if !labels.isEmpty { members["labels"] = .object(labels.mapValues(JSONValue.string)) }
        members["grace"] = grace.map(JSONValue.init(span:))
        if !notify.isEmpty { members["notify"] = .array(notify.map(\.definition)) }
        return .object(members)
    }
}

extension Schedule.Work {
    fileprivate var definition: [String: JSONValue] {
        switch self {
        case .job(let name, let params):
            return params.isEmpty ? ["job": .string(name)] : ["job": .string(name), "params": .object(params)]
        case .inline(let job): return job.definition.object ?? [:]
        case .integration(let name, let request): return ["work": .object([name: request])]
        case .watch: return ["watch": true]
        }
    }
}
