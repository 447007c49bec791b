import Foundation
import MartletCore
import Testing

/// Volumes of pods, as lainlet's event stream tells of them.
@Suite struct LainletTests {
    private static let program = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "Conformance/lainlet.py").path

    /// A lainlet, and a server beside it.
    private final class Cluster: Sendable {
        let scratch: Scratch
        let lainlet: Child
        let address: String

        init() async throws {
            let scratch = try Scratch()
            self.scratch = scratch
            lainlet = try Child(
                ["/usr/bin/env", "python3", "-B", program, scratch.path("port"), scratch.path("state")],
                environment: Server.environment, directory: scratch.url, name: "lainlet")
            let port: String = try await eventually("lainlet's port") {
                FileManager.default.contents(atPath: scratch.path("port")).map { String(decoding: $0, as: UTF8.self) }
            }
            address = "127.0.0.1:\(port)"
        }

        deinit { lainlet.end() }

        /// Of all its servers.
        var log: String {
            let names = (try? FileManager.default.contentsOfDirectory(atPath: scratch.url.path)) ?? []
            return names.filter { $0.hasPrefix("server-") }.compactMap {
                FileManager.default.contents(atPath: scratch.path($0)).map { String(decoding: $0, as: UTF8.self) }
            }.joined()
        }

        func tell(_ state: String) throws {
            try Data(state.utf8).write(to: scratch.url.appending(path: "state"), options: .atomic)
        }

        func tell(_ entries: [JSONValue], others: [JSONValue] = []) throws {
            func pods(_ entries: [JSONValue]) throws -> JSONValue {
                let annotation = String(decoding: try JSONEncoder().encode(["backup": entries]), as: UTF8.self)
                return [
                    [
                        "Annotation": .string(annotation), "InstanceNo": 1,
                        "Containers": [["Id": "c1", "NodeIp": "127.0.0.1", "NodeName": "a", "Ip": "172.20.0.2"]],
                    ]
                ]
            }
            let state: JSONValue = ["hello.web.web": try pods(entries), "other.web.web": try pods(others)]
            try tell(String(decoding: try JSONEncoder().encode(state), as: UTF8.self))
        }

        func server() async throws -> Server {
            try await Server(
                scratch,
                environment: [
                    "MARTLET_BACKUPS_LAINLET": address, "MARTLET_BACKUPS_NODE": "127.0.0.1",
                    "MARTLET_BACKUPS_REPOSITORY": scratch.path("repos") + "/{app}",
                ])
        }
    }

    private func entry(_ volume: String = "/data", schedule: String = "0 3 * * *", proc: String = "hello.web.web")
        -> JSONValue
    {
        [
            "procname": .string(proc), "volume": .string(volume), "schedule": .string(schedule), "expire": "30d",
            "mode": "full", "preRun": "", "postRun": "",
        ]
    }

    private func names(_ server: Server) async throws -> [String] {
        try await server.call(.GET, "/api/volumes").json["items"].array?.compactMap { $0["volume"].string } ?? []
    }

    // backup contract §7.1 A7, A10
    @Test func `volumes follow the stream, and a wrong one stops no other`() async throws {
        let cluster = try await Cluster()
        let server = try await cluster.server()
        try cluster.tell([entry(), entry("/../../x"), entry("/bad", schedule: "0 0 5 0 0")])
        try await eventually("two volumes") { try await names(server) == ["/bad", "/data"] }
        let listed = try await server.call(.GET, "/api/volumes").json
        #expect(listed["refused"].array?.count == 1)
        #expect(listed["refused"][0]["entry"].string?.contains("/../../x") == true)
        try await eventually("the good one's schedule") {
            try await server.call(.GET, "/api/schedules/full.hello-hello.web.web-1-data").status == 200
        }
        try await eventually("the bad one's problem") {
            try await server.call(.GET, "/api/volumes/hello-hello.web.web-1-bad").json["rules"][0]["problem"] != .null
        }
        let audit = try await server.call(.GET, "/api/audit").json["items"].array ?? []
        #expect(audit.contains { $0["caller"] == "lainlet" && $0["outcome"] == "refused" }, "\(audit)")

        try cluster.tell([entry("/other")], others: [entry("/data", proc: "other.web.web")])
        try await eventually("other volumes") { try await names(server) == ["/other", "/data"] }
        try await eventually("its schedule went") {
            try await server.call(.GET, "/api/schedules/full.hello-hello.web.web-1-data").status == 404
        }
    }

    // backup contract §7.1 A13
    @Test func `lainlet may go, err and come back without the volumes being lost`() async throws {
        let cluster = try await Cluster()
        try cluster.tell([entry()])
        let server = try await cluster.server()
        try await eventually("a volume") { try await names(server) == ["/data"] }
        let troubles = [
            ("drop", "the stream ended"), ("error not allowed", "lainlet says: not allowed"),
            ("{\"hello.web.web\": [", "JSON"),
        ]
        for (state, word) in troubles {
            try cluster.tell(state)
            try await eventually("the log says \(word)") { cluster.log.contains(word) }
            #expect(try await names(server) == ["/data"])
        }
        // Nothing at all, first thing after it is back: doubted.
        try cluster.tell("{}")
        try await eventually("the doubt") { cluster.log.contains("tells of no volume at all") }
        #expect(try await names(server) == ["/data"])
        // The server is restarted while lainlet is away.
        try cluster.tell("drop")
        server.child.signal(SIGKILL)
        _ = try await server.child.ended()
        let next = try await cluster.server()
        try await eventually("what it told last") { try await names(next) == ["/data"] }
        try cluster.tell("{}")
        try await eventually("the doubt again") {
            cluster.log.components(separatedBy: "tells of no volume at all").count > 2
        }
        try cluster.tell("{ }")
        try await eventually("believed the second time") { try await names(next).isEmpty }
    }
}
