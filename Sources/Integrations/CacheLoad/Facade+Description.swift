import GoWire
import HTTPTypes
import Hummingbird
package import MartletCore
package import MartletHTTP

// What the OpenAPI document says about this facade.
extension CacheLoadFacade {
    package func routes(for rights: Rights) -> [DescribedRoute] { Self.described }

    /// The page of the replaced service: it leads to the document.
    var swaggerPage: Response { Response(.ok, "text/html; charset=utf-8", Array(Self.page.utf8)) }

    @Sendable func swaggerDocument(_ call: FacadeCall) async throws -> Response {
        .openAPI(of: routes(for: call.principal.rights), version: version)
    }

    private static let page = """
        <!doctype html>
        <html lang="en"><head><meta charset="utf-8"><title>Cache loads</title></head><body>
        <h1>Cache loads</h1>
        <p>The routes, their bodies and their answers: <a href="doc.json">doc.json</a> (OpenAPI 3.1).</p>
        <ul>
        <li>POST /api/v1/gfs: load, read metadata, list, free</li>
        <li>GET /api/v1/status, /api/v1/output: what became of the tasks, what the program wrote</li>
        <li>POST /api/v1/gfs/retry, DELETE /api/v1/gfs: load what failed again, stop</li>
        <li>GET /api/v1/gfs/report: summary of the cluster</li>
        <li>GET /hc: the service answers</li>
        </ul>
        </body></html>

        """

    private static let tag = "cacheLoad"
    private static let unknownID: JSONValue = "6f1d3a9e-0000-4000-8000-000000000000"

    private static let described = [
        DescribedRoute(legacy: .post, "/api/v1/gfs", "Load, read metadata, list or free paths", role: .run, posting),
        DescribedRoute(legacy: .delete, "/api/v1/gfs", "Stop unfinished tasks", role: .run, stopping),
        DescribedRoute(legacy: .post, "/api/v1/gfs/retry", "Load what failed again", role: .run, retrying),
        DescribedRoute(legacy: .get, "/api/v1/gfs/report", "Summary of the cluster", role: .run, reporting),
        DescribedRoute(legacy: .get, "/api/v1/status", "Show tasks", role: .read, showing),
        DescribedRoute(legacy: .get, "/api/v1/output", "Show what the program wrote", role: .read, printing),
        DescribedRoute(
            legacy: .get, "/hc", "The facade answers", role: nil,
            Operation(
                "hc", tag: tag, answers: [.init(.ok, "`ok`", .constant("ok"), type: "text/plain")],
                examples: [.init("ok", .ok, answer: "ok")])),
    ]

    // MARK: Operations

    private static let posting = Operation(
        "postGFS", tag: tag,
        parameters: [
            .query("format", .words(ReplyFormat.self)), .header("Idempotency-Key", .string(length: 1...256)),
        ],
        body: .init(
            .answer(
                [
                    "action": .words(CacheAction.posted.map(\.rawValue)),
                    "path": .list(of: .string(length: 1...Int64(CachePath.longest)), 1...Int64(CacheRequest.mostPaths)),
                ],
                optional: [
                    "task_name": .string("Name of the batch", length: 0...Int64(CacheRequest.longestTaskName)).orNull,
                    "timeout": .integer(CacheRequest.timeouts, "Seconds; of GooseFSList"),
                    "allow_wildcard": .boolean, "confirm": .boolean.described("Free everything"),
                    "continue_on_metadata_error": .boolean,
                ])),
        answers: [
            Operation.Answer(
                .ok, "Loads: the ids; GooseFSList and GooseFSFree: text", .anyOf([ids, results]),
                headers: [.joined, .run, .idempotentReplayed]
            ).orText,
            wrong, .init(.contentTooLarge, "The body is too large", error), mismatch,
            .init(.internalServerError, "GooseFSList, GooseFSFree: the program failed or took too long", error).orText,
            unavailable,
        ],
        examples: [
            .init(
                "metadata", body: ["action": "GooseFSLoadMetadata", "path": ["/ns1/db/t1"]], .ok, answer: [unknownID])
        ])

    private static let stopping = Operation(
        "deleteGFS", tag: tag, parameters: one,
        answers: [
            .init(
                .ok, "Those that are being stopped; `shared` are in another batch, too, and go on",
                .answer(["stopped": ids, "total": .integer(0 ... .max)], optional: ["shared": ids])),
            .init(.badRequest, "Nothing was named", error), notFound,
        ],
        examples: [.init("unknown", ["task_id": unknownID], .notFound, answer: sampleError)])

