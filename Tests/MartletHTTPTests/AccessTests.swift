import AsyncHTTPClient
import Foundation
import MartletCore
import MartletEngine
import NIOHTTP1
import Testing

@testable import MartletHTTP

/// Every route × every kind of caller × own and foreign objects.
@Suite struct AccessTests {
    /// What each route is meant to ask for; written here once more, so that no route changes its rule unseen.
    private static let rules: [String: Route.Access] = [
        "GET /livez": .open, "GET /readyz": .open, "GET /version": .open,
        "POST /api/runs": .covered(.run), "GET /api/runs": .covered(.read),
        "GET /api/runs/{id}": .run(.read), "POST /api/runs/{id}/stop": .run(.run),
        "POST /api/runs/{id}/rerun": .run(.run), "POST /api/runs/{id}/pause": .run(.run),
        "POST /api/runs/{id}/resume": .run(.run), "GET /api/runs/{id}/log": .run(.read),
        "HEAD /api/runs/{id}/log": .run(.read), "GET /api/runs/{id}/lines": .run(.read),
        "GET /api/runs/{id}/events": .run(.read), "GET /api/events": .covered(.read),
        "GET /api/jobs": .covered(.read), "PUT /api/jobs/{name}": .server(.admin),
        "GET /api/jobs/{name}": .job(.read), "DELETE /api/jobs/{name}": .server(.admin),
        "GET /api/tokens": .server(.admin), "POST /api/tokens": .server(.admin),
        "DELETE /api/tokens/{token}": .server(.admin),
        "GET /api/secrets": .server(.admin), "PUT /api/secrets/{secret}": .server(.admin),
        "GET /api/secrets/{secret}": .server(.admin), "DELETE /api/secrets/{secret}": .server(.admin),
        "GET /api/secrets/{secret}/value": .server(.read),
        "GET /api/openapi.json": .covered(.read), "GET /metrics": .server(.read),
        "GET /api/notices": .covered(.read), "GET /api/notices/{notice}": .covered(.read),
        "GET /api/notices/channels": .server(.read), "POST /api/notices/test": .server(.admin),
        "POST /api/notices/{notice}/retry": .server(.admin),
        "GET /api/audit": .server(.admin), "GET /api/audit/verify": .server(.admin),
        "GET /api/calendars": .covered(.read), "GET /api/figures": .covered(.read),
        "GET /api/fires": .covered(.read), "GET /api/settings": .server(.admin),
        "GET /api/session": .covered(.read), "POST /api/session": .open,
        "PUT /api/session": .covered(.read), "DELETE /api/session": .covered(.read),
        "POST /api/login-links": .covered(.read),
        "GET /api/schedules": .covered(.read), "POST /api/schedules": .covered(.run),
        "POST /api/schedules/preview": .covered(.read), "GET /api/schedules/{schedule}": .schedule(.read),
        "PUT /api/schedules/{schedule}": .covered(.run), "PATCH /api/schedules/{schedule}": .schedule(.run),
        "DELETE /api/schedules/{schedule}": .schedule(.run), "POST /api/schedules/{schedule}/pause": .schedule(.run),
        "POST /api/schedules/{schedule}/resume": .schedule(.run),
        "GET /api/schedules/{schedule}/next": .schedule(.read),
        "GET /api/schedules/{schedule}/fires": .schedule(.read), "POST /api/schedules/{schedule}/run": .schedule(.run),
        "POST /api/schedules/{schedule}/backfill": .schedule(.run), "GET /ping/{schedule}": .schedule(.run),
        "POST /ping/{schedule}": .schedule(.run), "GET /ping/{schedule}/{signal}": .schedule(.run),
        "POST /ping/{schedule}/{signal}": .schedule(.run),
    ]

    private struct Caller {
        let name: String
        var authorization = ""
        /// Nil: nobody.
        var rights: Rights?
    }

