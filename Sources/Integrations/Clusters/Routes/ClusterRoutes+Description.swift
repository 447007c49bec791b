import HTTPTypes
import MartletCore
import MartletHTTP

// Clusters.
extension Operation {
    private static let one: [String: JSONValue] = ["cluster": Sample.cluster]
    private static let waiting = one.merging(["Prefer": "wait=60"]) { $1 }
    /// Deployed, and one whose last run failed: a test makes them.
    private static let deployed: [String: JSONValue] = ["cluster": "9df5a946"]
    private static let failed: [String: JSONValue] = ["cluster": "9df5a947", "Prefer": "wait=60"]
    private static let version = one.merging(["version": "1"]) { $1 }
    private static let start: [Parameter] = [.idempotencyKey, .prefer]
    private static let starting: [ProblemCode] = [
        .notFound, .conflict, .stale, .mismatch, .unavailable,
    ]

    private static let order = Body(
        .request(
            [
                "name": .string(length: 1...Int64(ClusterDraft.longestName)),
                "hosts": .list(of: .string("IPv4 address"), 1...Int64(ClusterDraft.mostHosts)),
                "base": ClusterSchema.base,
                "roles": .list(of: ClusterSchema.role), "remark": .string(),
                "version": .integer(1 ... .max, "That it was made from; refused when a newer one was saved"),
                "force": .boolean.described("Whatever the status is"),
                "confirm": .string("With force: the name that the cluster has"),
                "id": .string(), "status": .string(), "deployStatus": .boolean, "workStatus": .boolean,
                "deployedVersion": .integer().orNull, "createdAt": .string(), "changedAt": .string(),
                "operations": .list(of: .string()), "run": .string().orNull,
            ], required: ["name", "hosts", "base", "roles"]))

    private static let insistence = Body(
        .request(["force": .boolean, "confirm": .string("With force: the name of the cluster")]), isRequired: false)
    private static let action = Body(
        .request([
            "hosts": .list(of: .string("One of the cluster's"), 1 ... .max),
            "version": .integer(1 ... .max, "That was looked at; refused when a newer one was saved"),
            "force": .boolean.described("Whatever the status is"),
            "confirm": .string("With force: the name of the cluster"),
        ]), isRequired: false)
    private static let insisting: JSONValue = ["force": true, "confirm": Sample.clusterName]

    static let listClusters = Operation(
        "listClusters", tag: "clusters",
        answers: [
            Answer(
                .ok, "In the order of their creation",
                .answer([
                    "items": .list(of: .ref(.cluster)),
                    "run": .runID.orNull.described(
                        "That works on a cluster or a host now; nothing is allowed meanwhile"),
                ]))
        ], examples: [Example("all", .ok)])

    static let createCluster = Operation(
        "createCluster", tag: "clusters", body: order,
        answers: [Answer(.created, "Its status is prepare", .ref(.cluster), headers: [.location])],
        problems: [.conflict], examples: [Example("create", body: ClusterSchema.sample("orders"), .created)])

    static let showCluster = Operation(
        "showCluster", tag: "clusters", answers: [Answer(.ok, "The cluster", .ref(.cluster))], problems: [.notFound],
        examples: [Example("show", one, .ok)])

    static let saveCluster = Operation(
        "saveCluster", tag: "clusters", body: order,
        answers: [Answer(.ok, "Its status is prepare", .ref(.cluster))], problems: [.notFound, .conflict, .stale],
        examples: [
            Example(
                "save", one,
                body: .object(
                    (ClusterSchema.sample("").object ?? [:]).merging([
                        "name": Sample.clusterName, "confirm": Sample.clusterName, "force": true,
                    ]) { $1 }), .ok)
        ])

    static let deleteCluster = Operation(
        "deleteCluster", tag: "clusters", body: insistence, answers: [Answer(.noContent, "Gone")],
        problems: [.notFound, .conflict], examples: [Example("delete", one, .noContent)])

    static let cancelCluster = Operation(
        "cancelCluster", tag: "clusters", answers: [Answer(.ok, "Its status is cancel", .ref(.cluster))],
        problems: [.notFound, .conflict], examples: [Example("cancel", deployed, .ok)])

    static let clusterPasswords = Operation(
        "clusterPasswords", tag: "clusters",
        answers: [Answer(.ok, "By role", .map(of: .string()))], problems: [.notFound],
        examples: [Example("show", one, .ok)])

    static let listClusterVersions = Operation(
        "listClusterVersions", tag: "clusters", parameters: [.limit, .cursor],
        answers: [Answer(.ok, "Newest first", NamedSchema.clusterVersion.page)], problems: [.notFound],
        examples: [Example("all", one, .ok)])

    static let showClusterVersion = Operation(
        "showClusterVersion", tag: "clusters",
        answers: [
            Answer(
                .ok, "With masks for passwords",
                NamedSchema.clusterVersion.schema.joined(with: .answer(["cluster": ClusterSchema.content])))
        ], problems: [.notFound], examples: [Example("show", version, .ok)])

    static let restoreClusterVersion = Operation(
        "restoreClusterVersion", tag: "clusters", body: insistence,
        answers: [Answer(.ok, "As a new version; its status is prepare", .ref(.cluster))],
        problems: [.notFound, .conflict], examples: [Example("restore", version, body: insisting, .ok)])

