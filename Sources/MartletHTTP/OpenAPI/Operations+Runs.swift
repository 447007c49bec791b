import HTTPTypes
import MartletCore

extension Operation.Parameter {
    package static let limit = query("limit", .integer(1...1000))
    package static let cursor = query(
        "cursor", .string("`next` of the page before; empty: the first page", length: 0...256))
    package static let idempotencyKey = header(
        "Idempotency-Key", .string("The same key with the same body gives the first answer again", length: 1...256))
    package static let prefer = header("Prefer", .string("wait=N: answer when it has ended, after N seconds at most"))
    static let ifNoneMatch = header("If-None-Match", .string("304 while nothing has changed"))
    static let ifMatch = header("If-Match", .string("The ETag that it must have"))
    package static let lastEventID = header("Last-Event-ID", .string("Go on after it"))
    /// W3C Trace Context; what is wrong is ignored.
    static let trace = [header("traceparent", .string()), header("tracestate", .string())]
}

// Submitting and commands.
extension Operation {
    private static let accepted = Answer(
        .accepted, "Durable; it starts when it can", .ref(.accepted),
        headers: [.location, .idempotentReplayed, .preferenceApplied])

    /// The answers of a route that starts one run.
    package static let startedRun = [
        accepted,
        Answer(
            .ok, "Ended within the time of Prefer", .ref(.run),
            headers: [.location, .eTag, .idempotentReplayed, .preferenceApplied]),
    ]

    static let submitRun = Operation(
        "submitRun", tag: "runs", parameters: [.idempotencyKey, .prefer] + Parameter.trace,
        body: Body(.anyOf([.ref(.newRun), .list(of: .ref(.newRun), 1 ... .max)])),
        answers: [
            Answer(
                .accepted, "Durable; they start when they can",
                .anyOf([
                    .ref(.accepted), .answer(["ids": .list(of: .runID), "items": .list(of: .ref(.accepted))]),
                ]), headers: [.location, .idempotentReplayed, .preferenceApplied]),
            Answer(
                .ok, "Ended within the time of Prefer",
                .anyOf([.ref(.run), .answer(["ids": .list(of: .runID), "items": .list(of: .ref(.runItem))])]),
                headers: [.location, .eTag, .idempotentReplayed, .preferenceApplied]),
        ], problems: [.notFound, .conflict, .mismatch],
        examples: [
            Example("job", body: ["job": Sample.job, "labels": ["team": "db"]], .accepted),
            Example(
                "command",
                body: [
                    "command": ["sh", "-c", "echo \"$DATABASE\""], "environment": ["DATABASE": "orders"],
                    "secrets": ["PGPASSWORD": "correct horse"], "timeout": "30m", "grace": "20s", "retries": 2,
                    "group": "nightly",
                ], .accepted),
            Example(
                "batch", body: [["job": Sample.job], ["command": ["true"]]], .accepted,
                answer: [
                    "ids": [Sample.ended, Sample.running],
                    "items": [["id": Sample.ended, "state": "pending"], ["id": Sample.running, "state": "pending"]],
                ]),
            Example("wait", ["Prefer": "wait=60"], body: ["command": ["true"]], .ok),
        ])

    static let stopRun = Operation(
        "stopRun", tag: "runs", parameters: [.ifMatch], body: Body(.request(["grace": .span]), isRequired: false),
        answers: command, problems: [.conflict, .stale],
        examples: [
            Example("stop", ["id": Sample.running], .accepted),
            Example("quick", ["id": Sample.running], body: ["grace": "1s"], .accepted),
            Example("paused", ["id": Sample.paused], .ok),
        ])

    static let rerunRun = Operation(
        "rerunRun", tag: "runs", parameters: [.ifMatch, .idempotencyKey, .prefer] + Parameter.trace, body: nothing,
        answers: [
            accepted,
            Answer(
                .ok, "Ended within the time of Prefer", .ref(.run),
                headers: [.location, .eTag, .idempotentReplayed, .preferenceApplied]),
        ], problems: [.conflict, .stale, .mismatch], examples: [Example("rerun", ["id": Sample.ended], .accepted)])

    static let pauseRun = Operation(
        "pauseRun", tag: "runs", parameters: [.ifMatch], body: nothing, answers: command,
        problems: [.conflict, .stale],
        examples: [Example("pause", ["id": Sample.running], .accepted)])

    static let resumeRun = Operation(
        "resumeRun", tag: "runs", parameters: [.ifMatch], body: nothing, answers: command,
        problems: [.conflict, .stale],
        examples: [Example("resume", ["id": Sample.paused], .ok)])

    private static let nothing = Body(.request([:]), isRequired: false)

    private static let command = [
        Answer(.ok, "It is there", .ref(.runItem), headers: [.eTag]),
        Answer(.accepted, "It is on its way", .ref(.runItem), headers: [.eTag]),
    ]
}

