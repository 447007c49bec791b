import Foundation
import MartletCore
import Testing

/// Calls of the replaced system's API about clusters: cluster-deploy contract §6.
@Suite struct ClusterFacadeTests {
    private func changed(_ body: JSONValue, _ change: (inout [String: JSONValue]) -> Void) -> JSONValue {
        var members = body.object ?? [:]
        change(&members)
        return .object(members)
    }

    // cluster-deploy contract §6 cases 1, 2, 4, 5, 7, 8, 10, 14
    @Test func `a cluster is made of what is sound, and comes back as it was sent`() async throws {
        let site = try await ClusterSite()
        let nothing = try await site.get("selectClusterList?page=1")
        #expect(nothing.code == 200 && nothing.message == "没有查到" && nothing.result == .null)
        #expect(nothing.text == #"{"code":200,"message":"没有查到","result":null}"#)
        let body = ClusterSite.cluster("one")
        #expect(try await site.post("createCluster", body).isOK)
        let made = try #require(try await site.all().first)
        let id = try #require(made["id"].string)
        #expect(made["status"] == "prepare" && id.wholeMatch(of: /[0-9a-f]{8}/) != nil)
        #expect(try await site.post("createCluster", body).isRefused("名称冲突"))

        let other = changed(body) { $0["name"] = "two" }
        for hosts: JSONValue in [[""], [], ["host-1"], ["192.0.2.1", "192.0.2.1"]] {
            let reply = try await site.post("createCluster", changed(other) { $0["hosts"] = hosts })
            #expect(reply.isRefused("主机信息错误"), "\(hosts)")
        }
        #expect(try await site.post("createCluster", changed(other) { $0["base"] = nil }).isRefused("基础信息错误"))
        for (key, value): (String, JSONValue) in [
            ("version", ""), ("deployUser", ""), ("deployDir", ""), ("version", "1.1.9"), ("deployUser", "root"),
            ("deployDir", "home/easy"), ("deployDir", "/a/../b"), ("version", "1.2.0;reboot"),
        ] {
            let base = changed(body["base"]) { $0[key] = value }
            let reply = try await site.post("createCluster", changed(other) { $0["base"] = base })
            #expect(reply.isRefused("基础信息错误"), "\(key) \(value): \(reply.text)")
        }
        let roles = body["roles"].array ?? []
        let wrong: [[JSONValue]] = [
            roles + [["roleName": "foo", "roleBody": .null, "roleDependHost": ["192.0.2.1"]]],
            roles.filter { $0["roleName"] != "master" },
            roles.map { role in changed(role) { $0["roleDependHost"] = ["192.0.2.9"] } },
            roles.map { role in
                role["roleName"] == "backend" ? changed(role) { $0["roleBody"] = ["serverPort": "1"] } : role
            },
            roles.map { role in
                role["roleName"] == "database"
                    ? changed(role) { $0["roleBody"] = changed(role["roleBody"]) { $0["account"] = "a{{ 7*7 }}" } }
                    : role
            },
        ]
        for roles in wrong {
            let reply = try await site.post("createCluster", changed(other) { $0["roles"] = .array(roles) })
            #expect(reply.isRefused("角色信息错误"), "\(reply.text)")
        }
        #expect(try await site.post("createCluster", changed(other) { $0["name"] = "" }).isRefused())
        #expect(try await site.post("createCluster", changed(other) { $0["name"] = 7 }).isRefused("参数错误"))
        #expect(try await site.all().count == 1)

        let own = changed(other) { ($0["id"], $0["status"]) = ("mine", "startsuccess") }
        #expect(try await site.post("createCluster", own).isOK)
        let second = try #require(try await site.all().last)
        #expect(second["id"] != "mine" && second["status"] == "prepare")

        let found = try await site.post("selectCluster", ["id": .string(id)])
        for key in ["name", "hosts", "base", "remark"] { #expect(found.result[key] == body[key], "\(key)") }
        #expect(found.result["workStatus"] == false && found.result["deployStatus"] == false)
        for (sent, role) in zip(roles, found.result["roles"].array ?? []) {
            let values = changed(sent["roleBody"]) { values in
                for key in ["password", "mailPasswd"] where values[key] != nil { values[key] = "••••••••" }
            }
            #expect(role["roleName"] == sent["roleName"] && role["roleDependHost"] == sent["roleDependHost"])
            #expect(role["roleBody"] == (sent["roleBody"] == .null ? .null : values))
        }
        // The order of the document.
        let keys = [#""id":"#, #""name":"#, #""status":"#, #""hosts":"#, #""base":"#, #""roles":"#, #""remark":"#]
        let places = keys.map { found.text.ranges(of: $0).first?.lowerBound ?? found.text.endIndex }
        #expect(places == places.sorted())
        let unknown = try await site.post("selectCluster", ["id": "00000000"])
        #expect(unknown.code == 200 && unknown.message == "没有查到")
    }

    // cluster-deploy contract §0 row 7
    @Test func `values within an object of the role's name are taken, too`() async throws {
        let site = try await ClusterSite()
        let body = ClusterSite.cluster("nested")
        let roles = (body["roles"].array ?? []).map { role in
            role["roleBody"] == .null
                ? role
                : changed(role) { $0["roleBody"] = .object([role["roleName"].string ?? "": role["roleBody"]]) }
        }
        #expect(try await site.post("createCluster", changed(body) { $0["roles"] = .array(roles) }).isOK)
        let made = try #require(try await site.all().first?["roles"].array)
        #expect(made.first { $0["roleName"] == "backend" }?["roleBody"] == ["serverPort": 12345])
    }

    // cluster-deploy contract §6 cases 11, 13; §1.5
    @Test func `lists have pages of ten, and the last one for every number beyond`() async throws {
        let site = try await ClusterSite()
        for number in 1...20 { _ = try await site.create("c\(number)") }
        func page(_ number: String) async throws -> LegacyReply {
            try await site.get("selectClusterList?page=\(number)")
        }
        let second = try await page("2")
        let ghost = try await page("3")
        #expect(second.result["data"].array?.count == 10 && ghost.result["data"] == second.result["data"])
        #expect(ghost.result["currentPage"] == 3)
        for number in 21...25 { _ = try await site.create("c\(number)") }
        var names: [String] = []
        for (number, count) in [(1, 10), (2, 10), (3, 5)] {
            let reply = try await page("\(number)")
            #expect(reply.result["currentPage"] == .int(Int64(number)) && reply.result["total"] == 25)
            let data = reply.result["data"].array ?? []
            #expect(data.count == count)
            names += data.compactMap { $0["name"].string }
        }
        #expect(names == (1...25).map { "c\($0)" })
        #expect(try await page("9").result["data"].array?.count == 5)
        for number in ["0", "-1", "-2", "x", ""] { #expect(try await page(number).isRefused("参数错误"), "\(number)") }
        #expect(try await site.get("selectClusterList").isRefused("参数错误"))
    }

    // cluster-deploy contract §6 cases 28, 29; §1.1
    @Test func `what is not there cannot be changed or removed, and strange calls are refused`() async throws {
        let site = try await ClusterSite()
        let id = try await site.create("one")
        let body = ClusterSite.cluster("two")
        #expect(try await site.post("updateCluster", body).isRefused("参数错误"))
        #expect(try await site.post("updateCluster", changed(body) { $0["id"] = "00000000" }).isRefused("没有查到"))
        let whatever = changed(body) { ($0["id"], $0["status"]) = (.string(id), "whatever") }
        #expect(try await site.post("updateCluster", whatever).isRefused("参数错误"))
        #expect(try await site.post("deleteCluster", ["id": "00000000"]).isRefused("没有查到"))
        #expect(try await site.post("deleteCluster", ["id": 7]).isRefused("参数错误"))
        #expect(try await site.all().count == 1)
        #expect(try await site.post("deleteCluster", ["id": .string(id)]).isOK)
        #expect(try await site.get("selectClusterList?page=1").message == "没有查到")
        for (method, path) in [("GET", "createCluster"), ("POST", "selectClusterList?page=1"), ("GET", "nothing")] {
            let reply = try await method == "GET" ? site.get(path) : site.post(path, [:])
            #expect(reply.status == 404 && reply.text == "404 page not found", "\(path)")
        }
    }

    // cluster-deploy contract §1.2; rulings §14
    @Test func `logins are recorded, and nobody tries passwords without end`() async throws {
        let site = try await ClusterSite(environment: [
            "MARTLET_CLUSTERS_PASSWORD": "open sesame", "MARTLET_LIMITS_WRONG_TOKENS": "3",
        ])
        #expect(try await site.post("login", ["password": "open sesame"]).isOK)
        for _ in 0..<2 { #expect(try await site.post("login", ["password": "yibasuo"]).isRefused("登陆错误：密码错误！")) }
        // Even the right one: whoever tries on must not learn it.
        #expect(try await site.post("login", ["password": "open sesame"]).status == 429)
        #expect(try await site.get("selectClusterList?page=1").status == 200)
        let trail = try await site.server.call(.GET, "/api/audit").json["items"].array ?? []
        let logins = trail.filter { $0["action"] == "POST /api/v1/login" }
        #expect(logins.map { $0["outcome"] } == ["unauthorised", "unauthorised", "done"], "\(trail)")
        #expect(logins.allSatisfy { $0["target"] == "login" && $0["address"] == "127.0.0.1" })
    }

    // cluster-deploy contract §1.2, §1.10; rulings §10
    @Test func `a login needs the configured password, and there is none by itself`() async throws {
        let site = try await ClusterSite()
        #expect(try await site.post("login", ["password": "yibasuo"]).message == "登陆错误：密码错误！")
        #expect(try await site.post("login", [:]).message == "登陆错误：密码错误！")
        let other = try await ClusterSite(environment: ["MARTLET_CLUSTERS_PASSWORD": "open sesame"])
        #expect(try await other.post("login", ["password": "yibasuo"]).isRefused("登陆错误：密码错误！"))
        #expect(try await other.post("login", ["password": "open sesame"]).isOK)
        let stored = try await ClusterSite(environment: ["MARTLET_CLUSTERS_PASSWORD": #"{"secret":"page"}"#])
        _ = try await stored.server.call(.PUT, "/api/secrets/page", body: ["value": "from the store"])
        #expect(try await stored.post("login", ["password": "from the store"]).isOK)
    }
}
