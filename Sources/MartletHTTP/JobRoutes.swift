import HTTPTypes
import Hummingbird
import MartletCore
import MartletEngine

/// Stored job definitions.
enum JobRoutes {
    static let routes: [Route] = [
        Route(.get, "/api/jobs", "List jobs by name", access: .covered(.read), .listJobs, list),
        Route(
            .put, "/api/jobs/{name}", "Store a job; If-Match or If-None-Match: * guard it", access: .server(.admin),
            .putJob, put),
        Route(.get, "/api/jobs/{name}", "Show a job", access: .job(.read), .showJob, show),
        Route(.delete, "/api/jobs/{name}", "Delete a job; its runs stay", access: .server(.admin), .deleteJob, delete),
    ]

    @Sendable private static func list(_ call: Call) async throws -> Response {
        var query = try QueryItems(call.request)
        let limit = query.int("limit", in: 1...1000).map(Int.init) ?? 50
        let cursor = query.text("cursor")
        try query.finish()
        let jobs = try await call.control.jobs(
            after: try cursor.map(Cursor.job), limit: limit + 1, coverage: call.principal.rights)
        let page = jobs.prefix(limit)
        let next = jobs.count > limit ? page.last?.job.name.map(Cursor.text(jobAfter:)) : nil
        return .json(headers: Paging.link(to: next, call.request)) { json in
            json.array("items", page) { $0.job($1) }
            json.field("next", next)
        }
    }

    @Sendable private static func show(_ call: Call) async throws -> Response {
        let stored = try await call.control.job(try call.jobName())
        let tag = "\"\(stored.version)\""
        if call.request.has(tag) { return Response(status: .notModified, headers: [.eTag: tag]) }
        return answer(stored, .ok)
    }

    @Sendable private static func put(_ call: Call) async throws -> Response {
        let name = try call.jobName()
        let job = try Job(parsing: try Call.parse(try await call.jsonBytes()), name: name)
        let (stored, status) = try await Precondition(call.request, of: "job").storing {
            try await call.control.putJob(job, ifVersion: $0)
        }
        return answer(stored, status)
    }

    @Sendable private static func delete(_ call: Call) async throws -> Response {
        let name = try call.jobName()
        try await Precondition(call.request, of: "job").guarding {
            try await call.control.deleteJob(name, ifVersion: $0)
        }
        return Response(status: .noContent)
    }

    private static func answer(_ stored: StoredJob, _ status: HTTPResponse.Status) -> Response {
        var headers: HTTPFields = [.eTag: "\"\(stored.version)\""]
        if status == .created, let name = stored.job.name { headers[.location] = "/api/jobs/\(name)" }
        var json = JSONWriter(capacity: 1024)
        json.job(stored)
        return .json(status, headers: headers, buffer: json.buffer)
    }
}
