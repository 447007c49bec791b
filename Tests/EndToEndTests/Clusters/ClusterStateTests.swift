import Foundation
import MartletCore
import Testing

/// What each status allows, over the replaced system's API: cluster-deploy contract §1.6.
@Suite struct ClusterStateTests {
    private let deploy = 2
    private let start = 0
    private let stop = 1

    private func body(_ site: ClusterSite, _ id: String, status: String? = nil) async throws -> JSONValue {
        var members = try await site.post("selectCluster", ["id": .string(id)]).result.object ?? [:]
        if let status { members["status"] = .string(status) }
        return .object(members)
    }

    // cluster-deploy contract §6 cases 16, 25, 29
    @Test(arguments: [
        "prepare", "cancel", "deploysuccess", "deployfailure", "startsuccess", "startfailure", "stopsuccess",
        "stopfailure",
    ])
    func `every status refuses what the document does not allow`(_ status: String) async throws {
        let allowed: [String: Set<String>] = [
            "prepare": ["deploy", "delete"], "cancel": ["edit"],
            "deploysuccess": ["cancel", "start", "stop", "delete"], "deployfailure": ["edit", "deploy", "delete"],
            "startsuccess": ["stop"], "startfailure": ["start", "delete"],
            "stopsuccess": ["edit", "deploy", "delete"], "stopfailure": ["stop"],
        ]
        let site = try await ClusterSite()
        let id = try await site.cluster(in: status, "one")
        #expect(try await site.status(id) == status)
        let calls = try site.calls().count
        let log = try await site.get("readLog?page=1").text
        for word in ["edit", "cancel", "deploy", "start", "stop", "delete"]
        where allowed[status]?.contains(word) == false {
            // What has the status cancel and is sent with it is an edit.
            if status == "cancel", word == "cancel" { continue }
            let reply =
                switch word {
                case "edit": try await site.post("updateCluster", body(site, id))
                case "cancel": try await site.post("updateCluster", body(site, id, status: "cancel"))
                case "deploy": try await site.execute(deploy, id)
                case "start": try await site.execute(start, id)
                case "stop": try await site.execute(stop, id)
                default: try await site.post("deleteCluster", ["id": .string(id)])
                }
            #expect(reply.isRefused(), "\(word) in \(status): \(reply.text)")
            #expect(try await site.status(id) == status)
        }
        #expect(try site.calls().count == calls)
        #expect(try await site.get("readLog?page=1").text == log)
        // The native API tells the same.
        let shown = try await site.server.call(.GET, "/api/clusters/\(id)").json["operations"].array ?? []
        #expect(Set(shown.compactMap(\.string)) == allowed[status])
        guard allowed[status]?.contains("delete") == true else { return }
        #expect(try await site.post("deleteCluster", ["id": .string(id)]).isOK)
        #expect(try await site.get("selectClusterList?page=1").message == "没有查到")
    }

    // cluster-deploy contract §6 cases 16, 26
    @Test func `a cluster goes from prepare to started, stopped and edited`() async throws {
        let site = try await ClusterSite()
        #expect(try await site.get("executeResultSignal").json == ["code": 200, "message": "ok", "result": .null])
        let id = try await site.create("one")
        // The answer does not wait for the run.
        try site.hold()
        #expect(try await site.execute(deploy, id).isOK)
        let signal = try await site.get("executeResultSignal").result
        #expect(signal == ["singnalType": "deployupdate", "success": false, "over": false])
        #expect(try await site.status(id) == "prepare")
        try site.letGo()
        #expect(try await site.over() == ["singnalType": "deployupdate", "success": true, "over": true])
        #expect(try await site.status(id) == "deploysuccess")
        #expect(try await site.get("readLog?page=1").result["data"][0] == "deployupdate")
        let deployed = try await site.post("selectCluster", ["id": .string(id)]).result
        #expect(deployed["deployStatus"] == true && deployed["workStatus"] == false)

        #expect(try await site.post("updateCluster", body(site, id, status: "cancel")).isOK)
        #expect(try await site.status(id) == "cancel")
        // Through createCluster, as the document shows it.
        #expect(try await site.post("createCluster", body(site, id)).isOK)
        #expect(try await site.status(id) == "prepare")
        #expect(try await site.all().count == 1)
        #expect(try await site.done(deploy, id) == "deploysuccess")
        #expect(try await site.done(start, id) == "startsuccess")
        #expect(try await site.get("currentState").result["id"] == .string(id))
        #expect(try await site.over()["singnalType"] == "start")
        #expect(try await site.done(stop, id) == "stopsuccess")
        let none = try await site.get("currentState")
        #expect(none.code == 200 && none.message == "没有查到" && none.result == .null)
        // The mask kept the password through two edits.
        let passwords = try await site.server.call(.GET, "/api/clusters/\(id)/passwords").json
        #expect(passwords == ["database": "easy", "alert": "Chevalier1!"])
        #expect(!(try site.calls().map { $0["inventory"].string ?? "" }.joined()).contains("db_password"))
    }

