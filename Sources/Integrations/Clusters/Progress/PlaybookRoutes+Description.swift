import HTTPTypes
import MartletCore
import MartletHTTP

extension Operation {
    private static let attempt = Parameter.query(
        "attempt", .integer(1...1_000_000).described("The last one when absent"))

    static let showPlaybook = Operation(
        "showPlaybook", tag: "clusters",
        parameters: [
            attempt, .query("after", .integer(0...10_000_000).described("Number of the last task of the page before")),
            .limit,
        ],
        answers: [
            Answer(
                .ok, "As far as the events tell",
                .answer([
                    "run": .runID, "attempt": .integer(0 ... .max), "action": .words(ClusterAction.self),
                    "isCheck": .boolean, "playbook": .string(), "current": .string("Play › task").orNull,
                    "tasksBegun": .integer(0 ... .max),
                    "tasksExpected": .integer(0 ... .max).described("At least so many; null: nobody knows").orNull,
                    "hasRecap": .boolean.described("Ansible has told its recap: the numbers of the hosts are its own"),
                    "isTruncated": .boolean.described("Something was left out: it was too much"),
                    "badLines": .integer(0 ... .max),
                    "plays": .list(of: .answer(["number": .integer(0 ... .max), "name": .string()])),
                    "hosts": .list(
                        of: .answer(
                            members: tally.merging([
                                "host": .string(),
                                "standing": .words(["clean", "failed", "unreachable", "notReached"]),
                            ]) { $1 })),
                    "failedHosts": .list(of: .string("A further run must work on it")),
                    "failures": .list(
                        of: .answer([
                            "task": .integer(0 ... .max), "name": .string().orNull, "host": .string(),
                            "result": .words(HostResult.self), "message": .string(),
                        ])),
                    "tasks": .list(
                        of: .answer(
                            members: tally.merging([
                                "number": .integer(0 ... .max), "play": .integer(0 ... .max).orNull, "name": .string(),
                                "role": .string().orNull, "isHandler": .boolean, "startedAt": .string(),
                                "results": .string(
                                    "A letter for each host in the order of `hosts`: ok, changed, failed, ignored, skipped, unreachable; . for none"
                                ),
                            ]) { $1 })),
                    "next": .integer(0 ... .max).described("Give it back as `after`; null at the end").orNull,
                ]))
        ],
        examples: [
            Example("show", ["id": Sample.playbookRun], .ok, answer: example),
            Example("no playbook", ["id": Sample.ended], .notFound),
        ])

    private static let tally: [String: Schema] = [
        "ok": .integer(0 ... .max), "changed": .integer(0 ... .max), "failed": .integer(0 ... .max),
        "unreachable": .integer(0 ... .max), "skipped": .integer(0 ... .max), "rescued": .integer(0 ... .max),
        "ignored": .integer(0 ... .max),
    ]

    private static let example: JSONValue = {
        func counts(ok: Int64 = 0, changed: Int64 = 0, failed: Int64 = 0) -> [String: JSONValue] {
            [
                "ok": .int(ok), "changed": .int(changed), "failed": .int(failed), "unreachable": 0, "skipped": 0,
                "rescued": 0, "ignored": 0,
            ]
        }
        func host(_ host: String, _ standing: String, _ counts: [String: JSONValue]) -> JSONValue {
            .object(counts.merging(["host": .string(host), "standing": .string(standing)]) { $1 })
        }
        let task: [String: JSONValue] = [
            "number": 1, "play": 1, "name": "unpack the package", "role": "backend", "isHandler": false,
            "startedAt": "2026-03-01T12:00:07.312Z", "results": "cf",
        ]
        return [
            "run": Sample.playbookRun, "attempt": 1, "action": "deployupdate", "isCheck": false,
            "playbook": "deploy.yml", "current": "backend › backend : unpack the package", "tasksBegun": 1,
            "tasksExpected": 1, "hasRecap": true, "isTruncated": false, "badLines": 0,
            "plays": [["number": 1, "name": "backend"]],
            "hosts": [
                host("192.0.2.1", "clean", counts(ok: 1, changed: 1)), host("192.0.2.2", "failed", counts(failed: 1)),
            ],
            "failedHosts": ["192.0.2.2"],
            "failures": [
                [
                    "task": 1, "name": "unpack the package", "host": "192.0.2.2", "result": "failed",
                    "message": "no space left on device",
                ]
            ],
            "tasks": [.object(task.merging(counts(ok: 1, changed: 1, failed: 1)) { $1 })], "next": .null,
        ]
    }()

    static let readPlaybookEvents = Operation(
        "readPlaybookEvents", tag: "clusters",
        parameters: [
            attempt, .query("follow", .boolean.described("false: a list; else a stream of server-sent events")),
            .query("after", .integer(0 ... .max).described("Id of an event")), .limit, .lastEventID,
        ],
        answers: [
            Answer(
                .ok,
                "Events of the types `begin`, `playbook`, `play`, `task`, `host` and `stats`, and `end`; with follow=false a list",
                .answer([
                    "items": .list(of: .answer(members: ["id": .string(), "event": .string()], optional: members)),
                    "next": .string(), "end": .boolean.described("Nothing will follow"),
                ])
            ).orStream
        ],
        examples: [
            Example("list", ["id": Sample.playbookRun, "follow": false, "limit": 10], .ok),
            Example("stream", ["id": Sample.playbookRun, "after": 0], .ok),
        ])

    private static let members: [String: Schema] = {
        var members: [String: Schema] = [:]
        for name in ["time", "name", "host", "result", "message", "diff", "user"] { members[name] = .string() }
        for name in ["plays", "number", "task", "pid"] { members[name] = .integer(0 ... .max) }
        members["tasks"] = .integer(0 ... .max).orNull
        members["role"] = .string().orNull
        members["handler"] = .boolean
        members["hosts"] = .map(of: .answer(members: tally))
        return members
    }()
}