    @Test func `every route has the rule that is meant`() async throws {
        let api = try await LiveAPI()
        let found = Dictionary(uniqueKeysWithValues: api.routes.map { ("\($0.method) \($0.path)", $0.access) })
        for (route, access) in found { #expect(Self.rules[route] == access, "\(route)") }
        for route in Self.rules.keys { #expect(found[route] != nil, "\(route) is gone") }
    }

    @Test func `callers get what their rights reach`() async throws {
        let api = try await LiveAPI()
        let callers = try await callers(api)
        for name in Self.rules.keys.sorted() {
            for isOwn in [true, false] {
                var path = try await path(of: name, isOwn: isOwn, api)
                // What waits for pings starts no job: a token for some jobs has no part in it.
                let isOwnJob = isOwn && !name.contains(" /ping/")
                for caller in callers {
                    let isOwn = caller.rights?.jobs.isEmpty == false ? isOwnJob : isOwn
                    let status = try await status(of: name, path, caller, api)
                    guard isExpected(status, name, caller, isOwn: isOwn) else {
                        Issue.record("\(name) of \(isOwn ? "an own" : "a foreign") object by \(caller.name): \(status)")
                        continue
                    }
                    // What was allowed may have changed or removed the object.
                    if status < 400 { path = try await self.path(of: name, isOwn: isOwn, api) }
                }
            }
        }
    }

    /// The route's path with an object that is there.
    private func path(of name: String, isOwn: Bool, _ api: LiveAPI) async throws -> String {
        let pattern = String(name.split(separator: " ")[1])
        let (job, label) = isOwn ? ("own-a", "db") : ("foreign", "web")
        let definition = #"{"tasks":[{"name":"t","command":["true"]}],"labels":{"team":"\#(label)"}}"#
        #expect(try await api.call("PUT", "/api/jobs/\(job)", body: definition).status < 300)
        #expect(try await api.call("PUT", "/api/secrets/word", body: #"{"value":"correct horse"}"#).status < 300)
        try await makeSchedule(job, watching: pattern.hasPrefix("/ping/"), label, api)
        var id = ""
        if pattern.contains("{id}") {
            id = try await api.submit(#"{"job":"\#(job)"}"#)
            _ = try await api.ended(id)
        }
        return pattern.replacing("{id}", with: id).replacing("{name}", with: job).replacing("{token}", with: "nobody")
            .replacing("{secret}", with: "word").replacing("{notice}", with: "1")
            .replacing("{schedule}", with: job).replacing("{signal}", with: "start")
    }

    private func makeSchedule(_ job: String, watching: Bool, _ label: String, _ api: LiveAPI) async throws {
        let work = watching ? #""watch":true"# : #""job":"\#(job)""#
        let definition = #"{\#(work),"every":"1h","labels":{"team":"\#(label)"},"overlap":"allow"}"#
        #expect(try await api.call("PUT", "/api/schedules/\(job)", body: definition).status < 300)
    }

    private func status(of name: String, _ path: String, _ caller: Caller, _ api: LiveAPI) async throws -> Int {
        Int(try await api.head(String(name.split(separator: " ")[0]), path, caller.authorization).status.code)
    }

    private func isExpected(_ status: Int, _ name: String, _ caller: Caller, isOwn: Bool) -> Bool {
        guard let rule = Self.rules[name] else { return false }
        var wanted = Self.expected(caller.rights, rule, isOwn: isOwn)
        // The one right beside the role.
        if wanted == 200, name.hasSuffix("/value"), caller.rights?.readsSecrets != true { wanted = 403 }
        if wanted != 200 { return status == wanted }
        return ![401, 403].contains(status) && (status != 404 || name.hasSuffix("{token}") || name.contains("{notice}"))
    }

    /// 200 stands for whatever the route does for those who may call it.
    private static func expected(_ rights: Rights?, _ rule: Route.Access, isOwn: Bool) -> Int {
        guard let role = rule.role else { return 200 }
        guard let rights else { return 401 }
        if rights.role < role { return 403 }
        guard rights.isRestricted else { return 200 }
        switch rule {
        case .server: return 403
        case .run, .job, .schedule: return isOwn ? 200 : 404
        case .open, .covered: return 200
        }
    }

    private func callers(_ api: LiveAPI) async throws -> [Caller] {
        var callers = [
            Caller(name: "nobody"), Caller(name: "wrong", authorization: "Bearer \(LiveAPI.token.dropLast())0"),
            Caller(name: "admin.token", authorization: "Bearer \(LiveAPI.token)", rights: .all),
        ]
        let own = try #require(NamePattern("own-*"))
        let db = try #require(NamePattern("d*"))
        for role in Rights.Role.allCases { callers.append(try await caller(api, Rights(role: role))) }
        callers.append(try await caller(api, Rights(role: .read, readsSecrets: true)))
        for role in [Rights.Role.read, .run] {
            callers.append(try await caller(api, Rights(role: role, jobs: [own])))
            callers.append(try await caller(api, Rights(role: role, labels: ["team": db])))
        }
        var revoked = try await caller(api, .all)
        for token in api.tokens.list() where token.name == revoked.name { _ = try await api.tokens.revoke(token.id) }
        revoked.rights = nil
        var expired = try await caller(api, .all, expiresIn: "1ms")
        expired.rights = nil
        return callers + [revoked, expired]
    }

    private func caller(_ api: LiveAPI, _ rights: Rights, expiresIn: String = "1h") async throws -> Caller {
        let name = "\(rights.role)-\(rights.isRestricted)-\(UUID())"
        let wish = try NewToken(parsing: [
            "name": .string(name), "role": .string(rights.role.rawValue), "expiresIn": .string(expiresIn),
            "jobs": .array(rights.jobs.map { .string($0.description) }),
            "labels": .object(rights.labels.mapValues { .string($0.description) }),
            "secretsRead": .bool(rights.readsSecrets),
        ])
        let secret = try await api.tokens.create(wish, by: .admin).secret
        return Caller(name: name, authorization: "Bearer \(secret.exposed)", rights: rights)
    }
}
