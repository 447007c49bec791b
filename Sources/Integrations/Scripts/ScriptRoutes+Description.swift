import HTTPTypes
import MartletCore
import MartletHTTP

extension Operation {
    static let listScripts = Operation(
        "listScripts", tag: "scripts", answers: [catalog],
        examples: [.init("all", .ok)])

    static let reloadScripts = Operation(
        "reloadScripts", tag: "scripts", answers: [catalog], examples: [.init("reload", .ok)])

    private static let catalog = Answer(
        .ok, "The tasks being served, and how the last reading of their file went",
        .answer([
            "file": .string().orNull, "loadedAt": .instant, "problems": .list(of: problem),
            "warnings": .list(of: problem),
            "items": .list(of: .ref(task)),
        ]))

    private static let problem = Schema.answer([
        "line": .integer(0 ... .max), "task": .string().orNull, "field": .string(), "problem": .string(),
        "text": .string(),
    ])

    private static let task = NamedSchema(
        "ScriptTask",
        .answer([
            "name": .string(), "clusterType": .string(), "path": .string(), "job": .token,
            "description": .string().orNull, "enabled": .boolean, "builtIn": .boolean,
        ]),
        example: [
            "name": "demo1", "clusterType": "TendbCluster", "path": "tendb-cluster/demo-1",
            "job": "scripts.tendb-cluster.demo-1", "description": .null, "enabled": true, "builtIn": false,
        ])
}
