import Foundation
import MartletCore
import Testing

/// A cluster of the document on real SSH hosts, driven by the replaced system's API. Needs root.
@Suite(.serialized) struct HostDeployTests {
    private static func answers(_ url: String) async -> String? {
        try? await ScriptServer.send(.GET, to: url, nil, within: 60).text
    }

    /// Of each host, how many tasks changed it.
    private static func changes(_ structure: JSONValue) -> [String: JSONValue] {
        Dictionary(
            (structure["hosts"].array ?? []).map { ($0["host"].string ?? "", $0["changed"]) },
            uniquingKeysWith: { first, _ in first })
    }

    // cluster contract §6 cases 1, 16, 17, 19, 20, 23, 37, 43
    @Test func `a cluster is deployed, started, changed in one value, and stopped`() async throws {
        let site = try await HostSite(2)
        let server = try await site.server()
        let wrong = try await server.post(
            "createHost",
            ["ip": .string(site.ips[0]), "name": "h0", "port": 22, "root": "not the password", "remark": ""])
        #expect(wrong["code"] == 500 && wrong["message"].string?.contains("密码错误！！") == true, "\(wrong)")
        try await server.createHosts()
        try site.hosts("database", site.ips[0])
        let id = try await server.create(site.cluster())
        #expect(try await server.status(id) == "prepare")

        try await server.begin(.deploy, id)
        let refused = try await server.post("deleteCluster", ["id": .string(id)])
        #expect(refused["code"] == 500 && refused["message"].string?.contains("上一次执行未结束，请等待！！！") == true)
        let signal = try await server.over()
        let lines = try await server.log()
        #expect(
            signal == ["singnalType": "deployupdate", "success": true, "over": true], "\(lines.suffix(40))")
        #expect(try await server.status(id) == "deploysuccess")
        #expect(lines.first == "deployupdate" && lines.count > 50)
        let shape = /\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} p=\d+ u=\S+ \|  .*/
        #expect(lines.dropFirst().allSatisfy { $0.wholeMatch(of: shape) != nil })
        #expect(!lines.contains { $0.contains(HostSite.databasePassword) || $0.contains("Chevalier1!") })
        #expect(
            try site.on(site.ips[0], "grep master.reserved.memory /home/easy/ds/backend/conf/master.properties")
                .contains("0.5"))

        #expect(try await server.execute(.start, id) == (true, "startsuccess"))
        let api = "http://\(site.ips[1]):12345/dolphinscheduler/login"
        #expect(await Self.answers(api)?.contains("ApiApplicationServer") == true)
        #expect(await Self.answers("http://\(site.ips[0]):8888/dolphinscheduler/login")?.contains("Api") == true)
        #expect(try await server.get("currentState")["result"]["id"].string == id)
        let again = try await server.post("executeCluster", ["executeType": 2, "clusterId": .string(id)])
        #expect(again["code"] == 500, "a started cluster is not deployed to")

        #expect(try await server.execute(.stop, id) == (true, "stopsuccess"))
        #expect(await Self.answers(api) == nil)
        // Edited and deployed again: one value, one host.
        let edited = try await server.post("updateCluster", site.cluster(masterMemory: 0.75, id: id))
        #expect(edited["code"] == 200, "\(edited)")
        #expect(try await server.status(id) == "prepare")
        #expect(try await server.execute(.deploy, id) == (true, "deploysuccess"))
        let structure = try await server.structure()
        let changes = Self.changes(structure)
        #expect(structure["hasRecap"] == true && changes[site.ips[0]] == 1 && changes[site.ips[1]] == 0, "\(changes)")
        #expect(
            try site.on(site.ips[0], "grep master.reserved.memory /home/easy/ds/backend/conf/master.properties")
                .contains("0.75"))
        #expect(try site.on(site.ips[0], "cat /home/easy/ds/zookeeper-data/version-2/log.1") == "started\n")
    }

    // cluster contract §6 cases 31, 32, 35
    @Test func `a host that is away ends a deploy as a failure, and a killed server changes nothing`() async throws {
        let site = try await HostSite(2)
        var server = try await site.server()
        try await server.createHosts()
        try site.hosts("database", site.ips[0])
        let id = try await server.create(site.cluster())

        try await server.begin(.deploy, id)
        try await eventually("hosts are at work") {
            try await server.log().contains { $0.contains("TASK") }
        }
        try site.hosts("cut", site.ips[1])
        #expect(try await server.over()["success"] == false)
        #expect(try await server.status(id) == "deployfailure")
        try site.hosts("join", site.ips[1])

        try await server.begin(.deploy, id)
        try await eventually("hosts are at work") {
            try await server.log().contains { $0.contains("TASK") }
        }
        server.server.child.end()
        server = try await site.server()
        let signal = try await server.over()
        let lines = try await server.log()
        #expect(signal["success"] == true, "\(lines.suffix(20))")
        #expect(try await server.status(id) == "deploysuccess")

        try site.hosts("off", site.ips[1])
        #expect(try await server.execute(.start, id) == (false, "startfailure"))
        #expect(try await server.log().contains { $0.contains("UNREACHABLE") || $0.contains("unreachable=1") })
    }
}
