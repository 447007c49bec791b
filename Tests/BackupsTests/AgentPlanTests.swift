import Foundation
import MartletCore
import MartletYAML
import Testing

@testable import Backups

/// What a controller wants of a node, on its way there.
@Suite struct AgentPlanTests {
    private static let text = """
        root: /vols
        nodes: {a: {address: 10.0.0.1}, b: {address: 10.0.0.2}}
        apps:
          shop:
            procs:
              shop.web.web:
                instances: {1: {node: a, containers: [c1, c2]}, 2: {node: b}}
                volumes:
                  /data:
                    backups:
                    - mode: full
                      schedule: '0 3 * * *'
                      expire: 30d
                      keep: {daily: 7}
                      minKeep: 2
                      exclude: ['*.tmp']
                      pre: {runner: container, command: [freeze, now], timeout: 5s, onError: continue}
                      post: {command: [/thaw]}
                      timeout: 2h
                  /own: {path: '/vols/own/{instance}', backups: [{mode: increment, schedule: '* * * * * *', frequent: true}]}
        """

    private func plan(_ node: String) throws -> AgentPlan {
        let inventory = try Inventory(parsing: YAMLDocument.parse(Self.text))
        var plan = AgentPlan(of: node, in: inventory, zone: "Asia/Shanghai", limit: 3)
        plan.passwords["shop"] = Secret("a password")
        return plan
    }

    @Test func `a plan arrives as it was sent, with the agent's own places`() throws {
        let sent = try plan("a")
        #expect(sent.volumes.count == 2)
        let got = try AgentPlan(parsing: sent.document(withPasswords: true), root: "/vols")
        #expect(got == sent && got.version == sent.version)
        let elsewhere = try AgentPlan(parsing: try plan("b").document(withPasswords: true), root: "/")
        #expect(elsewhere.volumes.map(\.path) == ["/shop/shop.web.web/2/data", "/vols/own/2"])
        #expect(!SpecCoding.text(sent.document(withPasswords: false)).contains("a password"))
    }

    @Test func `each change has another version, and nothing else has`() throws {
        let version = try plan("a").version
        #expect(try plan("a").version == version)
        var changed = try plan("a")
        changed.passwords["shop"] = Secret("another one")
        #expect(changed.version != version)
        changed = try plan("a")
        changed.volumes.removeAll()
        #expect(changed.version != version)
    }

    // backup contract §2.4 F49
    @Test(arguments: [
        ("path", "/etc", "volumes[0].path"), ("path", "/vols/../etc", "volumes[0].path"),
        ("path", "/vols", "volumes[0].path"), ("path", "/volsx/a", "volumes[0].path"),
        ("volume", "/../x", "volumes[0].volume"), ("app", "../x", "volumes[0].app"),
        ("proc", "a/b", "volumes[0].proc"),
    ])
    func `what leaves the agent's root is refused by its name`(_ member: String, _ value: String, _ field: String)
        throws
    {
        guard var document = try plan("a").document(withPasswords: true).object,
            var volumes = document["volumes"]?.array, var volume = volumes.first?.object
        else { throw MartletError(.internal, "no document") }
        volume[member] = .string(value)
        volumes[0] = .object(volume)
        document["volumes"] = .array(volumes)
        do {
            _ = try AgentPlan(parsing: .object(document), root: "/vols")
            Issue.record("it was taken")
        } catch {
            #expect(error.problems.map(\.field).contains(field), "\(error)")
        }
    }

    @Test func `the file of a plan has no password and survives`() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let settings = AgentSettings(node: "a", root: "/vols", dataDirectory: folder.path)
        let file = PlanFile(settings)
        let empty = try file.read()
        #expect(empty.plan == nil && empty.version == nil)
        var content = empty
        (content.version, content.plan) = ("v1", try plan("a"))
        try file.write(content)
        content.plan?.passwords = [:]
        #expect(try PlanFile(settings).read() == content)
        let text = try String(contentsOfFile: settings.planFile, encoding: .utf8)
        #expect(!text.contains("a password"))
        try Data("{".utf8).write(to: URL(filePath: settings.planFile))
        #expect(throws: MartletError.self) { try PlanFile(settings).read() }
    }
}
