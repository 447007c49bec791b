import HTTPTypes
import MartletCore
import MartletHTTP

extension Operation {
    static let listNodes = Operation(
        "listNodes", tag: "volumes",
        answers: [
            Answer(
                .ok, "Those of the inventory, by name",
                .answer([
                    "items": .list(
                        of: .answer([
                            "name": .string(), "address": .string(), "state": .words(NodeDesk.Status.State.self),
                            "plan": .string("Version of the plan that it works by").orNull,
                            "isConfirmed": .boolean.described("It works by the plan that it is to have"),
                            "heardAt": .instant.orNull, "problem": .string().orNull,
                        ]))
                ]))
        ], examples: [Example("all", .ok)])

    static let listNodeRuns = Operation(
        "listNodeRuns", tag: "volumes",
        parameters: [
            .query("app", .string(length: 1...100)), .query("node", .string(length: 1...255)), .limit, .cursor,
        ],
        answers: [
            Answer(
                .ok, "Newest first",
                .answer([
                    "items": .list(of: .any), "next": .string("Give it back as `cursor`; null at the end").orNull,
                ]))
        ], examples: [Example("all", .ok)])

    static let showNodeRun = Operation(
        "showNodeRun", tag: "volumes", parameters: [.prefer],
        answers: [
            Answer(
                .ok, "What the controller knows of it",
                .answer([
                    "id": .runID, "node": .string(), "action": .words(NodeRecord.Action.self),
                    "state": .words(RunState.self), "reason": .string(), "results": .any,
                ]))
        ], problems: [.notFound],
        examples: [
            Example(
                "backup", ["run": Sample.volumeRun], .ok,
                answer: [
                    "id": Sample.volumeRun, "node": "node-1", "action": "backup", "state": "succeeded",
                    "reason": "Every task ended well.", "results": ["files": 12, "bytes": 40960],
                ])
        ])
}
