import Foundation
import HTTPTypes
import Hummingbird
package import MartletCore
import MartletEngine

/// Logging in and out with a browser.
struct SessionRoutes: Sendable {
    static let path = "/api/session"

    let tokens: Tokens
    let version: String

    var routes: [Route] {
        [
            Route(
                .get, Self.path, "Tell who calls, what they may do, and what is served here", access: .covered(.read),
                .showSession, show),
            Route(
                .post, Self.path, "Log a browser in with a token or a link; its cookie is in the answer",
                access: .open, .createSession, logIn),
            Route(
                .put, Self.path, "Tell that somebody is at the browser: its idle time begins anew",
                access: .covered(.read), isAudited: false, .useSession, use),
            Route(.delete, Self.path, "Log the browser out", access: .covered(.read), .deleteSession, logOut),
            Route(
                .post, "/api/login-links", "Make a link that logs one browser in as the caller",
                access: .covered(.read), .createLoginLink, link),
        ]
    }

    @Sendable private func show(_ call: Call) async throws -> Response {
        try QueryItems(call.request).finish()
        return .json { self.members(of: call.principal, call, &$0) }
    }

    @Sendable private func logIn(_ call: Call) async throws -> Response {
        try QueryItems(call.request).finish()
        let cookie = try cookie(call)
        let wish = try Call.parse(try await call.jsonBytes())
        guard call.request.hasConsoleMark else {
            throw Problem.forbidden("a browser logs in with the header X-Martlet-Console: 1")
        }
        guard let login = try await newSession(wish, call) else {
            throw MartletError(
                .invalid, "this does not log in",
                problems: [FieldProblem(field: "token", problem: "is not in force, or the link was used or is too old")]
            )
        }
        // Nobody needs the one before, and nobody else is to have it.
        if case .session(let old) = call.context.credential { try await tokens.sessions.end(old) }
        return .json(.created, headers: [.setCookie: cookie.holding(login)]) { json in
            self.members(of: login.principal, call, &json)
            json.field("mark", tokens.sessions.mark(of: login.secret))
        }
    }

    /// That the call came is the use.
    @Sendable private func use(_ call: Call) async throws -> Response {
        try QueryItems(call.request).finish()
        try await call.refuseBody()
        return Response(status: .noContent)
    }

    /// By what the body names, else by the token of the call itself.
    private func newSession(_ wish: JSONValue, _ call: Call) async throws -> Tokens.Login? {
        let problems = Fields.Problems()
        var fields = Fields(wish, problems: problems)
        let (token, link) = (fields.string("token"), fields.string("link"))
        if token != nil, link != nil { fields.problem("link", "cannot be joined with token") }
        fields.finish()
        try problems.check("the login")
        if let link { return try await tokens.logIn(link: Secret(link)) }
        if let token { return try await tokens.logIn(token: Secret(token.trimming(" \n\r\t"))) }
        guard let token = call.request.presentedToken else {
            throw Problem.invalid("token", "is missing: the token to log in with")
        }
        return try await tokens.logIn(token: token)
    }

    @Sendable private func logOut(_ call: Call) async throws -> Response {
        try QueryItems(call.request).finish()
        let cookie = try cookie(call)
        if case .session(let secret) = call.context.credential { try await tokens.sessions.end(secret) }
        return Response(status: .noContent, headers: [.setCookie: cookie.cleared])
    }

    @Sendable private func link(_ call: Call) async throws -> Response {
        try QueryItems(call.request).finish()
        try await call.refuseBody()
        guard let link = call.context.credential.flatMap(tokens.link) else { throw Problem.unauthorised }
        return .json(.created) { json in
            json.field("path", ConsolePath.login(link.secret))
            json.field("expiresAt", link.expiresAt)
        }
    }

    private func cookie(_ call: Call) throws(Problem) -> SessionCookie {
        guard call.context.facades.contains(.console) else {
            throw Problem(.conflict, "this listener serves no console: log in where its facades name it")
        }
        return call.context.cookie
    }

    private func members(of principal: Principal, _ call: Call, _ json: inout JSONWriter) {
        json.field("name", principal.name)
        json.field("role", principal.rights.role.rawValue)
        json.array("jobs", principal.rights.jobs) { $0.value($1.description) }
        json.object("labels") { json in
            for (name, pattern) in principal.rights.labels.sorted(by: { $0.key < $1.key }) {
                json.field(name, pattern.description)
            }
        }
        json.field("secretsRead", principal.rights.readsSecrets)
        json.array("facades", call.context.facades.map(\.rawValue).sorted()) { $0.value($1) }
        json.field("zone", TimeZone.current.identifier)
        json.field("idleSeconds", Optional(tokens.sessions.idle.milliseconds / 1000))
        json.field("version", version)
        json.field("at", call.control.now())
    }
}

/// Paths of the console that others lead to.
package enum ConsolePath {
    /// The part after `#` never reaches a server, nor its log.
    package static func login(_ link: Secret) -> String { "/console/login#\(link.exposed)" }
}
