import Hummingbird
import HTTPTypes
import MartletCore
import NIOCore

/// An error answer (RFC 9457), with the members of ours: `code`, `errors`, `requestId`.
struct Problem: Error {
    let code: ProblemCode
    let detail: String
    let errors: [FieldProblem]
    var headers: HTTPFields

    init(_ code: ProblemCode, _ detail: String, errors: [FieldProblem] = [], headers: HTTPFields = [:]) {
        self.code = code
        self.detail = detail
        self.errors = errors
        self.headers = headers
    }

    func response(requestID: String, path: String, traceID: String?) -> Response {
        var fields = headers
        fields[.contentType] = "application/problem+json"
        fields[.cacheControl] = "no-store"
        let body = JSONWriter.document { json in
            json.field("type", "urn:martlet:problem:\(code.rawValue)")
            json.field("title", code.title)
            json.field("status", code.status.code)
            json.field("detail", detail)
            json.field("instance", String(path.prefix(512)))
            json.field("code", code.rawValue)
            json.array("errors", errors) { json, error in
                json.object { json in
                    json.field("field", error.field)
                    json.field("problem", error.problem)
                }
            }
            json.field("requestId", requestID)
            if let traceID { json.field("traceId", traceID) }
        }
        return Response(status: code.status, headers: fields, body: ResponseBody(byteBuffer: body))
    }
}

// Problems that only HTTP has.
extension Problem {
    static let foreignAddress = Problem(
        .foreignAddress, "the listener's setting allow names the addresses that may call")

    static let unauthorised = Problem(
        .unauthorised,
        "send the header Authorization: Bearer <token> with a token in force: one made by martlet token create, or the one in admin.token in the data directory",
        headers: [.wwwAuthenticate: "Bearer realm=\"martlet\""])

    static func forbidden(_ detail: String) -> Problem { Problem(.forbidden, detail) }

    static func notFound(_ path: String) -> Problem {
        Problem(.notFound, "no route has the path \(path.prefix(200))")
    }

    static func wrongMethod(_ method: String, allowed: [String]) -> Problem {
        let list = allowed.joined(separator: ", ")
        return Problem(
            .wrongMethod, "\(method.prefix(20)) is not possible here; use \(list)", headers: [.allow: list])
    }

    static let notJSON = Problem(
        .notJSON, "send the body as application/json, not compressed, with that Content-Type")

    static let tooLarge = Problem(.tooLarge, "a body has at most 1 MiB")

    static func stale(_ detail: String) -> Problem { Problem(.stale, detail) }

    static func invalid(_ field: String, _ problem: String) -> MartletError {
        MartletError(
            .invalid, "the request is not valid", problems: [FieldProblem(field: field, problem: problem)])
    }
}
