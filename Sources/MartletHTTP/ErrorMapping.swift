import HTTPTypes
import Hummingbird
import Logging
import MartletCore
import NIOCore

/// The one place where errors become HTTP.
enum ErrorMapping {
    static func status(of code: MartletError.Code) -> HTTPResponse.Status {
        switch code {
        case .invalid: .badRequest
        case .notFound: .notFound
        case .conflict: .conflict
        case .mismatch: .unprocessableContent
        case .unauthorised: .unauthorized
        case .forbidden: .forbidden
        case .unavailable: .serviceUnavailable
        case .internal: .internalServerError
        }
    }

    private static func title(of code: MartletError.Code) -> String {
        switch code {
        case .invalid: "The request is not valid"
        case .notFound: "There is no such thing"
        case .conflict: "It clashes with what is there"
        case .mismatch: "The idempotency key was used with another request"
        case .unauthorised: "A token is needed"
        case .forbidden: "This token may not do that"
        case .unavailable: "Not now"
        case .internal: "The server failed"
        }
    }

    /// Internal errors are logged here and answered without their cause.
    static func problem(for error: any Error, logger: Logger) -> Problem {
        switch error {
        case let problem as Problem: return problem
        case let error as MartletError where error.code == .internal: return fault(error, logger)
        case let error as MartletError: return problem(for: error)
        case is NIOTooManyBytesError: return .tooLarge
        case is CancellationError:
            return problem(for: MartletError(.unavailable, "the server is shutting down"))
        default: return fault(error, logger)
        }
    }

    private static func problem(for error: MartletError) -> Problem {
        var problem = Problem(
            status: status(of: error.code), code: error.code.rawValue, title: title(of: error.code),
            detail: error.message, errors: error.problems)
        if error.code == .unavailable { problem.headers[.retryAfter] = "5" }
        if error.code == .unauthorised { problem.headers[.wwwAuthenticate] = "Bearer realm=\"martlet\"" }
        return problem
    }

    private static func fault(_ error: any Error, _ logger: Logger) -> Problem {
        let cause = (error as? MartletError)?.cause.map { "; cause: \($0)" } ?? ""
        logger.error("request failed", metadata: ["error": "\(error)\(cause)"])
        return Problem(
            status: .internalServerError, code: MartletError.Code.internal.rawValue,
            title: title(of: .internal), detail: "the server's log has the cause under this request id")
    }
}
