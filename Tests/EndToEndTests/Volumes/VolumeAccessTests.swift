import Foundation
import MartletCore
import Testing

/// Every native route of volumes × every role × own and foreign volumes.
@Suite struct VolumeAccessTests {
    /// The least role that each asks for; written here once more, so that no route changes its rule unseen.
    static let rules: [String: String] = [
        "GET /api/volumes": "read", "GET /api/volumes/{volume}": "read", "POST /api/volumes/{volume}/backup": "run",
        "GET /api/volumes/{volume}/versions": "read", "GET /api/volumes/{volume}/versions/{version}": "read",
        "GET /api/volumes/{volume}/versions/{version}/files": "read",
        "GET /api/volumes/{volume}/versions/{version}/archive": "read",
        "POST /api/volumes/{volume}/versions/{version}/restore": "run",
        "DELETE /api/volumes/{volume}/versions/{version}": "admin", "POST /api/volumes/{volume}/expire": "admin",
        "POST /api/volumes/{volume}/check": "run", "POST /api/volumes/{volume}/adopt": "admin",
        "POST /api/volumes/{volume}/drill": "run", "POST /api/volumes/{volume}/import": "admin",
    ]
    private static let roles = ["read", "run", "admin"]

    @Test func `callers get what their rights reach`() async throws {
        let site = try VolumeSite()
        let server = try await site.server()
        try await server.backup()
        try await server.backup(VolumeSite.other)
        let paths = try await server.server.call(.GET, "/api/openapi.json").json["paths"].object ?? [:]
        let found = paths.filter { $0.key.hasPrefix("/api/volumes") }.flatMap { path, methods in
            (methods.object ?? [:]).keys.filter { $0 != "parameters" }.map { "\($0.uppercased()) \(path)" }
        }
        #expect(Set(found) == Set(Self.rules.keys))
        // Removals last: the others need a version.
        let routes = Self.rules.keys.sorted {
            ($0.hasPrefix("DELETE") ? 1 : 0, $0) < ($1.hasPrefix("DELETE") ? 1 : 0, $1)
        }
        for route in routes {
            #expect(try await status(server, route, token: "nobody") == 401, "\(route)")
            for role in Self.roles {
                // Administrators are not bound to anything.
                let own = try await server.token(role, labels: role == "admin" ? [:] : ["volumes/app": "shop"])
                let isAllowed = Self.roles.drop { $0 != Self.rules[route] }.contains(role)
                let status = try await status(server, route, token: own)
                // An import has to say what of.
                #expect(
                    isAllowed ? status < 400 || [400, 409].contains(status) : status == 403,
                    "\(route) \(role) \(status)")
                guard isAllowed, role != "admin", route != "GET /api/volumes" else { continue }
                // Somebody else's volume is not there.
                let foreign = try await server.token(role, labels: ["volumes/app": "other"])
                #expect(try await self.status(server, route, token: foreign) == 404, "\(route) \(role), foreign")
            }
        }
        let reader = try await server.token("read", labels: ["volumes/app": "other"])
        let seen = try await server.call(.GET, "", token: reader).json["items"].array?.map { $0["app"] }
        #expect(seen == ["other"])
    }

    @Test func `a download ends soon after its token`() async throws {
        let site = try VolumeSite()
        try await site.fill(48)
        let server = try await site.server()
        try await server.backup()
        let path = "/api/volumes/\(VolumeSite.first)/versions/latest/archive"
        let made = try await server.server.call(.POST, "/api/tokens", body: ["name": "reader", "role": "read"])
        let socket = try RawSocket(url: server.server.url)
        let token = try #require(made.json["token"].string)
        socket.send("GET \(path) HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer \(token)\r\n\r\n")
        let head = try await eventually("it begins") { socket.received() }
        #expect(head.hasPrefix("HTTP/1.1 200"), "\(head.prefix(500))")
        #expect(try await server.server.call(.DELETE, "/api/tokens/reader").status == 200)
        var end = ""
        try await eventually("it ends") {
            while let more = socket.received() {
                if more.isEmpty { return true }
                end = String((end + more).suffix(16))
            }
            return false
        }
        let isWhole = end.hasSuffix("0\r\n\r\n")
        #expect(!isWhole)
    }

    private func status(_ server: VolumeServer, _ route: String, token: String) async throws -> Int {
        let words = route.split(separator: " ")
        let path = words[1].dropFirst("/api/volumes".count).replacing("{volume}", with: VolumeSite.first)
            .replacing("{version}", with: "latest")
        guard let method = Server.Verb(rawValue: String(words[0])) else { throw TimedOut(what: route) }
        return try await server.call(method, String(path), token: token).status
    }
}
