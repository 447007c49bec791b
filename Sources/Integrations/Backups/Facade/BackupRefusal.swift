import GoWire
import HTTPTypes
import Hummingbird
import MartletCore
import MartletHTTP

/// Why a call of the facade is not served: `{"error": {"code", "message", "details"}}`.
struct BackupRefusal: Error {
    let status: HTTPResponse.Status
    let code: String
    let message: String
    var details: [(String, WireValue)] = []

    init(_ status: HTTPResponse.Status, _ code: String, _ message: String, _ details: [(String, WireValue)] = []) {
        self.status = status
        self.code = code
        self.message = message
        self.details = details
    }

    /// What the rest of the house says, under the native API's codes: `notFound` is `not_found` here.
    init(_ code: ProblemCode, _ message: String) {
        let word = code.rawValue.map { $0.isUppercase ? "_\($0.lowercased())" : String($0) }.joined()
        self.init(code.status, word, message)
    }

    init(_ error: MartletError) {
        if error.isNodeDown {
            self.init(.serviceUnavailable, "node_down", error.message)
            return
        }
        self.init(ProblemCode(error.code), error.message)
        if !error.problems.isEmpty {
            details = [
                (
                    "fields",
                    .array(
                        error.problems.map {
                            .object([("field", .string($0.field)), ("problem", .string($0.problem))])
                        })
                )
            ]
        }
    }

    var response: Response {
        .wire(
            status,
            .object([
                (
                    "error",
                    .object([
                        ("code", .string(code)), ("message", .string(message)), ("details", .object(details)),
                    ])
                )
            ]))
    }
}

extension BackupRefusal {
    /// A path that is none, or leads elsewhere.
    static func badPath(_ path: String, _ problem: String) -> BackupRefusal {
        BackupRefusal(.badRequest, "bad_path", "the path \(problem)", [("path", .string(String(path.prefix(200))))])
    }

    static func invalid(_ field: String, _ problem: String) -> BackupRefusal {
        BackupRefusal(.badRequest, "invalid", "\(field) \(problem)", [("field", .string(field))])
    }

    static func noBackup(_ name: String, of proc: String) -> BackupRefusal {
        BackupRefusal(.notFound, "backup_not_found", "\(proc) has no backup \(name.prefix(200))")
    }
}

extension Response {
    static func wire(_ status: HTTPResponse.Status, _ value: WireValue) -> Response {
        Response(status, "application/json; charset=UTF-8", WireWriter.bytes(value))
    }

    /// What the replaced system says of a path that it does not know.
    static var unknownRoute: Response { .wire(.notFound, .object([("msg", "404 not found")])) }

    /// The id of a run that was started.
    static func record(_ id: RecordID) -> Response {
        var response = wire(.ok, .string(id.description))
        response.headers[.run] = id.run?.description
        return response
    }
}
