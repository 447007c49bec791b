import Foundation

/// Reads systemd timers with the services that they start; formats: systemd.timer(5), systemd.service(5).
package enum TimerImport {
    /// The unit that a timer starts, whose file `read` wants: `Unit=`, else the timer's name with `.service`.
    package static func service(of timer: String, unit: String) -> String {
        UnitFile(timer).last("Timer", "Unit")?.value ?? "\(stem(unit)).service"
    }

    /// - Parameters:
    ///   - timer: the text of the timer's file.
    ///   - service: the text of the service's file; nil when there is none.
    ///   - unit: the timer's name, `backup.timer`; names the schedules and is told in refusals.
    ///
    /// One entry for each time; none when the service cannot be taken over. Throws `invalid` when a file is too long.
    package static func read(timer: String, service: String?, unit: String) throws(MartletError) -> ScheduleImport {
        try ScheduleImport.check(timer, unit)
        let serviceName = Self.service(of: timer, unit: unit)
        if let service { try ScheduleImport.check(service, serviceName) }
        var result = ScheduleImport()
        let times = TimerTimes(UnitFile(timer))
        for refusal in times.refused { result.refuse(unit, refusal.line, refusal.text, refusal.reason) }
        guard let service else {
            result.refuse(serviceName, 0, "", "the file of the service is missing")
            return result
        }
        let work = ServiceUnit(service)
        for refusal in work.refused { result.refuse(serviceName, refusal.line, refusal.text, refusal.reason) }
        guard work.refused.isEmpty else { return result }
        var names = ImportNames()
        for time in times.times {
            var entry = ImportedSchedule(
                name: names.name(stem(unit)), cadence: time.cadence, zone: time.zone, command: work.command,
                line: time.line)
            entry.environment = work.environment
            entry.user = work.user
            entry.directory = work.directory
            entry.catchesUp = time.isCalendar && times.isPersistent
            entry.warnings = times.warnings + time.warnings + work.warnings
            result.entries.append(entry)
        }
        return result
    }

    private static func stem(_ unit: String) -> Substring {
        let name = unit.split(separator: "/").last ?? unit[...]
        return name.hasSuffix(".timer") ? name.dropLast(6) : name
    }
}

/// The times of a timer's file.
private struct TimerTimes {
    struct Time {
        let cadence: Cadence
        let zone: String?
        let line: Int
        let isCalendar: Bool
        var warnings: [String] = []
    }

    private(set) var times: [Time] = []
    private(set) var warnings: [String] = []
    private(set) var refused: [(line: Int, text: String, reason: String)] = []
    let isPersistent: Bool

    private static let once = ["OnBootSec", "OnStartupSec", "OnActiveSec"]
    /// These change nothing: we start at the second, a unit stays loaded, and the unit is found by `service(of:unit:)`.
    private static let harmless: Set<String> = [
        "OnCalendar", "OnUnitActiveSec", "OnUnitInactiveSec", "Persistent", "AccuracySec", "RandomizedDelaySec", "Unit",
        "RemainAfterElapse", "OnClockChange", "OnTimezoneChange", "FixedRandomDelay",
    ]

    init(_ unit: UnitFile) {
        isPersistent = unit.isSet("Timer", "Persistent")
        for line in unit.wrong { refused.append((line.number, line.text, "it is neither a section nor key=value")) }
        readCalendars(unit)
        readIntervals(unit)
        for key in ["OnClockChange", "OnTimezoneChange"] where unit.isSet("Timer", key) {
            if let line = unit.last("Timer", key) { refuse(line, "a change of the clock is not a time") }
        }
        if times.isEmpty, refused.isEmpty { refused.append((0, "", "the timer has no time")) }
        readRest(unit)
    }

    private mutating func refuse(_ line: UnitFile.Line, _ reason: String) {
        refused.append((line.number, line.text, reason))
    }

    private mutating func readCalendars(_ unit: UnitFile) {
        for line in unit.all("Timer", "OnCalendar") {
            do throws(CronProblem) {
                let event = try OnCalendar(line.value)
                do throws(MartletError) {
                    _ = try Timetable(
                        event.cadence, zone: .gmt, clock: .once, days: nil, anchor: Date(milliseconds: 0), seed: "")
                } catch { throw CronProblem(error.problems.map(\.problem).joined(separator: "; ")) }
                times.append(Time(cadence: event.cadence, zone: event.zone, line: line.number, isCalendar: true))
            } catch { refuse(line, error.message) }
        }
    }

    private mutating func readIntervals(_ unit: UnitFile) {
        let firsts = Self.once.flatMap { unit.all("Timer", $0) }
        for line in unit.all("Timer", "OnUnitActiveSec") {
            guard let span = UnitSpan.parse(line.value), span >= .seconds(1) else {
                refuse(line, "it is not a span of 1s to 10 years")
                continue
            }
            var time = Time(cadence: .every(span), zone: nil, line: line.number, isCalendar: false)
            time.warnings = ["it counts from the time at which the schedule is made, not from the last start"]
            time.warnings += firsts.map { "\($0.text) is left out: no run belongs to the start of the machine" }
            times.append(time)
        }
        if unit.all("Timer", "OnUnitActiveSec").isEmpty {
            for line in firsts {
                refuse(line, "it starts once, when the machine or the timer starts, which is not a time")
            }
        }
        for line in unit.all("Timer", "OnUnitInactiveSec") {
            refuse(line, "a pause after the end of the work is not a time; use OnUnitActiveSec or OnCalendar")
        }
    }

    private mutating func readRest(_ unit: UnitFile) {
        if let delay = unit.last("Timer", "RandomizedDelaySec"), UnitSpan.parse(delay.value)?.milliseconds != 0 {
            warnings.append("\(delay.text) is left out: write H in the minute or the hour to spread the load")
        }
        if times.count > 1 {
            warnings.append(
                "the timer has \(times.count) times, each a schedule of its own: where two fall together both start")
        }
        let rest = unit.lines.filter {
            $0.section == "Timer" && !Self.harmless.contains($0.key) && !Self.once.contains($0.key) && !$0.value.isEmpty
        }
        if !rest.isEmpty {
            warnings.append("left out of the timer: \(Set(rest.map(\.key)).sorted().joined(separator: ", "))")
        }
    }
}
