import HTTPTypes
import MartletCore
import MartletEngine

// Schedules.
extension Operation {
    private static let shown = Answer(.ok, "The schedule", .ref(.schedule), headers: [.eTag])
    private static let created = Answer(.created, "New", .ref(.schedule), headers: [.eTag, .location])
    private static let sample: [String: JSONValue] = ["schedule": Sample.schedule]

    static let listSchedules = Operation(
        "listSchedules", tag: "schedules", parameters: [.limit, .cursor],
        answers: [Answer(.ok, "By name", NamedSchema.schedule.page, headers: [.link])],
        examples: [Example("all", .ok), Example("first", ["limit": 1], .ok)])

    static let createSchedule = Operation(
        "createSchedule", tag: "schedules", body: Body(.ref(.newSchedule)), answers: [created],
        problems: [.notFound, .conflict],
        examples: [
            Example(
                "workdays",
                body: [
                    "name": "report", "job": Sample.job, "cron": "30 8 * * *", "zone": "Asia/Shanghai",
                    "calendar": "workdays",
                ], .created),
            Example(
                "once", body: ["name": "move", "command": ["true"], "at": "2099-01-01T02:00:00Z", "missed": "all"],
                .created),
        ])

    static let showSchedule = Operation(
        "showSchedule", tag: "schedules", answers: [shown], examples: [Example("show", sample, .ok)])

    static let putSchedule = Operation(
        "putSchedule", tag: "schedules", parameters: [.ifMatch, .ifNoneMatch], body: Body(.ref(.scheduleDefinition)),
        answers: [shown, created], problems: [.notFound, .conflict, .stale],
        examples: [
            Example("change", sample, body: NamedSchema.scheduleDefinition.example, .ok),
            Example(
                "watch", ["schedule": "tape", "If-None-Match": "*"],
                body: ["watch": true, "cron": "0 4 * * *", "grace": "2h"], .created),
        ])

    static let patchSchedule = Operation(
        "patchSchedule", tag: "schedules", parameters: [.ifMatch],
        body: Body(.map(of: .any).described("What is to be other in the definition (RFC 7396); null removes a key")),
        answers: [shown], problems: [.conflict, .stale],
        examples: [
            Example("overlap", sample, body: ["overlap": "queue"], .ok),
            Example("interval", sample, body: ["cron": .null, "every": "15m"], .ok),
        ])

    static let deleteSchedule = Operation(
        "deleteSchedule", tag: "schedules", parameters: [.ifMatch], answers: [Answer(.noContent, "Gone")],
        problems: [.conflict, .stale], examples: [Example("delete", sample, .noContent)])

    static let pauseSchedule = turn("pauseSchedule", "pause")
    static let resumeSchedule = turn("resumeSchedule", "resume")

    private static func turn(_ id: String, _ example: String) -> Operation {
        Operation(
            id, tag: "schedules", parameters: [.ifMatch], answers: [shown],
            problems: [.conflict, .stale, .notJSON, .tooLarge], examples: [Example(example, sample, .ok)])
    }
}

// Their times.
extension Operation {
    private static let count = Schema.integer(1...Int64(Control.mostTimes))
    private static let after = Schema.string(
        "Only later times; without an offset in the schedule's zone", length: 1...64)

    static let nextTimes = Operation(
        "nextTimes", tag: "schedules",
        parameters: [.query("count", count), .query("after", after)],
        answers: [Answer(.ok, "As far as there are any", .ref(.times))],
        examples: [
            Example("ten", ["schedule": Sample.schedule], .ok),
            Example(
                "after", ["schedule": Sample.schedule, "count": 2, "after": "2030-01-01T00:00:00Z"], .ok),
        ])

    static let previewSchedule = Operation(
        "previewSchedule", tag: "schedules", body: Body(.ref(.schedulePreview)),
        answers: [Answer(.ok, "As far as there are any", .ref(.previewedTimes))],
        examples: [
            Example("cron", body: ["cron": "0 3 * * 1-5", "zone": "Asia/Shanghai", "count": 3], .ok),
            Example("interval", body: ["every": "90m", "after": "2030-01-01T00:00:00Z"], .ok),
        ])

