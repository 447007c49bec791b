import Foundation
import Logging
import MartletCore

/// Times of periodic jobs.
extension NomadScheduler {
    private static let launchesAtOnce = 64
    /// Times that are later than this are missed ones.
    private static let lateness = TimeSpan.seconds(300)

    /// Makes what periodic jobs are to make by now. Returns when to look again: nanoseconds since 1970.
    func launch() async throws -> Int64? {
        while true {
            let now = control.now()
            _ = since(now)
            let (due, next) = try await control.store.nomadLaunches(at: now, limit: Self.launchesAtOnce)
            var retry: Int64?
            for (job, secrets) in due {
                do {
                    try await launch(job, secrets, at: now)
                } catch {
                    try Task.checkCancellation()
                    logger.error(
                        "a periodic job does not start its next one, trying again",
                        metadata: ["job": "\(job.id)", "error": "\(error)"])
                    retry = now.nanoseconds + Self.pause
                }
            }
            if due.isEmpty || retry != nil { return [next, retry].compactMap(\.self).min() }
        }
    }

    private func launch(_ job: NomadJobRecord, _ secrets: [String: Secret], at now: Date) async throws {
        guard let planned = job.nextLaunch.map(Date.init(nanoseconds:)),
            let rule = try nomad.planner.launches(of: job.content)
        else { throw MartletError(.internal, "it has a next time, and none in its definition") }
        let due = missed(planned, rule.timetable, at: now) ?? planned
        let child = try nomad.planner.child(
            of: job, named: Nomad.child(of: job.id, at: due), secrets: secrets)
        let launch = NomadLaunch(
            parent: job, child: child, prohibitsOverlap: rule.prohibitsOverlap,
            next: rule.timetable.next(after: due)?.nanoseconds, evaluation: nomad.newID())
        Failpoint.hit("nomad.beforeLaunch")
        let made = try await control.store.launch(nomad: launch, at: now)
        Failpoint.hit("nomad.afterLaunch")
        if made == nil { logger.debug("a time of a periodic job started nothing", metadata: ["job": "\(job.id)"]) }
    }

    /// The newest of the times that came while nobody looked: all of them together start one job. Nil: it is no such time.
    private func missed(_ planned: Date, _ timetable: Timetable, at now: Date) -> Date? {
        let horizon = max(since(now), now.adding(TimeSpan(milliseconds: -Self.lateness.milliseconds)))
        guard planned <= horizon else { return nil }
        return timetable.last(through: horizon, after: planned.adding(TimeSpan(milliseconds: -1)))
    }
}
