import HTTPTypes
import MartletCore
import MartletHTTP

// Jobs of the job API.
extension Operation {
    /// A service that sleeps; a test makes it, and a replication beside it, `sample/copy`.
    private static let one: [String: JSONValue] = ["nomadJob": "sample/one"]

    static let listNomadJobs = Operation(
        "listNomadJobs", tag: "nomad-jobs", parameters: [.query("prefix", .string("Of the ids", length: 0...1024))],
        answers: [Answer(.ok, "By their ids", .answer(["items": .list(of: NomadJobSchema.item)]))],
        examples: [Example("all", .ok), Example("some", ["prefix": "sample/"], .ok)])

    static let registerNomadJob = Operation(
        "registerNomadJob", tag: "nomad-jobs",
        body: Body(
            .request([
                "job": .map(of: .any).described("As Nomad has it in JSON, without the member Job around it"),
                "hcl": .string("The text of a job file", length: 1...1 << 20),
            ])),
        answers: [
            Answer(
                .accepted, "Registered; what comes of it is shown with the job",
                .answer([
                    "id": .string(), "version": .integer(0 ... .max),
                    "evaluation": .string("Null for what only makes other jobs").orNull,
                    "warnings": .string("What is allowed and probably not meant; empty: nothing"),
                ]), headers: [.location])
        ],
        examples: [
            Example("json", body: ["job": NomadJobSchema.sample], .accepted),
            Example("hcl", body: ["hcl": .string(NomadJobSchema.text)], .accepted),
        ])

    static let showNomadJob = Operation(
        "showNomadJob", tag: "nomad-jobs", answers: [Answer(.ok, "The job", NomadJobSchema.report)],
        problems: [.notFound], examples: [Example("show", one, .ok)])

    static let nomadJobPasswords = Operation(
        "nomadJobPasswords", tag: "nomad-jobs",
        answers: [Answer(.ok, "By group, task and place in the configuration", .map(of: .string()))],
        problems: [.notFound], examples: [Example("show", ["nomadJob": "sample/copy"], .ok)])

    static let stopNomadJob = Operation(
        "stopNomadJob", tag: "nomad-jobs",
        body: Body(
            .request(["purge": .boolean.described("Forget the job at once; its allocations are stopped all the same")]),
            isRequired: false),
        answers: [
            Answer(
                .accepted, "Its allocations will be stopped",
                .answer(["evaluation": .string("Null for what only makes other jobs").orNull]))
        ], problems: [.notFound], examples: [Example("stop", one, .accepted)])
}

extension Operation {
    static let pauseNomadJob = Operation(
        "pauseNomadJob", tag: "nomad-jobs",
        answers: [Answer(.ok, "It is paused, and keeps its places", NomadJobSchema.item)],
        problems: [.notFound, .conflict], examples: [Example("pause", ["nomadJob": "sample/one"], .ok)])

    static let resumeNomadJob = Operation(
        "resumeNomadJob", tag: "nomad-jobs", answers: [Answer(.ok, "It goes on", NomadJobSchema.item)],
        problems: [.notFound, .conflict], examples: [Example("resume", ["nomadJob": "sample/one"], .ok)])
}

// Replications.
extension Operation {
    static let replicationLag = Operation(
        "replicationLag", tag: "nomad-jobs",
        answers: [Answer(.ok, "The oldest point first", ReplicationSchema.history)],
        problems: [.notFound], examples: [Example("none", ["nomadJob": "sample/one"], .ok)])

    static let verifyReplication = Operation(
        "verifyReplication", tag: "nomad-jobs", parameters: [.prefer], answers: startedRun,
        problems: [.notFound, .conflict, .unavailable],
        examples: [
            Example("compare", ["nomadJob": "sample/copy"], .accepted),
            Example("no replication", ["nomadJob": "sample/one"], .conflict),
        ])
}

enum NomadJobSchema {
    static let item = Schema.answer(itemMembers).joined(
        with: .answer([
            "replication": ReplicationSchema.standing.orNull.described("Null: no process of one has told anything")
        ]))

    private static let itemMembers: KeyValuePairs<String, Schema> = [
        "id": .string(), "type": .words(NomadJobType.self), "status": .words(["pending", "running", "dead"]),
        "stopped": .boolean, "paused": .boolean, "priority": .integer(), "version": .integer(0 ... .max),
        "parent": .string("The job that made it").orNull, "submittedAt": .instant,
        "groups": .map(
            of: .answer([
                "queued": .integer(), "starting": .integer(), "running": .integer(), "complete": .integer(),
                "failed": .integer(), "lost": .integer(),
            ])
        ).described("How many allocations of each group are in which state"),
    ]

    static let report = item.joined(
        with: .answer([
            "evaluations": .list(of: evaluation).described("The newest first"),
            "deployment": Schema.answer([
                "id": .string(), "version": .integer(), "status": .string(), "description": .string(),
            ]).orNull,
            "counts": .list(of: count).described("Of all allocations by version, the newest version first"),
            "allocations": .list(of: allocation).described("The newest 50, the newest first"),
            "replication": ReplicationSchema.whole.orNull.described("Null: the job is no replication"),
        ]))

    private static let count = Schema.answer([
        "version": .integer(0 ... .max), "total": .integer(0 ... .max), "pending": .integer(0 ... .max),
        "running": .integer(0 ... .max), "complete": .integer(0 ... .max), "failed": .integer(0 ... .max),
        "lost": .integer(0 ... .max),
        "stopped": .integer(0 ... .max, "Not to run any more: counted here only"),
    ])

    private static let evaluation = Schema.answer([
        "id": .string(), "status": .words(NomadEvaluation.Status.self), "description": .string(),
        "cause": .words(NomadEvaluation.Cause.self), "createdAt": .instant, "waitsUntil": .instant.orNull,
        "blockedBy": .map(of: .string()).described("By group, what stands in the way"),
    ])

    private static let allocation = Schema.answer([
        "id": .string(), "name": .string(), "group": .string(), "version": .integer(0 ... .max),
        "status": .words(["pending", "running", "complete", "failed", "lost"]),
        "desired": .words(["run", "stop", "evict"]), "description": .string(),
        "healthy": .boolean.orNull.described("Null: not known yet"), "createdAt": .instant,
        "previous": .string("The allocation that it takes the place of").orNull, "tasks": .list(of: task),
    ])

    private static let task = Schema.answer([
        "name": .string(), "state": .words(["pending", "running", "dead"]).orNull, "failed": .boolean,
        "restarts": .integer(0 ... .max), "startedAt": .instant.orNull, "finishedAt": .instant.orNull,
        "run": .runID.orNull.described("The run behind it, which has the log"),
        "stage": .any.described("What it told of its stage"), "progress": .number.orNull,
        "delay": .any.described("What it told of its delay"), "message": .string().orNull,
        "results": .map(of: .any),
        "events": .list(of: .answer(["at": .instant, "type": .string(), "message": .string()])),
    ])

    static let sample: JSONValue = [
        "ID": "sample/json", "Type": "batch", "Datacenters": ["dc1"],
        "TaskGroups": [
            [
                "Name": "g",
                "Tasks": [["Name": "t", "Driver": "raw_exec", "Config": ["command": "/bin/true"]]],
            ]
        ],
    ]

    static let text = """
        job "sample-hcl" {
          type = "batch"
          datacenters = ["dc1"]
          group "g" {
            task "t" {
              driver = "raw_exec"
              config { command = "/bin/true" }
            }
          }
        }
        """
}
