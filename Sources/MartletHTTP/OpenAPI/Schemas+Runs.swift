import MartletCore

// What answers about runs are made of.
extension NamedSchema {
    static let reason = NamedSchema(
        "Reason",
        .answer([
            "code": .string("For programs; stable"), "en": .string(), "zh": .string(),
            "next": .answer(["en": .string().orNull, "zh": .string().orNull]),
        ]),
        example: [
            "code": "exit", "en": "Task main exited with code 3.", "zh": "任务 main 以退出码 3 结束。",
            "next": ["en": "Read its log, then rerun.", "zh": "查看其日志，然后重新运行。"],
        ])

    /// A run as lists show it.
    static let runItem = NamedSchema("RunItem", runMembers, example: .object(runExample))

    /// A run in full.
    static let run = NamedSchema(
        "Run", runMembers.joined(with: runDetails),
        example: .object(
            runExample.merging([
                "group": "nightly", "groups": [["group": "nightly", "batch": "019aa5c4-7d21-7000-b5f3-0c6f1d3a9e40"]],
                "params": [:], "secrets": ["PGPASSWORD"],
                "tasks": [["name": "main", "driver": "command", "when": "success", "spec": ["command": ["false"]]]],
                "attempts": [attempt.example],
            ]) { $1 }))

    private static let runMembers = Schema.answer(
        [
            "id": .runID, "state": .words(RunState.self), "outcome": .words(Outcome.self).orNull,
            "exitCode": .integer().orNull, "signal": .integer().orNull, "createdAt": .instant, "dueAt": .instant,
            "startedAt": .instant.orNull, "finishedAt": .instant.orNull, "attempt": .integer(0 ... .max),
            "task": .answer(["name": .string(), "number": .integer(1 ... .max), "of": .integer(1 ... .max)]),
            "progress": .number.orNull, "message": .string().orNull, "results": .map(of: .any),
            "warnings": .list(of: .string()), "key": .string().orNull, "labels": .map(of: .string()),
            "driver": .string(), "job": .string().orNull, "title": .string(), "trigger": .ref(trigger),
            "traceId": .string("Trace of the request that started it", pattern: "^[0-9a-f]{32}$").orNull,
            "reason": .ref(reason),
        ])

    private static let runDetails = Schema.answer([
        "group": .string().orNull, "groups": .list(of: .answer(["group": .string(), "batch": .string()])),
        "params": .map(of: .any), "secrets": .list(of: .string("Names; values are never shown")),
        "tasks": .list(
            of: .answer([
                "name": .string(), "driver": .string(), "when": .words(TaskSpec.When.self), "spec": .any,
            ])),
        "attempts": .list(of: .ref(attempt)),
    ])

    private static let trigger = NamedSchema(
        "Trigger",
        .answer(["source": .string(), "caller": .string().orNull, "rerunOf": Schema.runID.orNull]),
        example: ["source": "api", "caller": "admin", "rerunOf": .null])

    private static let attempt = NamedSchema(
        "FinishedTask",
        .answer([
            "attempt": .integer(1 ... .max), "task": .integer(1 ... .max), "name": .string(),
            "outcome": .words(Outcome.self), "note": .string().orNull, "exitCode": .integer().orNull,
            "signal": .integer().orNull, "startedAt": .instant.orNull, "finishedAt": .instant, "timedOut": .boolean,
            "stopped": .boolean, "logBytes": .integer(0 ... .max), "droppedBytes": .integer(0 ... .max),
            "warnings": .list(of: .string()),
        ]),
        example: [
            "attempt": 1, "task": 1, "name": "main", "outcome": "exit", "note": .null, "exitCode": 3, "signal": .null,
            "startedAt": "2026-03-01T12:00:00.120Z", "finishedAt": "2026-03-01T12:00:01.340Z", "timedOut": false,
            "stopped": false, "logBytes": 5, "droppedBytes": 0, "warnings": [],
        ])

    private static let runExample: [String: JSONValue] = [
        "id": Sample.ended, "state": "failed", "outcome": "exit", "exitCode": 3, "signal": .null,
        "createdAt": "2026-03-01T12:00:00.100Z", "dueAt": "2026-03-01T12:00:00.100Z",
        "startedAt": "2026-03-01T12:00:00.120Z", "finishedAt": "2026-03-01T12:00:01.340Z", "attempt": 1,
        "task": ["name": "main", "number": 1, "of": 1], "progress": .null, "message": .null, "results": [:],
        "warnings": [], "key": .null, "labels": ["team": "db"], "driver": "command", "job": .null,
        "title": "sh -c exit 3",
        "trigger": trigger.example, "traceId": .null, "reason": reason.example,
    ]

    /// What a submission is answered with.
    static let accepted = NamedSchema(
        "Accepted", .answer(["id": .runID, "state": .constant(.string(RunState.pending.rawValue))]),
        example: ["id": Sample.ended, "state": "pending"])

    static let event = NamedSchema(
        "Event",
        .answer([
            "number": .integer(1 ... .max), "run": .runID, "kind": .words(RunEvent.Kind.self),
            "from": .words(RunState.self).orNull, "to": .words(RunState.self), "attempt": .integer(0 ... .max),
            "task": .integer(1 ... .max), "reason": Schema.ref(reason).orNull, "note": .string().orNull, "at": .instant,
        ]),
        example: [
            "number": 17, "run": Sample.ended, "kind": "state", "from": "running", "to": "failed", "attempt": 1,
            "task": 1,
            "reason": reason.example, "note": .null, "at": "2026-03-01T12:00:01.340Z",
        ])

    static let line = NamedSchema(
        "Line",
        .answer([
            "id": .string("Give it back as `after` or Last-Event-ID"), "stream": .words(LogStream.self), "at": .instant,
            "text": .string(), "attempt": .integer(1 ... .max), "task": .string().orNull,
        ]),
        example: [
            "id": "1.0.8.0", "stream": "stdout", "at": "2026-03-01T12:00:00.120Z", "text": "working", "attempt": 1,
            "task": "main",
        ])
}
