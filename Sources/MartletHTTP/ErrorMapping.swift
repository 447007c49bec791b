import HTTPTypes
import Hummingbird
import Logging
import MartletCore
import NIOCore

/// The one place where errors become HTTP.
enum ErrorMapping {
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
        var problem = Problem(ProblemCode(error.code), error.message, errors: error.problems)
        if error.code == .unavailable { problem.headers[.retryAfter] = "5" }
        if error.code == .unauthorised { problem.headers[.wwwAuthenticate] = "Bearer realm=\"martlet\"" }
        return problem
    }

    private static func fault(_ error: any Error, _ logger: Logger) -> Problem {
        let cause = (error as? MartletError)?.cause.map { "; cause: \($0)" } ?? ""
        logger.error("request failed", metadata: ["error": "\(error)\(cause)"])
        return Problem(.internal, "the server's log has the cause under this request id")
    }
}
