import Foundation
import GoWire
import MartletCore
import MartletEngine

/// Jobs that are made from others.
extension JobsPlanner {
    func launches(of content: String) throws -> LaunchRule? {
        guard let periodic = try JobSpec(stored: content).periodic, periodic.isEnabled else { return nil }
        return LaunchRule(timetable: try periodic.timetable(), prohibitsOverlap: periodic.prohibitsOverlap)
    }

    func child(of job: NomadJobRecord, named id: String, secrets: [String: Secret]) throws -> NomadJobDraft {
        try child(of: job, named: id, ["Periodic": .null], secrets: secrets)
    }

    /// `changes`: what the child has instead of the parent's values.
    func child(
        of job: NomadJobRecord, named id: String, _ changes: [String: JSONValue], secrets: [String: Secret]
    ) throws -> NomadJobDraft {
        let own: [String: JSONValue] = ["ID": .string(id), "Name": .string(id)]
        let spec = try JobSpec(stored: job.content).changed(changes.merging(own) { $1 })
        return NomadJobDraft(
            id: id, type: job.type, priority: job.priority, parentID: job.id,
            content: String(decoding: WireWriter.bytes(.json(spec.json)), as: UTF8.self), secrets: secrets)
    }

    func draft(of content: String, like job: NomadJobRecord) throws -> NomadJobDraft {
        let spec = try JobSpec(stored: content)
        return NomadJobDraft(
            id: job.id, type: NomadJobType(rawValue: spec.typeName) ?? job.type, priority: spec.priority,
            parentID: job.parentID, isTemplate: job.isTemplate, content: content)
    }
}

extension JobSpec.Periodic {
    /// Its times in its zone; the clocks' changes as schedules have them.
    func timetable() throws(MartletError) -> Timetable {
        try Timetable(
            cadence(), zone: TimeZone(named: timeZone), clock: .once, days: nil, anchor: Date(timeIntervalSince1970: 0),
            seed: "")
    }
}