    private static let retrying = Operation(
        "retryGFS", tag: tag,
        parameters: [.query("format", .words(ReplyFormat.self))],
        body: .init(.answer([:], optional: ["task_id": .string(), "task_name": .string()])),
        answers: [
            .init(.ok, "The new tasks", .anyOf([ids, results]), headers: [.joined]), wrong, notFound,
            .init(.conflict, "Nothing failed", error), .init(.contentTooLarge, "The body is too large", error),
            unavailable,
        ],
        examples: [.init("unknown", body: ["task_id": unknownID], .notFound, answer: sampleError)])

    private static let reporting = Operation(
        "reportGFS", tag: tag,
        answers: [
            .init(.ok, "What the program wrote", .string(), headers: [.run]),
            .init(.badGateway, "The program failed", error),
            .init(.internalServerError, "It did not come in time", error), unavailable,
        ],
        examples: [.init("report", .ok, answer: "GooseFS cluster summary: ")])

    private static let showing = Operation(
        "statusGFS", tag: tag,
        parameters: one + [
            .query("action", .string()), .query("status", .words(TaskStatus.self)),
            .query("run", .words(["latest", "all"])),
            .query("limit", .integer(1...Int64(TaskFilter.mostTasks))),
        ],
        answers: [
            .init(
                .ok, "Tasks by id, and how they fare together",
                .answer(
                    [
                        "data": .map(of: row), "status": .words(TaskStatus.self), "total_task": .integer(0 ... .max),
                    ], optional: ["batch": .string(), "truncated": .boolean])),
            .init(.badRequest, "The query is wrong", error), notFound,
        ],
        examples: [
            .init("unknown", ["task_id": unknownID], .notFound, answer: sampleError)
        ])

    private static let printing = Operation(
        "outputGFS", tag: tag,
        parameters: one + [
            .query("run", .words(["latest", "all"])), .query("tail", .integer(0...1_000_000)),
            .query("offset", .integer(0 ... .max)), .query("bytes", .integer(1...1 << 30)),
        ],
        answers: [
            .init(.ok, "Texts by id", .map(of: .string())), .init(.badRequest, "The query is wrong", error), notFound,
        ],
        examples: [
            .init("unknown", ["task_id": unknownID], .notFound, answer: sampleError),
            .init("neither", .badRequest, answer: sampleError),
        ])

    // MARK: Parts

    private static let one: [Operation.Parameter] = [.query("task_id", .string()), .query("task_name", .string())]
    private static let error = Schema.answer(["error": .string()])
    private static let sampleError: JSONValue = ["error": "no task found"]
    private static let ids = Schema.list(of: .string("UUID version 4"))
    private static let results = Schema.answer([
        "results": .list(of: .answer(["task_id": .string(), "path": .string()], optional: ["joined": .boolean])),
        "total": .integer(0 ... .max),
    ])
    private static let wrong = Operation.Answer(.badRequest, "The request is wrong", .anyOf([.string(), error])).orText
    private static let mismatch = Operation.Answer(
        .unprocessableContent, "The idempotency key came with another request", error)
    private static let notFound = Operation.Answer(.notFound, "No task fits", error)
    private static let unavailable = Operation.Answer(
        .serviceUnavailable, "cacheLoad.bin is not set, or not now", error)

    private static let row = Schema.answer(
        [
            "task_name": .string(), "path": .string(),
            "exit_code": .string("exit status N or signal: …; empty while it is not over"),
            "success_count": .integer(0 ... .max, "Files that are new in the cache"),
            "total_file": .integer(0 ... .max, "New and present ones"), "created_at": .instant, "action": .string(),
            "status": .words(TaskStatus.self), "state": .string(), "outcome": .string().orNull, "reason": .string(),
            "failed_count": .integer(0 ... .max), "failed_paths": .list(of: .string()),
            "progress": .string("n/m files"), "run": .string("Native id"), "attempt": .integer(0 ... .max),
            "started_at": .instant.orNull, "ended_at": .instant.orNull,
        ], optional: ["paths": .list(of: .string()), "failed_paths_truncated": .boolean])
}
