import MartletCore
import MartletEngine

// What `Schedule(parsing:)` reads.
extension NamedSchema {
    static let scheduleDefinition = NamedSchema("ScheduleDefinition", scheduleKeys, example: .object(nightly))

    static let newSchedule = NamedSchema(
        "NewSchedule", scheduleKeys.joined(with: .request([:], required: ["name"])),
        example: .object(nightly.merging(["name": Sample.schedule]) { $1 }))

    /// A definition that may be incomplete, and which of its times are wanted.
    static let schedulePreview = NamedSchema(
        "SchedulePreview",
        scheduleKeys.joined(
            with: .request(["count": .integer(1...Int64(Control.mostTimes)), "after": .string(length: 1...64)])),
        example: ["cron": "0 3 * * *", "zone": "Asia/Shanghai", "count": 3])

    /// One of `cron, every, at`, and one of `job, command, tasks, work, watch` with the keys that go with it.
    private static let scheduleKeys = jobKeys.joined(
        with: .request([
            "name": .token, "description": .string(length: 0...4096),
            "cron": .string("Five or six fields, @daily, @every 90m; may begin with TZ=Zone", length: 1...1024),
            "every": .span, "at": .string("A time; without an offset in the zone", length: 1...64),
            "zone": .string("IANA name", length: 1...64),
            "calendar": .string(
                "workdays, holidays, NAME:workdays or NAME:holidays", length: 1...256),
            "missed": .words(Schedule.Missed.self), "window": .span, "overlap": .words(Schedule.Overlap.self),
            "dst": .words(ClockPolicy.self), "jitter": .span, "paused": .boolean, "job": .token,
            "params": .map(of: .any).described("Of a stored job: values; of a command: what it takes"),
            "work": .map(of: .any, atMost: 1).described("What an integration is to do, by its name"),
            "watch": .boolean.described("Others start the work and tell by pings"), "labels": .labels,
            "grace": .span.described("How long after its time the work must have ended well"),
            "secrets": .secretNames,
        ]))

    private static let nightly: [String: JSONValue] = [
        "job": Sample.job, "cron": "0 3 * * *", "zone": "Asia/Shanghai", "overlap": "allow", "grace": "1h",
    ]
}

// What answers about schedules are made of.
extension NamedSchema {
    static let schedule = NamedSchema(
        "Schedule",
        .answer([
            "name": .token, "version": .integer(1 ... .max), "source": .string("`api`, or who else keeps it"),
            "createdAt": .instant, "updatedAt": .instant, "state": .words(ScheduleView.State.self),
            "pausedAt": .instant.orNull, "nextDue": .instant.orNull, "zone": .string("In force: IANA name"),
            "lastFire": Schema.ref(fire).orNull, "warnings": .list(of: .string()),
            "definition": .ref(scheduleDefinition),
        ]),
        example: [
            "name": Sample.schedule, "version": 1, "source": "api", "createdAt": "2026-03-01T12:00:00.000Z",
            "updatedAt": "2026-03-01T12:00:00.000Z", "state": "active", "pausedAt": .null,
            "nextDue": "2026-03-02T19:00:00.000Z", "zone": "Asia/Shanghai", "lastFire": fire.example, "warnings": [],
            "definition": .object(nightly.merging(["name": Sample.schedule]) { $1 }),
        ])

    static let fire = NamedSchema(
        "Fire",
        .answer([
            "number": .integer(1 ... .max), "schedule": .string(), "due": .instant,
            "fired": .instant.orNull.described("When it was acted on; null: nobody did"),
            "late": .number.described("Seconds after it was due"), "outcome": .words(FireOutcome.self),
            "why": .string("Why it did not run").orNull, "kind": .words(Fire.Kind.self), "run": .runID.orNull,
            "runUrl": .string().orNull, "through": .instant.orNull.described("The last of several times"),
            "count": .integer(1 ... .max, "How many times it is for"), "startedAt": .instant.orNull,
            "endedAt": .instant.orNull, "overdue": .boolean, "note": .string("What pings told").orNull,
        ]),
        example: [
            "number": 12, "schedule": Sample.schedule, "due": "2026-03-01T19:00:00.000Z",
            "fired": "2026-03-01T19:00:00.012Z", "late": .double(0.012), "outcome": "succeeded", "why": .null,
            "kind": "due",
            "run": Sample.ended, "runUrl": .string("/api/runs/\(Sample.ended.string ?? "")"), "through": .null,
            "count": 1, "startedAt": .null, "endedAt": "2026-03-01T19:00:01.340Z", "overdue": false, "note": .null,
        ])

    static let calendarEntry = NamedSchema(
        "CalendarEntry",
        .answer([
            "schedule": .string(), "job": .string("The stored job that it starts").orNull, "at": .instant,
            "state": .words(["planned"] + FireOutcome.allCases.map(\.rawValue)), "kind": .words(Fire.Kind.self),
            "why": .string("Why it did not run").orNull, "run": .runID.orNull,
            "through": .instant.orNull.described("The last of several times"),
            "count": .integer(1 ... .max, "How many times it is for"),
        ]),
        example: [
            "schedule": Sample.schedule, "job": Sample.job, "at": "2026-03-01T19:00:00.000Z", "state": "planned",
            "kind": "due", "why": .null, "run": .null, "through": .null, "count": 1,
        ])

    static let workCalendar = NamedSchema(
        "WorkCalendar",
        .answer([
            "name": .token, "title": .string(), "zone": .string("IANA name"),
            "years": .list(of: .integer()).described("Those with a list"),
            "missing": .list(of: .integer()).described("Those that should have one by now"),
        ]),
        example: [
            "name": "cn", "title": "中国大陆工作日历", "zone": "Asia/Shanghai", "years": [2024, 2025, 2026], "missing": [],
        ])

    static let times = NamedSchema("Times", timeMembers, example: .object(timeExample))

    static let previewedTimes = NamedSchema(
        "PreviewedTimes", timeMembers.joined(with: .answer(["warnings": .list(of: .string())])),
        example: .object(timeExample.merging(["warnings": []]) { $1 }))

    private static let timeMembers = Schema.answer([
        "items": .list(
            of: .answer(["at": .instant, "local": .string("As the clocks of the zone show it, with their offset")])),
        "zone": .string("IANA name"),
    ])

    private static let timeExample: [String: JSONValue] = [
        "items": [["at": "2026-03-02T19:00:00.000Z", "local": "2026-03-03T03:00:00+08:00"]], "zone": "Asia/Shanghai",
    ]

    /// `from` and `to` belong to the range.
    static let newBackfill = NamedSchema(
        "NewBackfill",
        .request(
            ["from": .string(length: 1...64), "to": .string(length: 1...64), "dryRun": .boolean],
            required: ["from", "to"]),
        example: ["from": "2026-03-01T00:00:00Z", "to": "2026-03-08T00:00:00Z", "dryRun": true])

    static let backfill = NamedSchema(
        "Backfill",
        .answer([
            "dryRun": .boolean, "times": .list(of: .instant).described("Without a run"),
            "skipped": .integer(0 ... .max, "Times that have one"), "fires": .list(of: .ref(fire)),
        ]),
        example: ["dryRun": true, "times": ["2026-03-01T19:00:00.000Z"], "skipped": 6, "fires": []])
}
