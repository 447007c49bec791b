import Foundation
import MartletCore
import Testing

/// Hosts and templates of configuration over the replaced system's API: cluster-deploy contract §1.8, §1.9.
@Suite struct ClusterItemTests {
    // cluster-deploy contract §6 case 43, with a stand-in for Ansible
    @Test func `a host is prepared before it is kept`() async throws {
        let site = try await ClusterSite()
        let body: JSONValue = [
            "ip": "192.0.2.10", "name": "h1", "port": 2222, "root": "root password", "remark": "rack 1",
        ]
        #expect(try await site.get("selectHostList").message == "查询错误")
        #expect(try await site.get("selectHostList?page=1").message == "没有查到")
        let made = try await site.post("createHost", body)
        #expect(made.isOK, "\(made.text)")
        let inventory = try site.calls().last?["inventory"].string ?? ""
        #expect(inventory.contains("192.0.2.10") && inventory.contains("2222") && !inventory.contains("root password"))
        let listed = try await site.get("selectHostList?page=1").result
        let host = listed["data"][0]
        let id = try #require(host["id"].string)
        #expect(listed["total"] == 1 && host["root"] == "••••••••" && host["port"] == 2222)
        #expect(try await site.get("executeResultSignal").result["singnalType"] == "deployupdate")

        #expect(try await site.post("createHost", body).isRefused("名称冲突"))
        let calls = try site.calls().count
        let bad: JSONValue = ["ip": "192.0.2.11", "name": "h2", "port": 0, "root": "x"]
        #expect(try await site.post("createHost", bad).isRefused("参数错误"))
        #expect(try await site.post("updateHost", ["name": "h1"]).isRefused("参数错误"))
        #expect(try site.calls().count == calls)

        try site.fail("192.0.2.12")
        let unreachable = try await site.post(
            "createHost", ["ip": "192.0.2.12", "name": "h3", "port": 22, "root": "right"])
        #expect(unreachable.isRefused("请检查端口或root密码是否正确！"), "\(unreachable.text)")
        try site.succeed()
        // The mask keeps the stored password.
        let same: JSONValue = [
            "id": .string(id), "ip": "192.0.2.10", "name": "h1", "port": 22, "root": "••••••••", "remark": "",
        ]
        #expect(try await site.post("updateHost", same).isOK)
        #expect(try await site.post("selectHost", ["id": .string(id)]).result["port"] == 22)
        try site.deny()
        let denied = try await site.post("createHost", ["ip": "192.0.2.13", "name": "h4", "port": 22, "root": "wrong"])
        #expect(denied.isRefused("密码错误！！"), "\(denied.text)")
        #expect(try await site.get("selectHostList?page=1").result["total"] == 1)
        #expect(try await site.post("deleteHost", ["id": .string(id)]).isOK)
        #expect(try await site.post("deleteHost", ["id": .string(id)]).isRefused("没有查到"))
    }

    // cluster-deploy contract §1.12: a registered port stands in the inventory of a deploy.
    @Test func `the port of a host is used when it is deployed to`() async throws {
        let site = try await ClusterSite()
        let host: JSONValue = ["ip": "192.0.2.1", "name": "h1", "port": 2022, "bootstrap": false]
        #expect(try await site.server.call(.POST, "/api/cluster-hosts", body: host).status == 201)
        #expect(try site.calls().isEmpty)
        let id = try await site.create("one", hosts: ["192.0.2.1", "192.0.2.2"])
        #expect(try await site.done(2, id) == "deploysuccess")
        let inventory = try site.calls().last?["inventory"].string ?? ""
        #expect(inventory.contains("ansible_port=2022"))
        #expect(inventory.split(separator: "\n").count { $0.contains("ansible_port") } == 1)
    }

