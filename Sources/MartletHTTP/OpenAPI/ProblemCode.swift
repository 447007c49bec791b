package import HTTPTypes
package import MartletCore

/// Every `code` that a problem can have. They are stable: programs decide by them.
package enum ProblemCode: String, Sendable, CaseIterable {
    case invalid, unauthorised, forbidden, foreignAddress, foreignSite, notFound, wrongMethod, conflict, stale, tooLarge
    case notJSON, range, wrongHost, mismatch, tooMany, `internal`, unavailable

    package init(_ code: MartletError.Code) {
        switch code {
        case .invalid: self = .invalid
        case .notFound: self = .notFound
        case .conflict: self = .conflict
        case .stale: self = .stale
        case .mismatch: self = .mismatch
        case .unauthorised: self = .unauthorised
        case .forbidden: self = .forbidden
        case .unavailable: self = .unavailable
        case .internal: self = .internal
        }
    }

    package var status: HTTPResponse.Status {
        switch self {
        case .invalid: .badRequest
        case .unauthorised: .unauthorized
        case .forbidden, .foreignAddress, .foreignSite: .forbidden
        case .notFound: .notFound
        case .wrongMethod: .methodNotAllowed
        case .conflict: .conflict
        case .stale: .preconditionFailed
        case .tooLarge: .contentTooLarge
        case .notJSON: .unsupportedMediaType
        case .range: .rangeNotSatisfiable
        case .wrongHost: .misdirectedRequest
        case .mismatch: .unprocessableContent
        case .tooMany: .tooManyRequests
        case .internal: .internalServerError
        case .unavailable: .serviceUnavailable
        }
    }

    var title: String {
        switch self {
        case .invalid: "The request is not valid"
        case .unauthorised: "A token is needed"
        case .forbidden: "This token may not do that"
        case .foreignAddress: "This address is not let in"
        case .foreignSite: "A foreign site asked"
        case .notFound: "There is no such thing"
        case .wrongMethod: "This path has other methods"
        case .conflict: "It clashes with what is there"
        case .stale: "It was changed by somebody else"
        case .tooLarge: "The body is too large"
        case .notJSON: "The body must be JSON"
        case .range: "The range is outside of the log"
        case .wrongHost: "This server has another name"
        case .mismatch: "The idempotency key was used with another request"
        case .tooMany: "Too many requests"
        case .internal: "The server failed"
        case .unavailable: "Not now"
        }
    }

    /// What stands before every route.
    static let ofEveryRoute: [ProblemCode] = [.foreignAddress, .foreignSite, .wrongHost, .tooMany]
}
