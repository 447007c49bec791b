import Foundation
import MartletCore
import Testing

/// The replaced controller's API over two nodes, as real processes.
@Suite struct FleetFacadeTests {
    private static let app = "/api/v2/app/shop"

    private func jobs(_ controller: VolumeServer) async throws -> [JSONValue] {
        let reply = try await controller.server.call(.GET, Self.app + "/cron/jobs")
        #expect(reply.status == 200)
        return (reply.json.array ?? []).sorted {
            ($0["job"]["args"]["instanceNo"].number) < ($1["job"]["args"]["instanceNo"].number)
        }
    }

    private func act(_ word: String, _ entry: JSONValue, _ controller: VolumeServer) async throws -> Server.Reply {
        try await controller.server.call(
            .POST, Self.app + "/cron/jobs/\(entry["job"]["id"].string ?? "")/actions/\(word)")
    }

    /// Under one key it starts one run, however often a busy machine is asked.
    private func started(_ entry: JSONValue, _ controller: VolumeServer) async throws -> String {
        let (key, path) = (UUID().uuidString, Self.app + "/cron/jobs/\(entry["job"]["id"].string ?? "")/actions/run")
        return try await eventually("a run is started") {
            let reply = try await controller.server.call(.POST, path, headers: ["Idempotency-Key": key])
            if reply.status == 503 { return nil }
            guard let rid = reply.json.string else { throw TimedOut(what: "a run is started: \(reply.text)") }
            return rid
        }
    }

    private func record(_ rid: String, _ controller: VolumeServer) async throws -> JSONValue {
        try await eventually("the record \(rid) has an end") {
            let reply = try await controller.server.call(.GET, Self.app + "/cron/records/\(rid)")
            return reply.status == 200 && reply.json["state"] != "running" ? reply.json : nil
        }
    }

    // backup contract §7.1 A5; §7.3 C2, C5; §7.4 D12, D17; §7.5 E15; §7.6 G11
    @Test func `jobs, records and states of other nodes are those of their agents`() async throws {
        let site = try FleetSite()
        try site.write(rule: "{mode: full, schedule: '0 3 * * *'}")
        let controller = try await site.controller()
        #expect(try await jobs(controller).map { $0["job"]["state"] } == ["pending", "pending"])
        let (a, b) = (try await site.agent("a"), try await site.agent("b"))
        try await controller.confirmed("a", "b")
        let both = try await eventually("times of both") {
            let jobs = try await jobs(controller)
            return jobs.allSatisfy { $0["job"]["state"] == "active" } ? jobs : nil
        }
        #expect(both.allSatisfy { $0["next"].string?.hasPrefix("0001") == false }, "\(both)")

        for (entry, instance) in zip(both, 1...) {
            let rid = try await started(entry, controller)
            let record = try await record(rid, controller)
            #expect(record["state"] == "success" && record["type"] == "once" && record["rid"].string == rid)
            #expect(record["args"]["instanceNo"] == .int(Int64(instance)))
            let file = record["result"]["file"].string ?? ""
            #expect(file.hasPrefix("hello") == false && file.hasPrefix("shop-shop.web.web-\(instance)-data-"))
        }
        let rows = try await controller.server.call(.GET, Self.app + "/cron/records?total=10").json.array ?? []
        #expect(rows.map { $0["args"]["instanceNo"] } == [2, 1], "newest first, each with its own")
        let version = try #require(try await controller.versions(FleetSite.first).first?["name"].string)
        let preview = try await controller.server.call(
            .POST, Self.app + "/proc/web/backups/\(version)/actions/recover?dryRun=true")
        #expect(preview.status == 200 && site.text("a", 1, "a.txt") == "hello 1\n", "\(preview.text)")

        #expect(try await act("sleep", both[0], controller).json == "OK")
        #expect(try await jobs(controller).map { $0["job"]["sleep"] } == [true, false])
        #expect(try await act("wakeup", both[0], controller).json == "OK")
        #expect(try await jobs(controller).map { $0["job"]["sleep"] } == [false, false])
        let stop = try await controller.server.call(.PUT, "/api/v2/server/127.0.0.2/cron/actions/stop")
        #expect(stop.json == "OK")
        #expect(try await b.call(.GET, "/api/agent/state").json["isStopped"] == true)
        #expect(try await a.call(.GET, "/api/agent/state").json["isStopped"] == false)
        let debug = try await controller.server.call(.GET, "/api/v2/server/127.0.0.2/debug")
        #expect(debug.json["crond_status"] == "stopped")

        a.child.signal(SIGKILL)
        _ = try await a.child.ended()
        try await eventually("a is down") { try await controller.node("a")["state"] == "down" ? true : nil }
        #expect(try await jobs(controller)[0]["next"] == both[0]["next"], "the last known time")
        let refused = try await act("run", both[0], controller)
        #expect(refused.status == 503 && refused.json["error"]["code"] == "node_down", "\(refused.text)")
        #expect(!refused.text.contains("http://"))
    }

    // backup contract §7.4 D5
    @Test func `nobody tells of records without the agents' token, and it is for nothing else`() async throws {
        let site = try FleetSite()
        try site.write()
        let controller = try await site.controller()
        let server = controller.server
        let record: JSONValue = [
            "id": "", "spec": "", "action": "backup", "args": ["app": "shop"], "type": "once", "sleep": false,
            "rid": .string("1795320311" + String(repeating: "a", count: 32)), "result": .null, "state": "success",
            "start": "2026-11-22T03:00:00Z", "end": "2026-11-22T03:01:00Z", "reason": "",
        ]
        let path = "/api/v2/system/notify"
        #expect(try await server.call(.POST, path, body: record, headers: ["Authorization": ""]).status == 401)
        #expect(
            try await server.call(.POST, path, body: record, headers: ["Authorization": "Bearer wrong-token-wrong"])
                .status == 401)
        let mine = ["Authorization": "Bearer 0123456789abcdef-of-this-site"]
        #expect(try await server.call(.POST, path + "?node=x", body: record, headers: mine).status == 403)
        #expect(try await server.call(.POST, path + "?node=a", body: ["rid": "1"], headers: mine).status == 400)
        #expect(try await server.call(.POST, path + "?node=a", body: record, headers: mine).status == 200)
        #expect(try await controller.records().isEmpty, "what stands there is believed of nobody")
        #expect(try await server.call(.POST, "/api/runs", body: ["command": ["true"]], headers: mine).status == 403)
        #expect(try await server.call(.GET, "/api/nodes", headers: mine).status == 403)
        let backup = "/api/volumes/\(FleetSite.first)/backup"
        #expect(try await server.call(.POST, backup, headers: mine).status == 404)
        #expect(try await server.call(.GET, "/api/audit?limit=100").text.contains("POST \(path)"))
    }
}