    // cluster-deploy contract §6 case 44
    @Test func `templates come by role, with every value`() async throws {
        let site = try await ClusterSite()
        let roles: [String: JSONValue] = [
            "frontend": ["escProxyPort": 8888], "backend": ["serverPort": 12345],
            "alert": [
                "alertType": "mail", "mailProtocol": "SMTP", "mailSender": "a@b.c", "mailUser": "a@b.c",
                "mailPasswd": "pw", "mailServerHost": "smtp", "mailServerPort": 25, "mailSmtpSslEnable": false,
                "mailSmtpStarttlsEnable": false,
            ], "master": ["masterReservedMemory": 0], "worker": ["workerReservedMemory": .double(0.5)],
            "database": ["databaseType": "mysql", "databaseName": "ds", "account": "u", "password": "p"],
            "hadoop": ["fsDefaultFS": "file:///x"], "common": ["dataStore2hdfsBasepath": "file:///x"],
        ]
        for (role, values) in roles {
            var body = values.object ?? [:]
            (body["name"], body["typ"], body["remark"]) = ("first", .string(role), "r")
            #expect(try await site.post("createConfig", .object(body)).isOK, "\(role)")
            #expect(try await site.post("createConfig", .object(body)).isRefused("名称冲突"), "\(role)")
        }
        #expect(try await site.post("createConfig", ["name": "x", "typ": "foo"]).isRefused("参数错误"))
        let all = try await site.get("selectConfigList?typ=all").result
        #expect(Set((all.object ?? [:]).keys) == Set(roles.keys))
        #expect(all["alert"][0]["mailSmtpSslEnable"] == false && all["master"][0]["masterReservedMemory"] == 0)
        #expect(all["database"][0]["password"] == "••••••••" && all["alert"][0]["mailPasswd"] == "••••••••")
        #expect(try await site.get("selectConfigList?typ=master").message == "查询错误")
        let page = try await site.get("selectConfigList?page=1&typ=master").result
        #expect(page["total"] == 1 && page["data"][0]["typ"] == "master")
        let id = try #require(page["data"][0]["id"].string)
        let update: JSONValue = ["id": .string(id), "name": "first", "typ": "master", "masterReservedMemory": 2]
        #expect(try await site.post("updateConfig", update).isOK)
        #expect(try await site.post("selectConfig", ["id": .string(id)]).result["masterReservedMemory"] == 2)
        #expect(try await site.post("deleteConfig", ["id": .string(id)]).isOK)
        #expect(try await site.get("selectConfigList?typ=all").result["master"] == .null)
        #expect(try await site.get("selectConfigList?page=1&typ=master").message == "没有查到")
    }

    /// The page copies a template's values, and with them the mask.
    @Test func `a mask that was copied from a template stands for its password`() async throws {
        let site = try await ClusterSite()
        let template: JSONValue = [
            "name": "db", "typ": "database", "databaseType": "mysql", "databaseName": "dolphinscheduler",
            "account": "easy", "password": "of the template",
        ]
        func cluster(_ account: String) -> JSONValue {
            var body = ClusterSite.cluster("from \(account)").object ?? [:]
            body["roles"] = .array(
                (body["roles"]?.array ?? []).map { role in
                    guard role["roleName"] == "database" else { return role }
                    var role = role.object ?? [:]
                    role["roleBody"] = [
                        "databaseType": "mysql", "databaseName": "dolphinscheduler", "account": .string(account),
                        "password": "••••••••",
                    ]
                    return .object(role)
                })
            return .object(body)
        }
        #expect(try await site.post("createCluster", cluster("easy")).isRefused("角色信息错误"))
        #expect(try await site.post("createConfig", template).isOK)
        #expect(try await site.post("createCluster", cluster("easy")).isOK)
        let id = try await site.all()[0]["id"].string ?? ""
        let passwords = try await site.server.call(.GET, "/api/clusters/\(id)/passwords").json
        #expect(passwords["database"] == "of the template")
        // Another account is another password.
        #expect(try await site.post("createCluster", cluster("other")).isRefused("角色信息错误"))
    }
}
