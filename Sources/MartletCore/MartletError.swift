/// What a caller can act on. A failing *task* is never one of these: it is a ``TaskExit``.
package struct MartletError: Error, Sendable, CustomStringConvertible {
    package enum Code: String, Sendable, CaseIterable {
        /// The request is wrong; `problems` names each field and its fix.
        case invalid
        /// Nothing has that id or name.
        case notFound
        /// It clashes with what is there: a live key, a job version, an illegal transition.
        case conflict
        /// It is not the version that the caller named.
        case stale
        /// An idempotency key came again with another body.
        case mismatch
        /// The caller did not say who it is.
        case unauthorised
        /// The caller is known, and may not do this.
        case forbidden
        /// The server cannot take it now: disk full, too many waiters, shutting down.
        case unavailable
        /// Our own fault; the log has the cause.
        case `internal`
    }

    package let code: Code
    package let message: String
    /// One entry per wrong field; empty for errors that are not about fields.
    package let problems: [FieldProblem]
    package let cause: (any Error)?

    package init(
        _ code: Code, _ message: String, problems: [FieldProblem] = [], cause: (any Error)? = nil
    ) {
        self.code = code
        self.message = message
        self.problems = problems
        self.cause = cause
    }

    package var description: String {
        let fields = problems.map(\.description).joined(separator: "; ")
        return fields.isEmpty ? message : "\(message): \(fields)"
    }
}

/// A wrong field of a request or a file: where it is, what is wrong, what to write instead.
package struct FieldProblem: Sendable, Hashable, Codable, CustomStringConvertible {
    /// Dotted path from the document's root, `tasks[0].timeout`; empty for the document itself.
    package let field: String
    package let problem: String

    package init(field: String, problem: String) {
        self.field = field
        self.problem = problem
    }

    package var description: String { field.isEmpty ? problem : "\(field): \(problem)" }
}
