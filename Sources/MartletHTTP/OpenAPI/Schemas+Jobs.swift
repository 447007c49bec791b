import MartletCore

// What jobs and submissions are made of: the keys that `Job(parsing:)` and `Submission(parsing:)` read.
extension NamedSchema {
    static let job = NamedSchema(
        "Job",
        .answer([
            "name": .token, "version": .integer(1 ... .max), "source": .string("`api`, or the file it came from"),
            "updatedAt": .instant, "definition": .ref(definition),
        ]),
        example: [
            "name": Sample.job, "version": 1, "source": "api", "updatedAt": "2026-03-01T12:00:00.000Z",
            "definition": ["name": "hello", "tasks": [["name": "main", "command": ["echo", "hello"]]]],
        ])

    static let definition = NamedSchema(
        "JobDefinition",
        Schema.request(["name": .token, "description": .string(length: 0...4096), "secrets": .secretNames])
            .joined(with: jobKeys),
        example: ["command": ["echo", "hello"], "timeout": "10m"])

    /// `{"job": NAME}`, or the keys of a job.
    static let newRun = NamedSchema(
        "NewRun", .anyOf([runOfJob, inlineRun]), example: ["job": Sample.job, "labels": ["team": "db"]])

    private static let runOfJob = Schema.request(
        ["job": .string(length: 1...4096), "params": .map(of: .any)], required: ["job"]
    ).joined(with: Schema.request(["secrets": .secrets])).joined(with: submission)

    private static let inlineRun = Schema.request([
        "name": .token, "description": .string(length: 0...4096),
        "secrets": .map(
            of: .anyOf([.string(length: 5...65_536), .request(["secret": .token], required: ["secret"])]),
            names: Schema.variable, atMost: 1024),
    ]).joined(with: jobKeys).joined(with: submission)

    private static let submission = Schema.request([
        "key": .string("At most one live run has it", length: 1...256), "group": .token,
        "labels": .labels,
    ])

    /// What runs, as its keys stand in a document of any kind.
    static let jobKeys = Schema.request([
        "tasks": .list(of: .ref(task), 1...Int64(TaskSpec.mostTasks)), "labels": .labels,
        "params": .map(of: .ref(parameter), names: Schema.variable), "retries": .integer(0...1000),
        "retry": .ref(retry), "timeout": .span, "concurrency": .integer(1...100_000), "retryLost": .boolean,
        "notify": .list(of: .ref(notify)),
    ]).joined(with: process)

    private static let task = NamedSchema(
        "Task",
        Schema.request([
            "name": .token, "when": .words(TaskSpec.When.self), "onFailure": .words(TaskSpec.OnFailure.self),
            "timeout": .span, "secrets": .secretNames,
        ]).joined(with: process), example: ["name": "main", "command": ["echo", "hello"]])

    private static let process = Schema.request([
        "driver": .string(length: 1...4096),
        "command": .list(of: .scalar, 1...4096).described("The program and its arguments; no shell"),
        "spec": .any.described("What the driver reads, in place of `command`"), "environment": .environment,
        "grace": .span, "stopSignal": .words(StopSignal.self), "cwd": .string("An absolute path", pattern: "^/"),
        "user": .string(length: 0...64), "umask": .string("Octal", pattern: "^0*[0-7]{1,3}$"),
        "nice": .integer(-20...19),
        "limits": .request([
            "memory": .integer(1_048_576...1_125_899_906_842_624), "openFiles": .integer(3...10_000_000),
            "processes": .integer(1...10_000_000),
        ]),
    ])

    private static let retry = NamedSchema(
        "Retry",
        .request([
            "limit": .integer(0...1_000_000), "on": .words(RetryPolicy.On.self), "window": .span,
            "mode": .words(RetryPolicy.Mode.self), "delay": .span, "backoff": .words(RetryPolicy.Backoff.self),
            "maxDelay": .span,
        ]), example: ["limit": 3, "delay": "5s"])

    private static let parameter = NamedSchema(
        "Parameter",
        .request([
            "type": .words(ParamSpec.Kind.self), "description": .string(length: 0...4096), "required": .boolean,
            "default": .any, "choices": .list(of: .any), "pattern": .string("An ICU regular expression"),
            "minimum": .number, "maximum": .number, "secret": .boolean,
        ]), example: ["type": "integer", "minimum": 1])

    static let notify = NamedSchema(
        "Notify",
        .request(
            ["on": .list(of: .words(NoticeEvent.self)), "channel": .string(length: 1...4096)],
            required: ["channel"]),
        example: ["on": ["failed"], "channel": "ops"])
}
