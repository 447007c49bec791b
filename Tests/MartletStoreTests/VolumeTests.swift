import Foundation
import GRDB
import MartletCore
import Synchronization
import Testing

@testable import MartletStore

/// What ended runs leave: the catalogue of backups.
@Suite struct VolumeTests {
    private static let volume = VolumeName(app: "shop", proc: "shop.web", instance: 1, volume: "/data")
    private static let content = VolumeVersion.Content(snapshot: "0123abcd", node: "n1", files: 3, bytes: 500)

    /// A store whose runs leave what `yields` says.
    private func fixture(_ yields: @escaping @Sendable (Run) -> [RunYield]) throws -> StoreFixture {
        let harvest = RunHarvest()
        harvest.gather(yields)
        return try StoreFixture(harvest: harvest)
    }

    private static func version(
        _ volume: VolumeName = volume, _ mode: VolumeMode = .full, isPartial: Bool = false
    ) -> RunYield {
        // Each run makes a snapshot of its own.
        let number = snapshots.withLock { number in
            number += 1
            return number
        }
        var content = content
        content.snapshot = String(format: "%08x", number)
        return .version(volume, mode, content, isPartial: isPartial)
    }

    private static let snapshots = Mutex(0)

    @Test func `a version is there as soon as its run has ended, and not before`() async throws {
        let fixture = try fixture { _ in [Self.version()] }
        let run = fixture.run()
        try await fixture.insert(run)
        try await fixture.apply(.claim, to: run.id)
        #expect(try await fixture.store.volumeVersions(VolumeQuery()).isEmpty)
        try await fixture.end(run)
        let version = try #require(try await fixture.store.volumeVersions(VolumeQuery()).first)
        #expect(version.volume == Self.volume && version.content.files == Self.content.files && version.run == run.id)
        #expect(version.name == "shop-shop.web-1-data-1700000000.tar.gz" && version.createdAt == StoreFixture.start)
        #expect(try await fixture.store.volumeVersion(version.number) == version)
        #expect(try await fixture.store.volumeVersion(named: version.name) == version)
    }

