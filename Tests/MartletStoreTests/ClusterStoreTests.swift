import Foundation
import GRDB
import MartletCore
import MartletTesting
import Testing

@testable import MartletStore

@Suite struct ClusterStoreTests {
    private let now = Date(milliseconds: 1_700_000_000_000)
    private let canary = "a password that nobody may see"

    private func store(_ harvest: RunHarvest = RunHarvest()) throws -> (SQLiteStore, URL) {
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent("clusters-\(UUID().uuidString)")
        return (try SQLiteStore(directory: directory, harvest: harvest), directory)
    }

    private func content(_ text: String = "{}", _ password: String? = nil) -> ClusterContent {
        ClusterContent(text: text, secrets: password.map { ["database": Secret($0)] } ?? [:])
    }

    private func insert(_ store: SQLiteStore, _ name: String, ids: [String] = ["00000001"]) async throws
        -> ClusterRecord
    {
        try await store.insert(
            cluster: name, ids: ids, status: "prepare", content("{}", canary), by: "admin", at: now)
    }

    private func run(_ key: String?, _ condition: ClusterCondition? = nil) -> NewRun {
        let job = Job(tasks: [TaskSpec(name: "t", spec: .null)])
        let id = RunID(high: UInt64.random(in: 1 ... .max), low: UInt64.random(in: 1 ... .max))
        let run = Run(
            id: id, job: job, params: [:], key: key, labels: [:], trigger: Trigger(source: "test"), createdAt: now)
        return NewRun(run: run, condition: condition)
    }

