import Foundation
import HTTPTypes
import Hummingbird
import MartletCore
import MartletEngine

/// Stored secrets. Only one route tells a value, and only to those who may read secrets.
enum SecretRoutes {
    static let routes: [Route] = [
        Route(
            .get, "/api/secrets", "List the stored secrets; values are never shown", access: .server(.admin),
            .listSecrets, list),
        Route(
            .put, "/api/secrets/{secret}", "Store a secret; If-Match or If-None-Match: * guard it",
            access: .server(.admin), .putSecret, put),
        Route(
            .get, "/api/secrets/{secret}", "Show a stored secret without its value", access: .server(.admin),
            .showSecret, show),
        Route(
            .get, "/api/secrets/{secret}/value", "Tell the value, to a token that may read secrets",
            access: .server(.read), isAudited: true, .secretValue, value),
        Route(
            .delete, "/api/secrets/{secret}", "Delete a secret; jobs that name it start no more",
            access: .server(.admin), .deleteSecret, delete),
    ]

    @Sendable private static func list(_ call: Call) async throws -> Response {
        var query = try QueryItems(call.request)
        let limit = query.int("limit", in: 1...1000).map(Int.init) ?? 50
        let cursor = query.text("cursor")
        try query.finish()
        let secrets = try await call.control.secrets(after: try cursor.map(Cursor.secret), limit: limit + 1)
        let page = secrets.prefix(limit)
        let next = secrets.count > limit ? page.last.map { Cursor.text(secretAfter: $0.name) } : nil
        return .json(headers: Paging.link(to: next, call.request)) { json in
            json.array("items", page) { json, secret in json.object { $0.members(of: secret) } }
            json.field("next", next)
        }
    }

    @Sendable private static func show(_ call: Call) async throws -> Response {
        try QueryItems(call.request).finish()
        let secret = try await call.control.secret(try call.secretName())
        if call.request.has(secret.tag) { return Response(status: .notModified, headers: [.eTag: secret.tag]) }
        return answer(secret, .ok)
    }

    @Sendable private static func put(_ call: Call) async throws -> Response {
        try QueryItems(call.request).finish()
        let name = try call.secretName()
        let new = try NewSecret(parsing: try Call.parse(try await call.jsonBytes()))
        let (secret, status) = try await Precondition(call.request, of: "secret").storing {
            try await call.control.putSecret(name, new, by: call.principal.name, ifVersion: $0)
        }
        return answer(secret, status)
    }

    @Sendable private static func delete(_ call: Call) async throws -> Response {
        try QueryItems(call.request).finish()
        let name = try call.secretName()
        try await Precondition(call.request, of: "secret").guarding {
            try await call.control.deleteSecret(name, ifVersion: $0)
        }
        return Response(status: .noContent)
    }

    @Sendable private static func value(_ call: Call) async throws -> Response {
        try QueryItems(call.request).finish()
        try call.demandSecrets()
        let name = try call.secretName()
        let value = try await call.control.secretValue(name)
        return .json { json in
            json.field("name", name)
            json.field("value", value.exposed)
        }
    }

    private static func answer(_ secret: StoredSecret, _ status: HTTPResponse.Status) -> Response {
        var headers: HTTPFields = [.eTag: secret.tag]
        if status == .created { headers[.location] = "/api/secrets/\(secret.name)" }
        return .json(status, headers: headers) { $0.members(of: secret) }
    }
}

extension Call {
    /// Refuses a token that may not read secrets.
    package func demandSecrets() throws {
        guard principal.rights.readsSecrets else {
            throw MartletError(
                .forbidden,
                "\(principal.name) may not read secrets; make a token with secretsRead: martlet token create NAME --secrets-read"
            )
        }
    }

    /// The secret's name of the path, checked before anything is done with it.
    fileprivate func secretName() throws(MartletError) -> String {
        let text = context.parameters.get("secret") ?? ""
        guard let name = text.removingPercentEncoding, Token.isValid(name) else {
            throw Problem.invalid("secret", "\(text.prefix(64)) is no name of a secret: it \(Token.rule)")
        }
        return name
    }
}

extension StoredSecret {
    fileprivate var tag: String { "\"\(version)\"" }
}

extension JSONWriter {
    fileprivate mutating func members(of secret: StoredSecret) {
        field("name", secret.name)
        field("value", Secret.placeholder)
        field("version", Optional(secret.version))
        field("description", secret.description)
        field("updatedAt", secret.updatedAt)
        field("updatedBy", secret.updatedBy)
    }
}