    // cluster-deploy contract §6 case 17; rulings §10
    @Test func `while a run goes everything but reading is refused`() async throws {
        let site = try await ClusterSite()
        let id = try await site.create("one")
        let other = try await site.create("two")
        try site.hold()
        #expect(try await site.execute(deploy, id).isOK)
        let busy = "上一次执行未结束，请等待！！！"
        for (name, body): (String, JSONValue) in [
            ("executeCluster", ["executeType": 2, "clusterId": .string(other)]),
            ("executeCluster", ["executeType": 9, "clusterId": "nobody"]),
            ("createCluster", ClusterSite.cluster("three")), ("deleteCluster", ["id": .string(other)]),
            ("updateCluster", try await body(site, id)),
            ("createConfig", ["name": "m", "typ": "master", "masterReservedMemory": 1]),
            ("createHost", ["ip": "192.0.2.7", "name": "h", "port": 22, "root": "x"]),
        ] {
            let reply = try await site.post(name, body)
            #expect(reply.isRefused(busy), "\(name): \(reply.text)")
        }
        #expect(try await site.all().count == 2)
        #expect(try await site.get("readLog?page=1").code == 200)
        let shown = try await site.server.call(.GET, "/api/clusters").json
        #expect(shown["run"].string != nil && shown["items"][0]["operations"] == [])
        try site.letGo()
        #expect(try await site.over()["success"] == true)
        #expect(try site.calls().count == 1)
    }

    // cluster-deploy contract §6 cases 22, 23
    @Test func `beside a started cluster no other is started or deployed`() async throws {
        let site = try await ClusterSite()
        let id = try await site.cluster(in: "startsuccess", "one")
        let other = try await site.create("two", hosts: ["192.0.2.2"])
        let text = "同一时间只能启动一个集群"
        #expect(try await site.execute(deploy, other).isRefused(text))
        #expect(try await site.execute(start, id).isRefused(text))
        #expect(try await site.execute(deploy, "nobody").isRefused(text))
        #expect(try await site.execute(stop, "nobody").isRefused("查询主机出错"))
        #expect(try await site.done(stop, id) == "stopsuccess")
        #expect(try await site.execute(9, id).isRefused("请输入正确的参数"))
        #expect(try await site.done(deploy, other) == "deploysuccess")
    }

    // rulings §10
    @Test func `a setting lets others be deployed beside a started cluster on other hosts`() async throws {
        let site = try await ClusterSite(environment: ["MARTLET_CLUSTERS_DEPLOY_BESIDE_STARTED": "true"])
        _ = try await site.cluster(in: "startsuccess", "one")
        let same = try await site.create("same")
        #expect(try await site.execute(deploy, same).isRefused("同一时间只能启动一个集群"))
        let apart = try await site.create("apart", hosts: ["192.0.2.2"])
        #expect(try await site.done(deploy, apart) == "deploysuccess")
        #expect(try await site.execute(start, apart).isRefused("同一时间只能启动一个集群"))
    }

    // cluster-deploy contract §0 rows 1, 2
    @Test func `types are numbers or texts, and another order can be configured`() async throws {
        let site = try await ClusterSite(environment: ["MARTLET_CLUSTERS_LEGACY_EXECUTE_TYPES": "true"])
        let id = try await site.create("one")
        let reply = try await site.post("executeCluster", ["executeType": "2", "clusterId": .string(id)])
        #expect(reply.isOK)
        try await site.over()
        #expect(try await site.done(1, id) == "startsuccess")
        #expect(try await site.done(0, id) == "stopsuccess")
        for body: JSONValue in [["clusterId": .string(id)], ["executeType": 3, "clusterId": .string(id)]] {
            #expect(try await site.post("executeCluster", body).isRefused("请输入正确的参数"))
        }
        #expect(try await site.post("executeCluster", ["executeType": true]).isRefused("参数错误"))
    }

    // cluster-deploy contract §1.7: four parallel calls must not start four playbooks.
    @Test func `of many calls at once one starts a run`() async throws {
        let site = try await ClusterSite()
        let id = try await site.create("one")
        try site.hold()
        let replies = try await withThrowingTaskGroup(of: LegacyReply.self) { group in
            for _ in 0..<12 { group.addTask { try await site.execute(2, id) } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(replies.count { $0.isOK } == 1)
        #expect(replies.count { $0.isRefused("上一次执行未结束") } == 11, "\(replies.map(\.text))")
        try site.letGo()
        try await site.over()
        #expect(try site.calls().count == 1)
    }
}
