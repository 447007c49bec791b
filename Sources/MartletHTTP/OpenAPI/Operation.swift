package import HTTPTypes
package import MartletCore

/// What the OpenAPI document says about a route, beside its method, path, summary and access.
package struct Operation: Sendable {
    /// One parameter of a path, a query or a header.
    package struct Parameter: Sendable {
        package enum Place: String, Sendable { case path, query, header }

        let place: Place
        let name: String
        let schema: Schema
        /// Several values in one text, with commas between them.
        var isJoined = false

        package static func path(_ name: String, _ schema: Schema) -> Parameter {
            Parameter(place: .path, name: name, schema: schema)
        }
        package static func query(_ name: String, _ schema: Schema, isJoined: Bool = false) -> Parameter {
            Parameter(place: .query, name: name, schema: schema, isJoined: isJoined)
        }
        package static func header(_ name: String, _ schema: Schema) -> Parameter {
            Parameter(place: .header, name: name, schema: schema)
        }
    }

    package struct Body: Sendable {
        let schema: Schema
        let isRequired: Bool
        let contentType: String

        package init(_ schema: Schema, isRequired: Bool = true, contentType: String = "application/json") {
            self.schema = schema
            self.isRequired = isRequired
            self.contentType = contentType
        }
    }

    /// An answer that is no problem.
    package struct Answer: Sendable {
        let status: HTTPResponse.Status
        let description: String
        /// Nil: no body.
        let content: (type: String, schema: Schema)?
        /// The same may come as server-sent events.
        private(set) var isStreamed = false
        /// The same status may come with plain text.
        private(set) var isText = false
        let headers: [AnswerHeader]

        package init(
            _ status: HTTPResponse.Status, _ description: String, _ schema: Schema, headers: [AnswerHeader] = [],
            type: String = "application/json"
        ) {
            self.status = status
            self.description = description
            content = (type, schema)
            self.headers = headers
        }

        package init(_ status: HTTPResponse.Status, _ description: String, headers: [AnswerHeader] = []) {
            self.status = status
            self.description = description
            content = nil
            self.headers = headers
        }

        package var orText: Answer {
            var answer = self
            answer.isText = true
            return answer
        }

        package var orStream: Answer {
            var answer = self
            answer.isStreamed = true
            return answer
        }
    }

    /// A request that is answered with `status` on a server that has the samples; a test sends it.
    package struct Example: Sendable {
        let name: String
        /// By the names of the parameters.
        let parameters: [String: JSONValue]
        let body: JSONValue?
        let status: HTTPResponse.Status
        let answer: JSONValue?

        package init(
            _ name: String, _ parameters: [String: JSONValue] = [:], body: JSONValue? = nil,
            _ status: HTTPResponse.Status, answer: JSONValue? = nil
        ) {
            self.name = name
            self.parameters = parameters
            self.body = body
            self.status = status
            self.answer = answer
        }

        package init(_ name: String, _ status: HTTPResponse.Status, answer: JSONValue? = nil) {
            self.init(name, [:], status, answer: answer)
        }
    }

    let id: String
    let tag: String
    let parameters: [Parameter]
    let body: Body?
    let answers: [Answer]
    /// Those that not every route of its kind has.
    let problems: [ProblemCode]
    let examples: [Example]

    package init(
        _ id: String, tag: String, parameters: [Parameter] = [], body: Body? = nil, answers: [Answer],
        problems: [ProblemCode] = [], examples: [Example]
    ) {
        self.id = id
        self.tag = tag
        self.parameters = parameters
        self.body = body
        self.answers = answers
        self.problems = problems
        self.examples = examples
    }
}

/// Headers of answers that clients may rely on.
package enum AnswerHeader: String, Sendable, CaseIterable {
    case eTag = "ETag"
    case location = "Location"
    case link = "Link"
    case idempotentReplayed = "Idempotent-Replayed"
    case preferenceApplied = "Preference-Applied"
    case run = "X-Martlet-Run"
    case joined = "X-Martlet-Joined"

    var meaning: String {
        switch self {
        case .eTag: "Names this version of what is shown"
        case .location: "Path of what was made"
        case .link: "The next page, with rel=\"next\""
        case .idempotentReplayed: "true: the answer was given before"
        case .preferenceApplied: "wait: the Prefer header was understood"
        case .run: "Id of the run behind this answer"
        case .joined: "Those of the ids that stand for runs which were under way already"
        }
    }
}

/// One method of one path, described.
package struct DescribedRoute: Sendable {
    let method: HTTPRequest.Method
    let path: String
    let summary: String
    /// Nil: open to anybody.
    let role: Rights.Role?
    /// Listeners that do not ask for tokens serve it to anybody.
    let needsToken: Bool
    let operation: Operation
    /// Problems that every route of its kind has.
    let common: [ProblemCode]

    /// A route of a facade: `role` as its ``Facade/role(for:_:)`` says.
    package init(
        legacy method: HTTPRequest.Method, _ path: String, _ summary: String, role: Rights.Role?, _ operation: Operation
    ) {
        self.method = method
        self.path = path
        self.summary = summary
        self.role = role
        self.operation = operation
        needsToken = false
        common = ProblemCode.ofEveryRoute + (role == nil ? [] : [.unauthorised, .forbidden])
    }

    init(_ route: Route) {
        self.init(route.method, route.path, route.summary, access: route.access, route.operation)
    }

    /// A native route.
    init(
        _ method: HTTPRequest.Method, _ path: String, _ summary: String, access: Route.Access, _ operation: Operation
    ) {
        self.method = method
        self.path = path
        self.summary = summary
        role = access.role
        self.operation = operation
        needsToken = true
        var common = ProblemCode.ofEveryRoute
        if role != nil { common += [.unauthorised, .forbidden] }
        if access != .open { common += [.invalid, .internal, .unavailable] }
        if operation.body != nil { common += [.notJSON, .tooLarge] }
        switch access {
        case .run, .job, .schedule: common.append(.notFound)
        case .open, .covered, .server: break
        }
        self.common = common
    }
}
