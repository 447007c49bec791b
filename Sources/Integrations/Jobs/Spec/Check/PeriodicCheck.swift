import Foundation
import GoWire
package import MartletCore

/// When a job is to be started: the engine's own calendar must be able to say it.
enum PeriodicCheck {
    static func problems(_ periodic: JobSpec.Periodic) -> [String] {
        var problems: [String] = []
        if periodic.spec.isEmpty { problems.append("Must specify a spec") }
        do throws(MartletError) {
            _ = try TimeZone(named: periodic.timeZone)
        } catch {
            problems.append("Invalid time zone \(GoErrors.quoted(periodic.timeZone)): \(sentence(error))")
        }
        guard periodic.specType == "cron" else {
            return problems + ["Unknown periodic specification type \(GoErrors.quoted(periodic.specType))"]
        }
        guard !periodic.spec.isEmpty else { return problems }
        do throws(MartletError) {
            let start = Date(timeIntervalSince1970: 0)
            _ = try Timetable(
                try periodic.cadence(), zone: .gmt, clock: .once, days: nil, anchor: start, seed: "")
        } catch {
            problems.append("Invalid cron spec \(GoErrors.quoted(periodic.spec)): \(sentence(error))")
        }
        return problems
    }

    private static func sentence(_ error: MartletError) -> String {
        error.problems.isEmpty ? error.message : error.problems.map(\.problem).joined(separator: "; ")
    }
}

extension JobSpec.Periodic {
    /// The spec as the engine's schedules write it. Nomad's sixth field is a year, and of seven the first is a second:
    /// a year other than `*` is refused. So is a zone in the spec: `TimeZone` names it.
    package func cadence() throws(MartletError) -> Cadence {
        let fields = spec.split { $0 == " " || $0 == "\t" }
        if fields.first?.contains("=") == true { throw Self.refusal("write the zone as time_zone, not in the spec") }
        if fields.first?.lowercased() == "@every" { throw Self.refusal("@every is not a word of cron specs") }
        guard fields.count == 6 || fields.count == 7, let year = fields.last else { return .cron(spec) }
        guard year == "*" else { throw Self.refusal("the year \(GoErrors.quoted(String(year))) must be *") }
        return .cron(fields.dropLast().joined(separator: " "))
    }

    private static func refusal(_ problem: String) -> MartletError {
        MartletError(.invalid, problem, problems: [FieldProblem(field: "Spec", problem: problem)])
    }
}
