import HTTPTypes
import MartletCore
import MartletHTTP

extension Operation {
    private static let volume = Schema.request([
        "app": .string(length: 1...100), "proc": .string(length: 1...128), "instance": .integer(1...100_000),
        "volume": .string(length: 1...512),
    ])
    private static let agent = Schema.answer([
        "node": .string(), "instance": .string("Another one after the loss of the agent's store"),
        "plan": .string("Version of the plan in force").orNull, "volumes": .integer(0 ... .max),
    ])

    static let showAgent = Operation(
        "showAgent", tag: "agent", answers: [Answer(.ok, "The agent", agent)],
        examples: [Example("show", .ok)])

    static let putPlan = Operation(
        "putPlan", tag: "agent",
        body: Body(
            .request([
                "version": .string("Named by the controller; the answer repeats it once the plan is on disk"),
                "plan": .any,
            ])), answers: [Answer(.ok, "The plan in force", agent)], problems: [.unavailable],
        examples: [
            Example(
                "no volumes", body: ["version": "1", "plan": ["node": "node-1", "zone": "UTC", "limit": 4]], .ok)
        ])

    static let listRecords = Operation(
        "listRecords", tag: "agent",
        parameters: [
            .query("after", .integer(0 ... .max, "The number `next` of the answer before")), .limit,
            .query("wait", .integer(0...30, "Seconds to wait for the first change")),
            .query("runs", .string("Ids of runs: these as they are now, and nothing else")),
        ],
        answers: [
            Answer(
                .ok, "Each run as it is now",
                agent.joined(
                    with: .answer(
                        ["records": .list(of: .any)], optional: ["next": .integer(), "hasMore": .boolean])))
        ], problems: [.unavailable], examples: [Example("all", .ok)])

    static let startAgentBackup = Operation(
        "startAgentBackup", tag: "agent", parameters: [.prefer, .idempotencyKey],
        body: Body(
            .request([
                "volume": volume, "mode": .words(["full", "increment"]),
                "queue": .boolean.described("Where something works on the volume it waits: 200 with `queued`"),
            ])),
        answers: startedRun + [
            Answer(.ok, "It waits, or began", .answer(["id": .string().orNull, "queued": .boolean]))
        ],
        problems: [.notFound, .conflict, .mismatch, .unavailable],
        examples: [
            Example("backup", body: ["volume": VolumeName.sample.json, "mode": "full"], .accepted)
        ])

    static let startAgentRestore = Operation(
        "startAgentRestore", tag: "agent", parameters: [.prefer, .idempotencyKey],
        body: Body(
            .request([
                "volume": volume, "snapshot": .string(length: 8...64), "version": .string(length: 0...1024),
                "source": .string(length: 0...1024),
                "paths": .list(of: .string(length: 1...4096), 1...1000), "dryRun": .boolean, "keepState": .boolean,
            ])), answers: startedRun, problems: [.notFound, .conflict, .mismatch, .unavailable],
        examples: [
            Example("restore", body: ["volume": VolumeName.sample.json, "snapshot": "12345678"], .accepted)
        ])
}

extension VolumeName {
    fileprivate static let sample = VolumeName(app: "shop", proc: "shop.web.web", instance: 1, volume: "/data")
}