    // backup contract §2.1 F11, §5 names
    @Test func `runs of one second have names of their own`() async throws {
        let fixture = try fixture { _ in [Self.version(), Self.version(Self.volume, .increment)] }
        for _ in 0..<3 { try await fixture.ended(fixture.run()) }
        let names = try await fixture.store.volumeVersions(VolumeQuery()).map(\.name).sorted()
        #expect(
            names == [
                "shop-shop.web-1-data-1700000000.tar.gz", "shop-shop.web-1-data-1700000001.tar.gz",
                "shop-shop.web-1-data-1700000002.tar.gz", "shop-shop.web-1-data@1700000000",
                "shop-shop.web-1-data@1700000001", "shop-shop.web-1-data@1700000002",
            ])
    }

    @Test func `a version that was found before its run ended is stored once`() async throws {
        let found = FoundVersion(
            volume: Self.volume, mode: .full, content: Self.content, second: 1_700_000_000, run: nil)
        let count = Mutex(0)
        let fixture = try fixture { _ in
            let isFirst = count.withLock { count in
                count += 1
                return count == 1
            }
            return isFirst ? [.found(found)] : [.version(Self.volume, .full, Self.content, isPartial: true)]
        }
        try await fixture.ended(fixture.run())
        let run = fixture.run()
        try await fixture.ended(run)
        let versions = try await fixture.store.volumeVersions(VolumeQuery())
        #expect(versions.count == 1 && versions[0].isPartial && versions[0].run == run.id)
    }

    @Test func `what ended runs leave can be asked for without end`() throws {
        let harvest = RunHarvest()
        harvest.gather { _ in [Self.version()] }
        let run = try StoreFixture().run()
        for _ in 0..<100_000 { #expect(harvest.yields(of: run).count == 1) }
    }

    @Test func `what cannot be stored keeps no run from ending, and is told`() async throws {
        let fixture = try fixture { _ in
            [Self.version(), Self.version(VolumeName(app: "", proc: "p", instance: 0, volume: ""))]
        }
        let id = try await fixture.ended(fixture.run())
        #expect(try await fixture.store.run(id)?.state == .succeeded)
        let notes = try await fixture.store.events(of: id, after: 0, limit: 10).compactMap(\.note)
        #expect(notes.count == 1 && notes.first?.hasPrefix("what this run leaves could not be stored") == true)
        #expect(try await fixture.store.volumeVersions(VolumeQuery()).isEmpty, "nothing half done is left")
    }

    // backup contract §7.2 B1, F46
    @Test func `versions are listed by app, proc and volume, newest first and in pages`() async throws {
        let other = VolumeName(app: "other", proc: "shop.web", instance: 1, volume: "/data")
        let fixture = try fixture { run in [Self.version(run.job.name == "other" ? other : Self.volume)] }
        for name in ["a", "other", "b", "c"] { try await fixture.ended(fixture.run(job: name)) }
        var query = VolumeQuery(volume: Self.volume)
        query.limit = 2
        let first = try await fixture.store.volumeVersions(query)
        #expect(first.map(\.number) == [4, 3])
        query.before = 3
        #expect(try await fixture.store.volumeVersions(query).map(\.number) == [1])
        #expect(try await fixture.store.volumeVersions(VolumeQuery(app: "other")).map(\.number) == [2])
        let records = try await fixture.store.volumeRecords(of: nil)
        #expect(Set(records.map(\.versions)) == [1, 3] && records.count == 2)
        #expect(try await fixture.store.volumeRecords(of: "other").map(\.volume) == [other])
        #expect(try await fixture.store.volumeRecords(of: "none").isEmpty)
        let made = try await fixture.store.volumeVersions(of: [first[0].run, first[1].run, RunID(high: 1, low: 1)])
        #expect(made.mapValues(\.number) == [first[0].run: 4, first[1].run: 3])
    }

    @Test func `states from before a restore are no backups`() async throws {
        let fixture = try fixture { _ in [Self.version(Self.volume, .safety)] }
        try await fixture.ended(fixture.run())
        #expect(try await fixture.store.volumeRecords(of: nil).isEmpty)
        #expect(try await fixture.store.volumeVersions(VolumeQuery()).first?.name.contains("-before-restore@") == true)
    }

    @Test func `removed versions are gone, and their numbers are not used again`() async throws {
        let fixture = try fixture { run in run.job.name == "remove" ? [.removed([1, 77])] : [Self.version()] }
        try await fixture.ended(fixture.run())
        try await fixture.ended(fixture.run(job: "remove"))
        #expect(try await fixture.store.volumeVersions(VolumeQuery()).isEmpty)
        try await fixture.ended(fixture.run())
        #expect(try await fixture.store.volumeVersions(VolumeQuery()).map(\.number) == [2])
    }

    @Test func `the last good proof is remembered`() async throws {
        let fixture = try fixture { run in
            let isGood = run.job.name == "good"
            let proof = VolumeProof(
                kind: .drill, isGood: isGood, at: run.createdAt, version: 1, took: .seconds(2), note: "x")
            var check = proof
            check.kind = .check
            return [.drill(Self.volume, proof), .check(app: "shop", check)]
        }
        let later = StoreFixture.start.addingTimeInterval(100)
        try await fixture.ended(fixture.run(job: "good"))
        try await fixture.ended(fixture.run(job: "bad", at: later))
        let proofs = try await fixture.store.volumeProofs(of: nil)
        for proof in [proofs.drills[Self.volume], proofs.checks["shop"]] {
            #expect(proof?.isGood == false && proof?.at == later && proof?.lastGoodAt == StoreFixture.start)
        }
        #expect(try await fixture.store.volumeProofs(of: "shop") == proofs)
        #expect(try await fixture.store.volumeProofs(of: "other") == VolumeProofs())
    }

    @Test func `a listing of a volume seeks`() async throws {
        let fixture = try StoreFixture()
        let plan = try await fixture.store.read { db in
            var query = VolumeQuery(volume: Self.volume)
            query.before = 5
            let (sql, arguments) = SQLiteStore.versions(query)
            return try Row.fetchAll(db, sql: "EXPLAIN QUERY PLAN " + sql, arguments: arguments).map {
                $0["detail"] as String
            }
        }
        #expect(plan.allSatisfy { !$0.hasPrefix("SCAN") && !$0.contains("TEMP B-TREE") }, "\(plan)")
    }
}
