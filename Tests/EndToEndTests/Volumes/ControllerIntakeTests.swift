import Foundation
import MartletCore
import Testing

/// Jobs of pods, from the event stream to the replaced system's callers.
@Suite struct ControllerIntakeTests {
    private static let program = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "Conformance/lainlet.py").path

    private static func entry(
        _ proc: String, _ volume: String, _ mode: String, _ schedule: String, _ expire: String, pre: String = "",
        post: String = ""
    ) -> JSONValue {
        [
            "procname": .string(proc), "volume": .string(volume), "mode": .string(mode), "schedule": .string(schedule),
            "expire": .string(expire), "preRun": .string(pre), "postRun": .string(post),
        ]
    }

    private static func pod(_ number: Int64, on node: String, _ containers: [String], _ entries: [JSONValue]) throws
        -> JSONValue
    {
        let annotation = String(decoding: try JSONEncoder().encode(["backup": entries]), as: UTF8.self)
        return [
            "Annotation": .string(annotation), "InstanceNo": .int(number),
            "Containers": .array(
                containers.map { ["Id": .string($0), "NodeIp": .string(node), "NodeName": "n", "Ip": "172.20.0.2"] }),
        ]
    }

    // backup contract §7.1 A1, A4, A10, A11, A14; §1.3 test vectors
    @Test func `pods become jobs with the ids that they always had`() async throws {
        let scratch = try Scratch()
        let lainlet = try Child(
            ["/usr/bin/env", "python3", "-B", Self.program, scratch.path("port"), scratch.path("state")],
            environment: Server.environment, directory: scratch.url, name: "lainlet")
        defer { lainlet.end() }
        let port: String = try await eventually("lainlet's port") {
            FileManager.default.contents(atPath: scratch.path("port")).map { String(decoding: $0, as: UTF8.self) }
        }
        func tell(_ groups: [String: [JSONValue]]) throws {
            try JSONEncoder().encode(JSONValue.object(groups.mapValues { .array($0) }))
                .write(to: scratch.url.appending(path: "state"), options: .atomic)
        }
        let web = [
            Self.entry("hello.web.web", "/data", "full", "0 3 * * *", "30d", pre: "pre.sh a b", post: "/abs/post.sh"),
            Self.entry("hello.web.web", "/inc", "increment", "0 4 * * *", "10d"),
            Self.entry("hello.web.web", "/../../other/other.web.web/1/data", "full", "0 3 * * *", "30d"),
            Self.entry("other.web.web", "/data", "full", "0 3 * * *", "30d"),
        ]
        let first = try Self.pod(1, on: "127.0.0.1", ["c1"], web)
        let second = try Self.pod(2, on: "127.0.0.2", ["c2", "c3"], web)
        let other = try Self.pod(
            1, on: "127.0.0.1", ["c4"], [Self.entry("other.web.web", "/data", "full", "0 3 * * *", "30d")])
        let db = "resource.mysql.hello.worker.db"
        let dotted = try Self.pod(1, on: "127.0.0.2", ["c5"], [Self.entry(db, "/db", "full", "@daily", "7d")])
        try tell(["hello.web.web": [first, second], "other.web.web": [other]])
        let server = try await Server(
            scratch,
            environment: [
                "MARTLET_BACKUPS_LAINLET": "127.0.0.1:\(port)", "MARTLET_BACKUPS_NODE": "127.0.0.1",
                "MARTLET_BACKUPS_REPOSITORY": scratch.path("repos") + "/{app}",
            ])
        func jobs() async throws -> [String: [JSONValue]] {
            let reply = try await server.call(.GET, "/api/v2/system/cron/jobs", headers: ["Authorization": ""])
            return reply.json.object?.mapValues { $0.array ?? [] } ?? [:]
        }
        try await eventually("the jobs") { try await jobs()["127.0.0.1"]?.count == 4 }
        let all = try await jobs()
        #expect(all["127.0.0.1"]?.map { $0["action"] } == ["backup", "backup", "backup", "backup_expire"])
        let ids = all["127.0.0.1"]?.compactMap { $0["id"].string } ?? []
        #expect(ids[0] == "7f000001b38f6f83b82a188e61d4f91ef748714e", "\(all)")
        #expect(ids[1] == "7f0000010a09990c20fc7b0a389cbbb363e19f2b")
        #expect(all["127.0.0.2"]?.count == 3 && all["127.0.0.2"]?[0]["args"]["containers"] == ["c2", "c3"])
        #expect(
            all["127.0.0.2"]?.allSatisfy {
                $0["action"] == "backup_expire" || $0["id"].string?.hasPrefix("7f000002") == true
            } == true)
        // What was refused is in the trail, and no job.
        try await eventually("the trail tells it") {
            let audit = try await server.call(.GET, "/api/audit").json["items"].array ?? []
            return audit.contains { $0["caller"] == "lainlet" && $0["outcome"] == "refused" } ? true : nil
        }

        try tell(["hello.web.web": [first], "other.web.web": [other], db: [dotted]])
        try await eventually("the other node's new jobs") { try await jobs()["127.0.0.2"]?.count == 2 }
        #expect(try await jobs()["127.0.0.2"]?[0]["args"]["app"] == "resource.mysql.hello")
        let app = "/api/v2/app/resource.mysql.hello/cron/jobs"
        #expect(try await server.call(.GET, app).json[0]["job"]["args"]["proc"].string == db)
        try tell(["hello.web.web": [first], "other.web.web": [other]])
        try await eventually("none there") { try await jobs()["127.0.0.2"]?.isEmpty ?? true }
    }
}
