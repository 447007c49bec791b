import Foundation
import MartletCore
import MartletYAML
import Testing

@testable import Backups

@Suite struct InventoryTests {
    private func read(_ text: String) throws -> Inventory { try Inventory(parsing: YAMLDocument.parse(text)) }

    /// Every problem of a document, by its path.
    private func problems(_ text: String) throws -> [String: String] {
        do {
            _ = try read(text)
            return [:]
        } catch let error as MartletError {
            return Dictionary(error.problems.map { ($0.field, $0.problem) }) { "\($0); \($1)" }
        }
    }

    @Test func `volumes of every instance are known with their rules and paths`() throws {
        let inventory = try read(
            """
            root: /srv/volumes
            defaults: {expire: 30d, exclude: ["*.tmp"]}
            apps:
              shop:
                procs:
                  shop.web.web:
                    instances: {1: {node: a, container: c1}, 2: {node: b}}
                    volumes:
                      /data:
                        drill: "0 5 * * 0"
                        backups:
                          - {mode: full, schedule: "0 3 * * *", pre: {runner: container, command: [freeze, now], timeout: 5s}}
                          - {mode: increment, expire: 10d, keep: {daily: 7}, exclude: []}
                      logs/app:
                        path: /var/log/{app}/{instance}
                        backups: [{mode: increment}]
            """)
        #expect(inventory.volumes.count == 4)
        let name = VolumeName(app: "shop", proc: "shop.web.web", instance: 1, volume: "/data")
        let data = try #require(inventory[name])
        #expect(data.path == "/srv/volumes/shop/shop.web.web/1/data" && data.node == "a" && data.containers == ["c1"])
        #expect(data.name.archive == "shop-shop.web.web-1-data" && data.drill == "0 5 * * 0")
        let full = try #require(data.rule(.full))
        #expect(full.retention == Retention(expire: TimeSpan("30d")) && full.exclude == ["*.tmp"])
        #expect(full.before?.command == ["freeze", "now"] && full.before?.runner == .container && full.after == nil)
        let increment = try #require(data.rule(.increment))
        #expect(increment.retention == Retention(expire: TimeSpan("10d"), keep: [.daily: 7]) && increment.exclude == [])
        let logs = inventory[VolumeName(app: "shop", proc: "shop.web.web", instance: 2, volume: "logs/app")]
        #expect(logs?.path == "/var/log/shop/2" && logs?.name.archive == "shop-shop.web.web-2-logs-app")
    }

    @Test func `the sample inventory is valid`() throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let inventory = try InventoryLoader.read(root.appending(path: "examples/volumes.yaml").path)
        #expect(inventory.volumes.count == 3 && inventory.volumes.allSatisfy { !$0.rules.isEmpty })
    }

    @Test func `an empty document has no volumes`() throws {
        #expect(try read("").volumes.isEmpty)
    }

    @Test func `every problem is told at once with its path`() throws {
        let found = try problems(
            """
            root: volumes
            defaults: {expire: soon, keep: {daily: -1}}
            apps:
              "-bad":
                procs: {web: {volumes: {/d: {backups: [{mode: full}]}}}}
              shop:
                surprise: 1
                procs:
                  web:
                    instances: [0]
                    volumes:
                      /data:
                        backups:
                          - {mode: mirror, pre: {runner: shell, command: []}}
                          - {schedule: x}
                      /none: {}
            """)
        for path in [
            "root", "defaults.expire", "defaults.keep.daily", "apps.-bad", "apps.shop.surprise",
            "apps.shop.procs.web.instances[0]", "apps.shop.procs.web.volumes./data.backups[0].mode",
            "apps.shop.procs.web.volumes./data.backups[0].pre.runner",
            "apps.shop.procs.web.volumes./data.backups[0].pre.command",
            "apps.shop.procs.web.volumes./data.backups[1].mode", "apps.shop.procs.web.volumes./none.backups",
        ] { #expect(found[path] != nil, "\(path) in \(found.keys.sorted())") }
    }

    // backup contract §7.1 A10, F49
    @Test(arguments: ["/../../other/data", "..", "/data/./x", "/", "", "/a\\nb"])
    func `a volume cannot lead out of its place`(volume: String) throws {
        let text = #"apps: {shop: {procs: {web: {volumes: {"\#(volume)": {backups: [{mode: full}]}}}}}}"#
        #expect(try !problems(text).isEmpty, "\(volume)")
    }

    @Test(arguments: ["/data/../etc", "etc", "/"])
    func `a path of its own is absolute and plain`(path: String) throws {
        let text = #"apps: {shop: {procs: {web: {volumes: {/d: {path: "\#(path)", backups: [{mode: full}]}}}}}}"#
        #expect(try problems(text).keys.contains { $0.hasSuffix("path") })
    }

    @Test(arguments: ["/srv/x", "/srv/x/", "/srv/x/inner"])
    func `no volume lies in another one of its machine`(path: String) throws {
        func text(_ node: String) -> String {
            """
            apps:
              shop:
                procs:
                  web: {volumes: {/a: {path: /srv/x, backups: [{mode: full}]}}}
                  db:
                    instances: {1: {\(node)}}
                    volumes: {/b: {path: "\(path)", backups: [{mode: full}]}}
            """
        }
        #expect(try problems(text("")).values.contains { $0.contains("lies below") })
        #expect(try read(text("node: elsewhere")).volumes.count == 2)
        #expect(
            try read("apps: {s: {procs: {w: {instances: [1, 2], volumes: {/a: {backups: [{mode: full}]}}}}}}").volumes
                .count == 2)
    }

    @Test func `two volumes must not share the names of their backups`() throws {
        let found = try problems(
            "apps: {shop: {procs: {web: {volumes: {/a/b: {backups: [{mode: full}]}, /a-b: {backups: [{mode: full}]}}}}}}"
        )
        #expect(found.values.contains { $0.contains("same names") })
    }
}
