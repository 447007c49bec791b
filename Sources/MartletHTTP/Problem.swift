import Hummingbird
import HTTPTypes
import MartletCore
import NIOCore

/// An error answer (RFC 9457), with the members of ours: `code`, `errors`, `requestId`.
struct Problem: Error {
    var status: HTTPResponse.Status
    /// Stable word for programs.
    var code: String
    var title: String
    var detail: String
    var errors: [FieldProblem] = []
    var headers: HTTPFields = [:]

    func response(requestID: String, path: String) -> Response {
        var fields = headers
        fields[.contentType] = "application/problem+json"
        fields[.cacheControl] = "no-store"
        let body = JSONWriter.document { json in
            json.field("type", "urn:martlet:problem:\(code)")
            json.field("title", title)
            json.field("status", status.code)
            json.field("detail", detail)
            json.field("instance", String(path.prefix(512)))
            json.field("code", code)
            json.array("errors", errors) { json, error in
                json.object { json in
                    json.field("field", error.field)
                    json.field("problem", error.problem)
                }
            }
            json.field("requestId", requestID)
        }
        return Response(status: status, headers: fields, body: ResponseBody(byteBuffer: body))
    }
}

// Problems that only HTTP has.
extension Problem {
    static let foreignAddress = Problem(
        status: .forbidden, code: "foreignAddress", title: "This address is not let in",
        detail: "the listener's setting allow names the addresses that may call")

    static let unauthorised = Problem(
        status: .unauthorized, code: "unauthorised", title: "A token is needed",
        detail:
            "send the header Authorization: Bearer <token> with a token in force: one made by martlet token create, or the one in admin.token in the data directory",
        headers: [.wwwAuthenticate: "Bearer realm=\"martlet\""])

    static func forbidden(_ detail: String) -> Problem {
        Problem(
            status: .forbidden, code: MartletError.Code.forbidden.rawValue, title: "This token may not do that",
            detail: detail)
    }

    static func notFound(_ path: String) -> Problem {
        Problem(
            status: .notFound, code: "notFound", title: "There is nothing here",
            detail: "no route has the path \(path.prefix(200))")
    }

    static func wrongMethod(_ method: String, allowed: [String]) -> Problem {
        Problem(
            status: .methodNotAllowed, code: "wrongMethod", title: "This path has other methods",
            detail: "\(method.prefix(20)) is not possible here; use \(allowed.joined(separator: ", "))",
            headers: [.allow: allowed.joined(separator: ", ")])
    }

    static let notJSON = Problem(
        status: .unsupportedMediaType, code: "notJSON", title: "The body must be JSON",
        detail: "send the body as application/json, not compressed, with that Content-Type")

    static let tooLarge = Problem(
        status: .contentTooLarge, code: "tooLarge", title: "The body is too large",
        detail: "a body has at most 1 MiB")

    static func stale(_ detail: String) -> Problem {
        Problem(
            status: .preconditionFailed, code: "stale", title: "It was changed by somebody else", detail: detail)
    }

    static func invalid(_ field: String, _ problem: String) -> MartletError {
        MartletError(
            .invalid, "the request is not valid", problems: [FieldProblem(field: field, problem: problem)])
    }
}