// Reading.
extension Operation {
    static let listRuns = Operation(
        "listRuns", tag: "runs",
        parameters: [
            .query("state", .list(of: .words(RunState.self)), isJoined: true), .query("group", .string()),
            .query("batch", .string()), .query("driver", .string()), .query("job", .string()), .query("key", .string()),
            .query("target", .string("Path, volume or host that it works on, or one above that")),
            .query("text", .string("Stands in its names, definition, parameters, labels or messages", length: 0...256)),
            .query("since", .instant.described("Made then or later")),
            .query("until", .instant.described("Made before")),
            .query(
                "label",
                .list(of: .string("name=value; label.name=value is the same", pattern: "^[^=]*=.*$"))), .limit, .cursor,
        ],
        answers: [Answer(.ok, "Newest first", NamedSchema.runItem.page, headers: [.link])],
        examples: [
            Example("all", .ok),
            Example("some", ["state": ["running", "pending"], "label": ["team=db"], "limit": 100], .ok),
            Example("search", ["text": "hello", "since": "2026-03-01T12:00:00Z"], .ok),
        ])

    static let showRun = Operation(
        "showRun", tag: "runs", parameters: [.prefer, .ifNoneMatch],
        answers: [
            Answer(.ok, "The run in full", .ref(.run), headers: [.eTag]),
            Answer(.notModified, "Unchanged", headers: [.eTag]),
        ],
        examples: [
            Example("now", ["id": Sample.running], .ok),
            Example("end", ["id": Sample.ended, "Prefer": "wait=30"], .ok),
            Example("known", ["id": Sample.ended, "If-None-Match": "*"], .notModified),
        ])

    static let readLog = Operation(
        "readLog", tag: "runs", parameters: log, answers: logAnswers, problems: [.range],
        examples: [
            Example("tail", ["id": Sample.ended, "tail": 20], .ok, answer: "working\n"),
            Example("follow", ["id": Sample.ended, "follow": true], .ok, answer: "working\n"),
            Example("part", ["id": Sample.ended, "Range": "bytes=0-3"], .partialContent, answer: "work"),
        ])

    static let logLength = Operation(
        "logLength", tag: "runs", parameters: log,
        answers: logAnswers.map { Answer($0.status, $0.description, headers: $0.headers) }, problems: [.range],
        examples: [Example("length", ["id": Sample.ended], .ok)])

    private static let log: [Parameter] = [
        .query("stream", .words(LogStream.self)), .query("tail", .integer(0...1_000_000_000)),
        .query("follow", .boolean), .query("attempt", .integer(1...1_000_000)),
        .query("task", .string("Name of a task, or its number from 1")),
        .header("Range", .string("bytes=FIRST-LAST")),
    ]

    private static let logAnswers = [
        Answer(.ok, "The bytes that the tasks wrote", .string(), type: "text/plain"),
        Answer(.partialContent, "The part of Range", .string(), type: "text/plain"),
    ]

    static let readLines = Operation(
        "readLines", tag: "runs",
        parameters: [
            .query("follow", .boolean.described("false: a list; else a stream of server-sent events")),
            .query("after", .string("Id of a line")), .query("limit", .integer(1...1000)), .lastEventID,
            .query("before", .string("Id of a line, or end: the lines before it; with follow=false")),
            .query("search", .string("Only lines with this text; with follow=false", length: 0...256)),
        ],
        answers: [
            Answer(
                .ok, "Events of the type `line`, and `end`; with follow=false a list",
                .answer(
                    [
                        "items": .list(of: .ref(.line)), "next": .string().orNull,
                        "end": .boolean.described("Nothing will follow"),
                    ], optional: ["start": .boolean.described("With before: nothing comes before")])
            ).orStream
        ],
        examples: [
            Example("list", ["id": Sample.ended, "follow": false, "limit": 10], .ok),
            Example("tail", ["id": Sample.ended, "follow": false, "before": "end"], .ok),
            Example("search", ["id": Sample.ended, "follow": false, "search": "work"], .ok),
            Example("stream", ["id": Sample.ended, "after": "1.0.0.0"], .ok),
        ])
}

// Events.
extension Operation {
    static let listEvents = Operation(
        "listEvents", tag: "events", parameters: [.query("after", .integer(0 ... .max)), .limit],
        answers: [Answer(.ok, "Oldest first", .answer(["items": .list(of: .ref(.event))]))],
        examples: [Example("all", ["id": Sample.ended], .ok), Example("after", ["id": Sample.ended, "after": 1], .ok)])

    static let streamEvents = Operation(
        "streamEvents", tag: "events", parameters: [.query("after", .integer(0 ... .max)), .lastEventID],
        answers: [
            Answer(
                .ok,
                "Events of the type `run`, whose data is an Event, and `reset`; without an id `notice` with number, state and channel, and `progress` with a run: hints to read these anew",
                .string(),
                type: "text/event-stream")
        ], examples: [Example("stream", ["after": 0], .ok, answer: "retry: 1000\n\n")])
}