    static let listFires = Operation(
        "listFires", tag: "schedules",
        parameters: [.limit, .cursor, .query("outcome", .words(FireOutcome.self))],
        answers: [Answer(.ok, "Newest first; also of a deleted schedule", NamedSchema.fire.page, headers: [.link])],
        examples: [
            Example("all", ["schedule": Sample.schedule], .ok),
            Example("missed", ["schedule": Sample.schedule, "outcome": "missed", "limit": 5], .ok),
        ])

    static let listCalendar = Operation(
        "listCalendar", tag: "schedules",
        parameters: [
            .query("from", .instant), .query("to", .instant.described("At most a year after from")), .limit,
            .query("after", .string("`next` of the page before", length: 1...256)),
        ],
        answers: [
            Answer(
                .ok, "Oldest first; a page may be short, even empty, and go on",
                .answer([
                    "items": .list(of: .ref(.calendarEntry)),
                    "next": .string("Give it back as `after`; null at the end").orNull,
                ]))
        ],
        examples: [
            Example("next", .ok),
            Example("month", ["from": "2026-03-01T00:00:00Z", "to": "2026-04-01T00:00:00Z"], .ok),
            Example("ahead", ["from": "2099-01-01T00:00:00Z", "to": "2099-01-02T00:00:00Z", "limit": 5], .ok),
        ])

    static let runSchedule = Operation(
        "runSchedule", tag: "schedules",
        answers: [
            Answer(.accepted, "Its run is stored, or waits for its turn", .ref(.fire), headers: [.location])
        ], problems: [.conflict, .notJSON, .tooLarge],
        examples: [Example("run", ["schedule": Sample.schedule], .accepted)])

    static let backfillSchedule = Operation(
        "backfillSchedule", tag: "schedules", body: Body(.ref(.newBackfill)),
        answers: [
            Answer(.ok, "What would be made up for", .ref(.backfill)),
            Answer(.accepted, "The runs are stored; they start in order", .ref(.backfill)),
        ], problems: [.conflict],
        examples: [
            Example("look", ["schedule": Sample.schedule], body: NamedSchema.newBackfill.example, .ok),
            Example(
                "make", ["schedule": Sample.schedule],
                body: ["from": "2026-03-01T00:00:00Z", "to": "2026-03-02T00:00:00Z"], .accepted),
        ])
}

extension Operation {
    static let listCalendars = Operation(
        "listCalendars", tag: "schedules",
        answers: [Answer(.ok, "By name", .answer(["items": .list(of: .ref(.workCalendar))]))],
        examples: [Example("all", .ok)])
}

// Pings.
extension Operation {
    static let ping = pinging("tellSuccess", parameters: [])
    static let pingWithText = pinging("tellSuccessWithText", parameters: [], body: text)
    static let signal = pinging("tellSignal", parameters: [word], example: ["signal": "start"])
    static let signalWithText = pinging("tellSignalWithText", parameters: [word], body: text, example: ["signal": "3"])

    private static let text = Body(
        .string("What the work said; at most \(PingRoutes.largestBody) bytes"), isRequired: false,
        contentType: "text/plain")
    private static let word = Parameter.path(
        "signal",
        .string(
            "The exit code of the work stands for success or fail", pattern: "^(start|success|fail|log|[0-9]{1,3})$",
            length: 1...7))

    private static func pinging(
        _ id: String, parameters: [Parameter], body: Body? = nil, example: [String: JSONValue] = [:]
    ) -> Operation {
        Operation(
            id, tag: "pings",
            parameters: parameters + [.query("token", .string("In place of the header", length: 1...256))],
            body: body, answers: [Answer(.ok, "It is known now", .string(), type: "text/plain")],
            problems: [.conflict],
            examples: [
                Example("tell", example.merging(["schedule": Sample.watch]) { $1 }, .ok, answer: "ok\n")
            ])
    }
}