    @Test func `names and ids are unique, and clusters come in the order of their creation`() async throws {
        let (store, _) = try store()
        _ = try await insert(store, "b")
        let second = try await insert(store, "a", ids: ["00000001", "00000002"])
        #expect(second.id == "00000002")
        #expect(try await store.clusters().map(\.name) == ["b", "a"])
        await #expect(throws: ClusterClash.nameTaken) { try await insert(store, "a", ids: ["00000003"]) }
        await #expect(throws: ClusterClash.noID) { try await insert(store, "c", ids: ["00000001"]) }
        await #expect(throws: ClusterClash.nameTaken) {
            try await store.save(cluster: second, name: "b", status: "prepare", nil, by: "admin", at: now)
        }
    }

    @Test func `each save is a version with its own passwords, and nothing of them is in clear`() async throws {
        let (store, directory) = try store()
        let first = try await insert(store, "a")
        let second = try await store.save(
            cluster: first, name: "a", status: "prepare", content(#"{"n":2}"#, "another password"), by: "x", at: now)
        #expect(second.version == 2 && second.text == #"{"n":2}"#)
        #expect(try await store.clusterContent(of: "00000001", 1)?.secrets["database"] == Secret(canary))
        #expect(try await store.clusterContent(of: "00000001", 2)?.secrets["database"] == Secret("another password"))
        let versions = try await store.clusterVersions(of: "00000001", before: nil, limit: 10)
        #expect(versions.map(\.number) == [2, 1] && versions.map(\.savedBy) == ["x", "admin"])
        // A status alone makes none; what was changed meanwhile is not overwritten.
        let third = try await store.save(cluster: second, name: "a", status: "cancel", nil, by: "x", at: now)
        #expect(third.version == 2 && third.status == "cancel")
        await #expect(throws: ClusterClash.moved) {
            try await store.save(cluster: second, name: "a", status: "prepare", nil, by: "x", at: now)
        }
        await #expect(throws: ClusterClash.moved) { try await store.delete(cluster: first) }
        try await store.delete(cluster: third)
        #expect(try await store.clusterVersions(of: "00000001", before: nil, limit: 10).isEmpty)
        try store.close()
        let bytes = try Data(contentsOf: directory.appendingPathComponent("martlet.db"))
        #expect(bytes.range(of: Data(canary.utf8)) == nil)
    }

    @Test func `a password does not open as that of another version`() async throws {
        let (store, _) = try store()
        let record = try await insert(store, "a")
        _ = try await store.save(
            cluster: record, name: "a", status: "prepare", content("{}", "another password"), by: "x", at: now)
        try await store.pool.write { db in
            try db.execute(
                sql: """
                    UPDATE cluster_versions SET sealed = (SELECT sealed FROM cluster_versions WHERE version = 1)
                    WHERE version = 2
                    """)
        }
        await #expect(throws: (any Error).self) { try await store.clusterContent(of: "00000001", 2) }
    }

    @Test func `while a run holds the key nothing is changed`() async throws {
        let (store, _) = try store()
        let record = try await insert(store, "a")
        let item = try await store.insert(
            item: .host, ids: ["0000000a"], space: "", name: "h", content(), at: now)
        let new = run(ClusterLock.key)
        _ = try await store.insert([new], idempotency: nil)
        let busy = ClusterClash.busy(new.run.id)
        await #expect(throws: busy) { try await insert(store, "b", ids: ["00000002"]) }
        await #expect(throws: busy) {
            try await store.save(cluster: record, name: "a", status: "cancel", nil, by: "x", at: now)
        }
        await #expect(throws: busy) { try await store.delete(cluster: record) }
        await #expect(throws: busy) { try await store.delete(item: item) }
        await #expect(throws: busy) {
            try await store.save(item: item, space: "", name: "h", content(), at: now)
        }
        let condition = ClusterCondition(cluster: record.id, version: 1, status: "prepare", isAlone: false)
        await #expect(throws: busy) { try await store.insert([run(ClusterLock.key, condition)], idempotency: nil) }
    }

    @Test func `a run is stored only while what it was planned from is so`() async throws {
        let (store, _) = try store()
        let record = try await insert(store, "a")
        func condition(_ version: Int, _ status: String, alone: Bool = true) -> ClusterCondition {
            ClusterCondition(cluster: record.id, version: version, status: status, isAlone: alone)
        }
        for stale in [condition(2, "prepare"), condition(1, "cancel")] {
            await #expect(throws: ClusterClash.moved) { try await store.insert([run(nil, stale)], idempotency: nil) }
        }
        let other = try await insert(store, "b", ids: ["00000002"])
        _ = try await store.save(cluster: other, name: "b", status: "startsuccess", nil, by: "x", at: now)
        await #expect(throws: ClusterClash.otherStarted) {
            try await store.insert([run(nil, condition(1, "prepare"))], idempotency: nil)
        }
        _ = try await store.insert([run(nil, condition(1, "prepare", alone: false))], idempotency: nil)
    }

    @Test func `a run's end sets the status in its own transaction`() async throws {
        let harvest = RunHarvest()
        let (store, _) = try store(harvest)
        let record = try await insert(store, "a")
        func end(_ status: String, _ deploy: ClusterEnd.Deploy?) async throws -> ClusterRecord? {
            harvest.gather { _ in [.cluster(ClusterEnd(cluster: record.id, status: status, deploy: deploy))] }
            let new = run(nil)
            _ = try await store.insert([new], idempotency: nil)
            _ = try await store.update(new.run.id) { run in Update(try run.apply(.stop(.user), at: run.createdAt)) }
            return try await store.cluster(record.id)
        }
        let deployed = try await end("deploysuccess", .succeeded(version: 1))
        #expect(deployed?.status == "deploysuccess" && deployed?.deployed == 1 && deployed?.isDeployed == true)
        let started = try await end("startsuccess", nil)
        #expect(started?.status == "startsuccess" && started?.isDeployed == true)
        let failed = try await end("deployfailure", .failed)
        #expect(failed?.deployed == 1 && failed?.isDeployed == false)
        // What no status is keeps no run from ending.
        #expect(try await end("nonsense", nil)?.status == "deployfailure")
    }

    @Test func `hosts and templates have their names by kind and role`() async throws {
        let (store, _) = try store()
        func template(_ id: String, _ space: String) async throws -> ClusterItem {
            try await store.insert(
                item: .template, ids: [id], space: space, name: "n", content("{}", canary), at: now)
        }
        let first = try await template("0000000a", "master")
        _ = try await template("0000000b", "worker")
        await #expect(throws: ClusterClash.nameTaken) { _ = try await template("0000000c", "worker") }
        #expect(try await store.clusterItems(.host).isEmpty)
        #expect(try await store.clusterItems(.template).map(\.id) == ["0000000a", "0000000b"])
        #expect(try await store.clusterItemSecrets(.template, "0000000a") == ["database": Secret(canary)])
        let saved = try await store.save(item: first, space: "master", name: "m", content(), at: now)
        #expect(saved.version == 2 && saved.name == "m")
        #expect(try await store.clusterItemSecrets(.template, "0000000a").isEmpty)
        await #expect(throws: ClusterClash.moved) { try await store.delete(item: first) }
        try await store.delete(item: saved)
        #expect(try await store.clusterItems(.template).count == 1)
    }
}
