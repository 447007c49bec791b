import Foundation
import MartletCore
import Testing

/// Every native route of clusters × every role × own and foreign clusters.
@Suite struct ClusterAccessTests {
    /// The least role that each asks for; written here once more, so that no route changes its rule unseen.
    static let rules: [String: String] = [
        "GET /api/clusters": "read", "POST /api/clusters": "admin", "GET /api/clusters/{cluster}": "read",
        "PUT /api/clusters/{cluster}": "admin", "DELETE /api/clusters/{cluster}": "admin",
        "POST /api/clusters/{cluster}/cancel": "admin", "GET /api/clusters/{cluster}/passwords": "read",
        "GET /api/clusters/{cluster}/versions": "read", "GET /api/clusters/{cluster}/versions/{version}": "read",
        "POST /api/clusters/{cluster}/versions/{version}/restore": "admin", "GET /api/clusters/{cluster}/diff": "read",
        "POST /api/clusters/{cluster}/deploy": "run", "POST /api/clusters/{cluster}/start": "run",
        "POST /api/clusters/{cluster}/stop": "run", "POST /api/clusters/{cluster}/check": "run",
        "POST /api/clusters/{cluster}/retry": "run",
        "GET /api/cluster-hosts": "read", "POST /api/cluster-hosts": "admin", "GET /api/cluster-hosts/{host}": "read",
        "PUT /api/cluster-hosts/{host}": "admin", "DELETE /api/cluster-hosts/{host}": "admin",
        "GET /api/cluster-templates": "read", "POST /api/cluster-templates": "admin",
        "GET /api/cluster-templates/{template}": "read", "PUT /api/cluster-templates/{template}": "admin",
        "DELETE /api/cluster-templates/{template}": "admin",
    ]
    private static let roles = ["read", "run", "admin"]

    @Test func `callers get what their rights reach`() async throws {
        let site = try await ClusterSite()
        let (own, foreign) = (try await site.create("own"), try await site.create("foreign"))
        let paths = try await site.server.call(.GET, "/api/openapi.json").json["paths"].object ?? [:]
        let found = paths.filter { $0.key.hasPrefix("/api/cluster") }.flatMap { path, methods in
            (methods.object ?? [:]).keys.filter { $0 != "parameters" }.map { "\($0.uppercased()) \(path)" }
        }
        #expect(Set(found) == Set(Self.rules.keys))
        for (route, least) in Self.rules.sorted(by: { $0.key < $1.key }) {
            #expect(try await status(site, route, own, "nobody") == 401, "\(route)")
            let isOfServer = !route.contains("/api/clusters")
            for role in Self.roles where role != "admin" {
                // Bound tokens: the own cluster, and never what is the whole server's.
                let bound = try await token(site, role, ["clusters/name": "own"])
                let isAllowed = Self.roles.drop { $0 != least }.contains(role)
                let status = try await status(site, route, own, bound)
                let wanted = isAllowed && !isOfServer && !route.hasSuffix("/passwords")
                #expect(
                    wanted ? status < 400 || [400, 409].contains(status) : status == 403, "\(route) \(role) \(status)")
                if wanted, route != "GET /api/clusters" {
                    #expect(try await self.status(site, route, foreign, bound) == 404, "\(route) \(role), foreign")
                }
                _ = try await settled(site)
            }
        }
        let bound = try await token(site, "read", ["clusters/name": "own"])
        let seen = try await call(site, .GET, "/api/clusters", bound).json["items"].array ?? []
        #expect(seen.map { $0["name"] } == ["own"])
        let plain = try await token(site, "read", [:])
        #expect(try await call(site, .GET, "/api/cluster-hosts", plain).status == 200)
        #expect(try await call(site, .GET, "/api/clusters/\(own)/passwords", plain).status == 403)
    }

    /// No run keeps the next caller out.
    private func settled(_ site: ClusterSite) async throws {
        try await eventually("nothing runs") {
            try await site.server.call(.GET, "/api/clusters").json["run"] == .null
        }
    }

    private func token(_ site: ClusterSite, _ role: String, _ labels: [String: JSONValue]) async throws -> String {
        let name = "t\(UInt32.random(in: .min ... .max))"
        let reply = try await site.server.call(
            .POST, "/api/tokens", body: ["name": .string(name), "role": .string(role), "labels": .object(labels)])
        return reply.json["token"].string ?? ""
    }

    private func call(_ site: ClusterSite, _ method: Server.Verb, _ path: String, _ token: String) async throws
        -> Server.Reply
    {
        try await site.server.call(
            method, path, body: method == .GET ? nil : [:], headers: ["Authorization": "Bearer \(token)"])
    }

    private func status(_ site: ClusterSite, _ route: String, _ cluster: String, _ token: String) async throws -> Int {
        let words = route.split(separator: " ")
        let path = String(words[1]).replacing("{cluster}", with: cluster).replacing("{version}", with: "1")
            .replacing("{host}", with: "00000000").replacing("{template}", with: "00000000")
        guard let method = Server.Verb(rawValue: String(words[0])) else { throw TimedOut(what: route) }
        return try await call(site, method, path, token).status
    }
}
