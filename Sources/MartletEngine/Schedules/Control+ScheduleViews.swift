package import Foundation
package import MartletCore

/// A schedule as a caller sees it: with what came of its last time, and with what is amiss.
package struct ScheduleView: Sendable {
    package enum State: String, Sendable, CaseIterable {
        case active, paused
        /// No time is left.
        case ended
    }

    package let stored: StoredSchedule
    /// In force: the one that a cron text names goes before the schedule's own.
    package let zone: String
    /// The newest entry of its ledger.
    package let lastFire: Fire?
    package let warnings: [String]

    package var state: State {
        if stored.schedule.isPaused { return .paused }
        return stored.nextDue == nil ? .ended : .active
    }
}

extension Control {
    package func view(of stored: StoredSchedule, rights: Rights) async throws -> ScheduleView {
        let lastFire = try await store.fires(FireQuery(schedule: stored.schedule.name, limit: 1)).first
        return ScheduleView(
            stored: stored, zone: zone(of: stored.schedule, anchor: stored.anchor), lastFire: lastFire,
            warnings: try await warnings(about: stored.schedule, anchor: stored.anchor, rights: rights))
    }

    /// The zone that its times are computed in; its own while they cannot be computed.
    package func zone(of schedule: Schedule, anchor: Date) -> String {
        guard let zone = try? schedules.timetable(of: schedule, anchor: anchor).zone,
            zone != TimeZone(identifier: schedule.zone)
        else { return schedule.zone }
        return zone.identifier
    }

    /// What is amiss with a schedule and keeps nobody from storing it, in sentences. A job that `rights` do not cover is
    /// not there for whoever asks.
    package func warnings(
        about schedule: Schedule, anchor: Date? = nil, rights: Rights
    ) async throws -> [String] {
        var warnings: [String] = []
        do {
            _ = try schedules.timetable(of: schedule, anchor: anchor ?? now())
        } catch {
            warnings.append("its times cannot be computed: \(error)")
        }
        if let name = schedule.calendar, let calendar = try? schedules.calendars.filter(name).calendar {
            warnings += calendar.warnings(at: now())
        }
        switch schedule.work {
        case .job(let name, _):
            let job = try await store.job(name)?.job
            if job.map({ rights.covers(job: name, labels: $0.labels) }) != true {
                warnings.append("there is no job named \(name)")
            }
        case .integration(let name, _) where schedules.works[name] == nil:
            warnings.append("no integration \(name.prefix(64)) does work for schedules here")
        case .inline, .integration, .watch: break
        }
        return warnings
    }
}

extension Control {
    /// Of the calendars that schedules use, each once: what they lack, and those that are gone.
    package func calendarWarnings() async throws -> [String] {
        var (used, gone, name) = (Set<WorkCalendar>(), Set<String>(), "")
        while true {
            let page = try await store.schedules(after: name, limit: 500)
            guard let last = page.last else { break }
            let texts = Set(page.compactMap(\.schedule.calendar))
            for text in texts {
                if let calendar = try? schedules.calendars.filter(text).calendar {
                    used.insert(calendar)
                } else {
                    gone.insert("there is no calendar for \(text): schedules with it stand still")
                }
            }
            name = last.schedule.name
        }
        return gone.sorted() + used.sorted { $0.name < $1.name }.flatMap { $0.warnings(at: now()) }
    }
}

extension WorkCalendar {
    /// A sentence for each year whose list should be there and is not.
    package func warnings(at now: Date) -> [String] {
        missing(at: now).map {
            "the calendar \(name) has no list for \($0): every Monday to Friday counts as a workday then"
        }
    }
}