    static let diffCluster = Operation(
        "diffCluster", tag: "clusters",
        parameters: [
            .query("from", .integer(1...Int64(Int32.max), "A version; default: the one deployed last")),
            .query("to", .integer(1...Int64(Int32.max), "A version; default: the one saved last")),
        ],
        answers: [
            Answer(
                .ok, "What differs, with masks for passwords",
                .answer([
                    "from": .integer().orNull.described("null: nothing was deployed yet"), "to": .integer(),
                    "changes": .list(
                        of: .answer([
                            "role": .words(RoleName.self).orNull, "key": .string(), "before": .any, "after": .any,
                        ])),
                ]))
        ], problems: [.notFound], examples: [Example("since the last deploy", one, .ok)])

    static let deployCluster = Operation(
        "deployCluster", tag: "clusters", parameters: start, body: action, answers: startedRun, problems: starting,
        examples: [Example("deploy", waiting, .ok)])

    static let startCluster = Operation(
        "startCluster", tag: "clusters", parameters: start, body: action, answers: startedRun, problems: starting,
        examples: [Example("start", waiting, body: insisting, .ok)])

    static let stopCluster = Operation(
        "stopCluster", tag: "clusters", parameters: start, body: action, answers: startedRun, problems: starting,
        examples: [Example("stop", waiting, body: insisting, .ok)])

    static let checkCluster = Operation(
        "checkCluster", tag: "clusters", parameters: start, body: action, answers: startedRun, problems: starting,
        examples: [Example("check", waiting, .ok)])

    static let retryCluster = Operation(
        "retryCluster", tag: "clusters", parameters: start, answers: startedRun, problems: starting,
        examples: [Example("retry", failed, .ok)])
}

// Hosts and templates.
extension Operation {
    private static let host: [String: JSONValue] = ["host": Sample.clusterHost]
    private static let template: [String: JSONValue] = ["template": Sample.clusterTemplate]

    private static let hostBody = Body(
        .request(
            [
                "ip": .string("IPv4 address"), "name": .string(length: 1...Int64(ClusterDraft.longestName)),
                "port": .integer(1...65_535, "Of sshd; 22 when absent"),
                "root": .string("Password of root; the mask keeps the stored one"), "remark": .string(),
                "bootstrap": .boolean.described("Prepare it now, and answer after that; true when absent"),
                "id": .string(),
            ], required: ["ip", "name"]))

    static let listClusterHosts = Operation(
        "listClusterHosts", tag: "clusters",
        answers: [Answer(.ok, "In the order of their creation", .answer(["items": .list(of: .ref(.clusterHost))]))],
        examples: [Example("all", .ok)])

    static let createClusterHost = Operation(
        "createClusterHost", tag: "clusters", body: hostBody,
        answers: [Answer(.created, "It is prepared, and kept", .ref(.clusterHost), headers: [.location])],
        problems: [.conflict, .unavailable],
        examples: [
            Example("keep only", body: ["ip": "192.0.2.200", "name": "h200", "bootstrap": false], .created)
        ])

    static let showClusterHost = Operation(
        "showClusterHost", tag: "clusters", answers: [Answer(.ok, "The host", .ref(.clusterHost))],
        problems: [.notFound], examples: [Example("show", host, .ok)])

    static let saveClusterHost = Operation(
        "saveClusterHost", tag: "clusters", body: hostBody, answers: [Answer(.ok, "The host", .ref(.clusterHost))],
        problems: [.notFound, .conflict, .unavailable],
        examples: [
            Example(
                "keep only", host, body: ["ip": "192.0.2.201", "name": "h201", "port": 2222, "bootstrap": false], .ok)
        ])

    static let deleteClusterHost = Operation(
        "deleteClusterHost", tag: "clusters", answers: [Answer(.noContent, "Gone")], problems: [.notFound, .conflict],
        examples: [Example("delete", host, .noContent)])

    private static let templateBody = Body(
        .request(
            [
                "name": .string(length: 1...Int64(ClusterDraft.longestName)), "role": .words(RoleName.self),
                "body": .map(of: .any), "remark": .string(), "id": .string(),
            ], required: ["name", "role", "body"]))

    static let listClusterTemplates = Operation(
        "listClusterTemplates", tag: "clusters",
        answers: [
            Answer(.ok, "In the order of their creation", .answer(["items": .list(of: .ref(.clusterTemplate))]))
        ], examples: [Example("all", .ok)])

    static let createClusterTemplate = Operation(
        "createClusterTemplate", tag: "clusters", body: templateBody,
        answers: [Answer(.created, "The template", .ref(.clusterTemplate), headers: [.location])],
        problems: [.conflict],
        examples: [
            Example(
                "create", body: ["name": "small", "role": "master", "body": ["masterReservedMemory": .double(0.5)]],
                .created)
        ])

    static let showClusterTemplate = Operation(
        "showClusterTemplate", tag: "clusters", answers: [Answer(.ok, "The template", .ref(.clusterTemplate))],
        problems: [.notFound], examples: [Example("show", template, .ok)])

    static let saveClusterTemplate = Operation(
        "saveClusterTemplate", tag: "clusters", body: templateBody,
        answers: [Answer(.ok, "The template", .ref(.clusterTemplate))], problems: [.notFound, .conflict],
        examples: [
            Example(
                "save", template, body: ["name": "large", "role": "worker", "body": ["workerReservedMemory": 4]], .ok)
        ])

    static let deleteClusterTemplate = Operation(
        "deleteClusterTemplate", tag: "clusters", answers: [Answer(.noContent, "Gone")],
        problems: [.notFound, .conflict], examples: [Example("delete", template, .noContent)])
}
