import HTTPTypes
package import MartletCore
package import MartletHTTP

// What the OpenAPI document says about this facade: the tasks that it serves at this moment.
extension ScriptFacade {
    package func routes(for rights: Rights) -> [DescribedRoute] {
        loader.current.catalog.entries(for: rights).flatMap(Self.routes) + Self.fixedRoutes
    }

    private static func routes(of entry: Catalog.Entry) -> [DescribedRoute] {
        let task = entry.task
        let name = task.description ?? "\(task.clusterType)/\(task.name)"
        return [
            DescribedRoute(
                legacy: .post, "/sync/\(task.path)", "Call \(name) and wait for its end", role: .run,
                operation(entry, "sync", data: .string("Last line of stdout"))),
            DescribedRoute(
                legacy: .post, "/async/\(task.path)", "Start \(name)", role: .run,
                operation(entry, "async", data: .string("Id of the session, a UUID version 4"))),
        ]
    }

    private static func operation(_ entry: Catalog.Entry, _ way: String, data: Schema) -> Operation {
        Operation(
            entry.task.jobName.replacing("scripts.", with: "\(way).", maxReplacements: 1), tag: name,
            parameters: [.header("Idempotency-Key", .string(length: 1...256))],
            body: .init(entry.argument, isRequired: false),
            answers: [
                .init(.ok, "`code` tells whether it went well", .envelope(data), headers: [.run]),
                .init(.forbidden, "The task is not enabled", .envelope(.string())),
                .init(.contentTooLarge, "The body is too large", .envelope(.string())),
            ], problems: [],
            examples: [.init("call", body: entry.sample, entry.isEnabled ? .ok : .forbidden, answer: .sampleEnvelope)])
    }

    private static let fixedRoutes = [
        DescribedRoute(
            legacy: .post, "/async/query", "Show one session, or all", role: .read,
            session("query", isRequired: false, data: .list(of: .any), .ok)),
        DescribedRoute(
            legacy: .post, "/async/kill", "End a session with its whole process tree", role: .run,
            session("kill", isRequired: true, data: .string(), .badRequest)),
        DescribedRoute(
            legacy: .get, "/list", "List the paths of this facade", role: .read,
            list("list", .answer(["method": .string(), "path": .string()]))),
        DescribedRoute(
            legacy: .get, "/discovery", "List the tasks for schedulers", role: .read,
            list(
                "discovery",
                .answer(
                    [
                        "name": .string(), "cluster_type": .string(), "empty_param": .any, "enable": .boolean,
                        "url": .string(),
                    ], optional: ["crontab": .any]))),
        DescribedRoute(
            legacy: .get, "/ping", "The facade answers", role: nil,
            Operation(
                "ping", tag: name, answers: [.init(.ok, "`pong`", .constant("pong"), type: "text/plain")],
                examples: [.init("ping", .ok, answer: "pong")])),
    ]

    /// `empty`: the answer to a call without a body.
    private static func session(
        _ id: String, isRequired: Bool, data: Schema, _ empty: HTTPResponse.Status
    ) -> Operation {
        Operation(
            id, tag: name, body: .init(.answer(["session_id": .string()]), isRequired: isRequired),
            answers: [
                .init(.ok, "`code` tells whether it went well", .envelope(data)),
                .init(.badRequest, "The body is wrong", .envelope(.string())),
                .init(.contentTooLarge, "The body is too large", .envelope(.string())),
            ],
            examples: [
                .init(
                    "unknown", body: ["session_id": "6f1d3a9e-0000-4000-8000-000000000000"], .ok,
                    answer: .sampleEnvelope),
                .init("empty", empty, answer: .sampleEnvelope),
            ])
    }

    private static func list(_ id: String, _ item: Schema) -> Operation {
        Operation(
            id, tag: name, answers: [.init(.ok, "`data` is the list", .envelope(.list(of: item)))],
            examples: [.init("all", .ok, answer: ["code": 0, "data": [], "msg": ""])])
    }
}

extension JSONValue {
    fileprivate static let sampleEnvelope: JSONValue = ["code": 1, "data": "", "msg": "failed", "message": "failed"]
}

extension Schema {
    /// `data` is empty text when nothing came of the call.
    fileprivate static func envelope(_ data: Schema) -> Schema {
        .answer(
            ["code": .integer(0...1), "data": .anyOf([data, .constant("")]), "msg": .string()],
            optional: ["message": .string()])
    }
}

extension Catalog.Entry {
    fileprivate var isEnabled: Bool {
        if case .external(let task) = self { task.isEnabled } else { true }
    }

    fileprivate var sample: JSONValue {
        switch self {
        case .external(let task):
            task.params.isEmpty ? ["123", "456"] : .object(task.params.compactMapValues(\.sample))
        case .builtIn(let type, _): type.emptyArgument
        }
    }

    /// What a call may post.
    fileprivate var argument: Schema {
        guard case .external(let task) = self else { return .map(of: .any) }
        let list = Schema.list(of: .string().orNull).described("One argument each")
        if task.params.isEmpty { return .anyOf([list, .null]) }
        let required = task.params.filter { $0.value.required && $0.value.default == nil }.keys.sorted()
        return .anyOf([.parameters(task.params.mapValues(\.schema), required: required), list])
    }
}
