import Foundation
import HTTPTypes
import Hummingbird
import MartletCore
import MartletEngine

/// Making, listing and revoking tokens.
struct TokenRoutes: Sendable {
    let tokens: Tokens

    var routes: [Route] {
        [
            Route(
                .get, "/api/tokens", "List the tokens; their secrets are never shown", access: .server(.admin),
                .listTokens, list),
            Route(
                .post, "/api/tokens", "Make a token; its secret is in this answer and nowhere else",
                access: .server(.admin), .createToken, create),
            Route(
                .delete, "/api/tokens/{token}", "Revoke a token by id or name", access: .server(.admin), .revokeToken,
                revoke),
        ]
    }

    @Sendable private func list(_ call: Call) async throws -> Response {
        try QueryItems(call.request).finish()
        let now = call.control.now()
        return .json { json in
            json.array("items", tokens.list()) { json, token in json.object { $0.members(of: token, at: now) } }
        }
    }

    @Sendable private func create(_ call: Call) async throws -> Response {
        try QueryItems(call.request).finish()
        let wish = try NewToken(parsing: try Call.parse(try await call.jsonBytes()))
        guard !wish.rights.readsSecrets || call.principal.rights.readsSecrets else {
            throw Problem.forbidden("\(call.principal.name) may not read secrets, and cannot give that right")
        }
        let (token, secret) = try await tokens.create(wish, by: call.principal)
        return .json(.created, headers: [.location: "/api/tokens/\(token.id)"]) { json in
            json.members(of: token, at: call.control.now())
            json.field("token", secret.exposed)
        }
    }

    @Sendable private func revoke(_ call: Call) async throws -> Response {
        try QueryItems(call.request).finish()
        let name = call.context.parameters.get("token") ?? ""
        let token = try await tokens.revoke(name.removingPercentEncoding ?? name)
        return .json { $0.members(of: token, at: call.control.now()) }
    }
}

extension JSONWriter {
    fileprivate mutating func members(of token: AccessToken, at now: Date) {
        field("id", token.id)
        field("name", token.name)
        field("state", token.state(at: now).rawValue)
        field("role", token.rights.role.rawValue)
        array("jobs", token.rights.jobs) { $0.value($1.description) }
        object("labels") { json in
            for (name, pattern) in token.rights.labels.sorted(by: { $0.key < $1.key }) {
                json.field(name, pattern.description)
            }
        }
        field("secretsRead", token.rights.readsSecrets)
        field("createdAt", token.createdAt)
        field("createdBy", token.createdBy)
        field("expiresAt", token.expiresAt)
        field("lastUsedAt", token.lastUsedAt)
        field("revokedAt", token.revokedAt)
    }
}
