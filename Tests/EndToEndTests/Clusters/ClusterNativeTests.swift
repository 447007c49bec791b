import Foundation
import MartletCore
import Testing

/// The native API of clusters.
@Suite struct ClusterNativeTests {
    private func native(_ site: ClusterSite, _ method: Server.Verb, _ path: String, _ body: JSONValue? = nil)
        async throws -> Server.Reply
    {
        try await site.server.call(method, "/api/clusters" + path, body: body)
    }

    private func ended(_ site: ClusterSite, _ reply: Server.Reply) async throws -> String {
        guard reply.status == 202, let id = reply.json["id"].string else { throw Server.Refused(reply: reply.text) }
        return try await site.server.ended(id)["state"].string ?? ""
    }

    @Test func `every save is a version, which can be compared and brought back`() async throws {
        let site = try await ClusterSite()
        let made = try await native(site, .POST, "", ClusterSite.cluster("one"))
        #expect(made.status == 201)
        let id = try #require(made.json["id"].string)
        #expect(try await ended(site, native(site, .POST, "/\(id)/deploy")) == "succeeded")
        #expect(try await native(site, .GET, "/\(id)/diff").json["changes"] == [])
        #expect(try await native(site, .POST, "/\(id)/cancel").json["status"] == "cancel")

        var changed = try await native(site, .GET, "/\(id)").json.object ?? [:]
        #expect(changed["deployedVersion"] == 1 && changed["operations"] == ["edit"])
        changed["roles"] = .array(
            (changed["roles"]?.array ?? []).map { role in
                var role = role.object ?? [:]
                var values = role["roleBody"]?.object ?? [:]
                if role["roleName"] == "master" { role["roleBody"] = ["masterReservedMemory": 2] }
                if role["roleName"] == "database" {
                    values["password"] = "another one"
                    role["roleBody"] = .object(values)
                }
                return .object(role)
            })
        let saved = try await native(site, .PUT, "/\(id)", .object(changed))
        #expect(saved.status == 200 && saved.json["version"] == 2 && saved.json["status"] == "prepare")
        #expect(!saved.text.contains("another one"))
        // The answer of before is too old to be saved.
        #expect(try await native(site, .PUT, "/\(id)", .object(changed)).status == 412)
        let diff = try await native(site, .GET, "/\(id)/diff").json
        #expect(diff["from"] == 1 && diff["to"] == 2)
        #expect(
            diff["changes"] == [
                ["role": "master", "key": "masterReservedMemory", "before": .double(0.5), "after": 2],
                ["role": "database", "key": "password", "before": "••••••••", "after": "••••••••"],
            ])
        #expect(try await native(site, .POST, "/\(id)/versions/1/restore").status == 409)
        let forced: JSONValue = ["force": true, "confirm": "one"]
        let restored = try await native(site, .POST, "/\(id)/versions/1/restore", forced)
        #expect(restored.json["version"] == 3 && restored.json["status"] == "prepare")
        #expect(try await native(site, .GET, "/\(id)/diff").json["changes"] == [])
        #expect(try await native(site, .GET, "/\(id)/passwords").json["database"] == "easy")
        let versions = try await native(site, .GET, "/\(id)/versions").json["items"].array ?? []
        #expect(versions.map { $0["number"] } == [3, 2, 1])
        #expect(versions[0]["note"] == "restored from version 1" && versions[1]["savedBy"] == "admin")
        #expect(try await native(site, .GET, "/\(id)/versions/2").json["cluster"]["name"] == "one")
        #expect(try await native(site, .GET, "/\(id)/versions/9").status == 404)
        let page = try await native(site, .GET, "/\(id)/versions?limit=2").json
        let next = page["next"].string ?? ""
        #expect(try await native(site, .GET, "/\(id)/versions?limit=2&cursor=\(next)").json["items"].array?.count == 1)
    }

    @Test func `insisting takes the cluster's name, and leads out of dead ends`() async throws {
        let site = try await ClusterSite()
        let id = try await site.cluster(in: "stopfailure", "dead end")
        #expect(try await native(site, .POST, "/\(id)/deploy").status == 409)
        let unnamed = try await native(site, .POST, "/\(id)/deploy", ["force": true])
        #expect(unnamed.status == 400 && unnamed.text.contains("confirm"))
        #expect(try await native(site, .DELETE, "/\(id)", ["force": true, "confirm": "other"]).status == 400)
        let insisting: JSONValue = ["force": true, "confirm": "dead end"]
        let reply = try await native(site, .POST, "/\(id)/deploy", insisting)
        #expect(try await ended(site, reply) == "succeeded")
        let run = try await site.server.run(reply.json["id"].string ?? "")
        #expect(run["labels"]["clusters/forced"] == "true")
        #expect(try await site.status(id) == "deploysuccess")
        let audit = try await site.server.call(.GET, "/api/audit?limit=50").json["items"].array ?? []
        let actions = audit.compactMap { $0["action"].string }
        #expect(actions.contains("POST /api/clusters/{cluster}/deploy"))
        #expect(actions.contains("DELETE /api/clusters/{cluster}"))
        #expect(try await site.done(0, id) == "startsuccess")
        // The rule of one started cluster stays.
        let other = try await site.create("two")
        let two: JSONValue = ["force": true, "confirm": "two"]
        #expect(try await native(site, .POST, "/\(other)/start", two).status == 409)
        #expect(try await native(site, .DELETE, "/\(id)", insisting).status == 204)
    }

    @Test func `a check changes nothing, and a retry does all of it again`() async throws {
        let site = try await ClusterSite()
        let hosts = ["192.0.2.1", "192.0.2.2", "192.0.2.3"]
        let id = try await site.create("one", hosts: hosts)
        #expect(try await native(site, .POST, "/\(id)/retry").status == 409)
        #expect(try await ended(site, native(site, .POST, "/\(id)/check")) == "succeeded")
        #expect(try await site.status(id) == "prepare")
        #expect(try site.calls().last?["argv"].array?.contains("--check") == true)
        try site.fail("192.0.2.2")
        #expect(try await ended(site, native(site, .POST, "/\(id)/deploy")) == "failed")
        #expect(try await site.status(id) == "deployfailure")
        try site.succeed()
        let calls = try site.calls().count
        #expect(try await native(site, .POST, "/\(id)/deploy", ["hosts": ["192.0.2.9"]]).status == 400)
        #expect(try site.calls().count == calls)
        // What went well on some hosts is not true of the cluster.
        let some = try await native(site, .POST, "/\(id)/deploy", ["hosts": ["192.0.2.1"]])
        #expect(try await ended(site, some) == "succeeded")
        #expect(try await site.status(id) == "deployfailure")
        try site.fail("192.0.2.2")
        #expect(try await ended(site, native(site, .POST, "/\(id)/deploy")) == "failed")
        try site.succeed()
        let retry = try await native(site, .POST, "/\(id)/retry")
        #expect(try await ended(site, retry) == "succeeded")
        let run = try await site.server.run(retry.json["id"].string ?? "")
        #expect(retry.status == 202 && run["job"]["tasks"][0]["spec"]["limit"] == .null)
        #expect(try site.calls().last?["argv"].array?.contains("--limit") == false)
        #expect(try await site.status(id) == "deploysuccess")
        #expect(try await native(site, .POST, "/\(id)/retry").status == 409)
        // A run is repeated through its cluster, whose status decides.
        let rerun = try await site.server.call(.POST, "/api/runs/\(retry.json["id"].string ?? "")/rerun")
        #expect(rerun.status == 409)
    }

    @Test func `what is wrong is told field by field, and passwords are never told`() async throws {
        let site = try await ClusterSite()
        var body = ClusterSite.cluster("one").object ?? [:]
        body["hosts"] = ["nonsense"]
        body["base"] = ["version": "0.9", "deployUser": "root", "deployDir": "/"]
        let reply = try await native(site, .POST, "", .object(body))
        let fields = (reply.json["errors"].array ?? []).compactMap { $0["field"].string }
        #expect(reply.status == 400)
        #expect(fields.contains("hosts[0]") && fields.contains("base.version") && fields.contains("base.deployUser"))
        #expect(fields.contains("base.deployDir") && !reply.text.contains("Chevalier1!"))
        body["nonsense"] = 1
        #expect(try await native(site, .POST, "", .object(body)).text.contains("nonsense"))
        let made = try await native(site, .POST, "", ClusterSite.cluster("one"))
        #expect(made.status == 201 && !made.text.contains("Chevalier1!"))
        let id = made.json["id"].string ?? ""
        let deploy = try await native(site, .POST, "/\(id)/deploy")
        #expect(try await ended(site, deploy) == "succeeded")
        let run = deploy.json["id"].string ?? ""
        for path in ["/api/runs/\(run)", "/api/runs/\(run)/events?follow=false", "/api/audit", "/api/clusters"] {
            #expect(try await !site.server.call(.GET, path).text.contains("Chevalier1!"), "\(path)")
        }
        // Nothing of it is in clear in the data directory.
        let database = try Data(contentsOf: URL(filePath: site.server.data + "/martlet.db"))
        let wal = (try? Data(contentsOf: URL(filePath: site.server.data + "/martlet.db-wal"))) ?? Data()
        #expect((database + wal).range(of: Data("Chevalier1!".utf8)) == nil)
    }

    @Test func `nobody else takes the key of the runs of clusters`() async throws {
        let site = try await ClusterSite()
        let reply = try await site.server.call(
            .POST, "/api/runs", body: ["command": ["true"], "key": "clusters"])
        #expect(reply.status == 400 || reply.status == 422)
        #expect(reply.json["errors"][0]["field"] == "key", "\(reply.text)")
    }

    @Test func `an idempotency key starts one run`() async throws {
        let site = try await ClusterSite()
        let id = try await site.create("one")
        let headers = ["Idempotency-Key": "once"]
        try site.hold()
        let first = try await site.server.call(.POST, "/api/clusters/\(id)/check", headers: headers)
        let meanwhile = try await site.server.call(.POST, "/api/clusters/\(id)/check", headers: headers)
        #expect(meanwhile.status == 202 && meanwhile.json["id"] == first.json["id"])
        #expect(try await site.server.call(.POST, "/api/clusters/\(id)/check").status == 409)
        try site.letGo()
        #expect(try await ended(site, first) == "succeeded")
        let again = try await site.server.call(.POST, "/api/clusters/\(id)/check", headers: headers)
        #expect(again.json["id"] == first.json["id"])
    }

    // cluster-deploy contract §6 case 35; §1.7: a restart during a run lost the status for ever.
    @Test func `the status is kept when the server was killed in mid-run`() async throws {
        let site = try await ClusterSite()
        let id = try await site.create("one")
        try site.hold()
        #expect(try await site.execute(2, id).isOK)
        try await eventually("the playbook runs") { try site.calls().count == 1 }
        site.server.child.signal(SIGKILL)
        _ = try await site.server.child.ended()
        let next = try await Server(site.scratch, data: site.server.data, environment: site.extra)
        let shown = try await next.call(.GET, "/api/clusters").json
        #expect(shown["run"].string != nil && shown["items"][0]["status"] == "prepare")
        try site.letGo()
        try await eventually("the status is kept") {
            try await next.call(.GET, "/api/clusters/\(id)").json["status"] == "deploysuccess"
        }
        next.child.end()
    }
}
