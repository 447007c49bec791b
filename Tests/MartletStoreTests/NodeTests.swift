import Foundation
import GRDB
import MartletCore
import Testing

@testable import MartletStore

/// Nodes, and copies of their records.
@Suite struct NodeTests {
    private let fixture: StoreFixture
    private var store: SQLiteStore { fixture.store }
    private let start = StoreFixture.start
    private static let volume = VolumeName(app: "shop", proc: "shop.web", instance: 1, volume: "/data")
    private static let content = VolumeVersion.Content(snapshot: "0123abcd", node: "n", files: 3, bytes: 500)

    init() throws { fixture = try StoreFixture() }

    private func record(_ state: RunState, version: Int, run: RunID? = nil, app: String = "shop") -> NodeRecord {
        let volume = VolumeName(app: app, proc: "shop.web", instance: 1, volume: "/data")
        let made = NodeRecord.Made(mode: .full, content: Self.content, isPartial: true)
        return NodeRecord(
            run: run ?? RunID(high: 0x0123_4567_89AB_7000, low: 7), node: "", volume: volume, action: .backup,
            mode: .full, state: state, outcome: state.isEnd ? .warning : nil, reason: "why",
            trigger: Trigger(source: "schedule", caller: "full.x", due: start), createdAt: start, startedAt: start,
            endedAt: state.isEnd ? start.adding(.seconds(9)) : nil, progress: 0.5, message: "half",
            results: ["files": 3], version: version, made: state == .succeeded ? [made] : [])
    }

    private func take(_ records: [NodeRecord], of node: String = "a", cursor: Int64 = 1) async throws -> Int {
        try await store.take(
            NodeReport(node: node, instance: "i", cursor: cursor, records: records, plan: "p"), at: start
        ).count
    }

    // backup contract §6.2, §7.4 D2
    @Test func `a copy only moves forward, however often and in whatever order it is told`() async throws {
        try await store.save(node: KnownNode(name: "a", address: "127.0.0.1"))
        #expect(try await take([record(.succeeded, version: 6)], cursor: 40) == 1)
        for _ in 0..<5 { #expect(try await take([record(.succeeded, version: 6), record(.running, version: 3)]) == 0) }
        let copies = try await store.nodeRecords(NodeRecordQuery())
        var expected = record(.succeeded, version: 6)
        expected.node = "a"
        #expect(copies == [expected])
        let versions = try await store.volumeVersions(VolumeQuery())
        #expect(versions.count == 1 && versions[0].content.node == "a" && versions[0].isPartial)
        #expect(versions[0].run == expected.run && versions[0].createdAt == start)
        let node = try #require(try await store.nodes().first)
        #expect(node.cursor == 1 && node.instance == "i" && node.plan == "p" && node.heardAt == start)
    }

    @Test func `a record of one node is never another one's`() async throws {
        #expect(try await take([record(.running, version: 2)]) == 1)
        #expect(try await take([record(.succeeded, version: 9)], of: "b") == 0)
        #expect(try await store.nodeRecords(NodeRecordQuery()).map(\.state) == [.running])
        #expect(try await store.volumeVersions(VolumeQuery()).isEmpty)
    }

    @Test func `a version that was removed does not come back with an old record`() async throws {
        #expect(try await take([record(.succeeded, version: 6)]) == 1)
        let number = try #require(try await store.volumeVersions(VolumeQuery()).first?.number)
        try await store.writer.write {
            try $0.db.execute(sql: "DELETE FROM volume_versions WHERE number = ?", arguments: [number])
        }
        #expect(try await take([record(.succeeded, version: 6)]) == 0)
        #expect(try await store.volumeVersions(VolumeQuery()).isEmpty)
    }

    // backup contract §6.2: unknown rid → lost
    @Test func `what a node does not know is lost, until the node says better`() async throws {
        _ = try await take([record(.running, version: 2)])
        let id = record(.running, version: 2).run
        let late = start.adding(.seconds(60))
        #expect(try await store.lose([id], of: "b", why: "x", at: late).isEmpty)
        #expect(try await store.lose([id], of: "a", why: "gone", at: late).map(\.state) == [.lost])
        #expect(try await store.lose([id], of: "a", why: "again", at: late).isEmpty)
        let lost = try await store.nodeRecord(id)
        #expect(lost?.reason == "gone" && lost?.endedAt == late && lost?.outcome == .interrupted)
        #expect(try await take([record(.succeeded, version: 5)]) == 1)
        #expect(try await store.nodeRecord(id)?.state == .succeeded)
    }

    @Test func `copies are listed by app and node, page by page, and go with their age`() async throws {
        for number in 1...5 {
            let run = RunID(high: 0x0123_4567_89AB_7000 + UInt64(number) << 16, low: 1)
            _ = try await take(
                [
                    record(
                        number == 5 ? .running : .succeeded, version: 2, run: run, app: number == 1 ? "other" : "shop")
                ],
                of: number == 2 ? "b" : "a")
        }
        var query = NodeRecordQuery(app: "shop", node: "a")
        query.limit = 2
        let page = try await store.nodeRecords(query)
        query.before = page.last?.run
        let rest = try await store.nodeRecords(query)
        #expect(page.count == 2 && rest.count == 0 || rest.count == 1)
        #expect(page.map(\.run) == page.map(\.run).sorted(by: >))
        #expect(try await store.nodeRecords(NodeRecordQuery(node: "a", isOpen: true)).count == 1)
        #expect(try await store.deleteNodeRecords(before: start.adding(.seconds(9)), limit: 10) == 0)
        #expect(try await store.deleteNodeRecords(before: start.adding(.seconds(10)), limit: 3) == 3)
        #expect(try await store.deleteNodeRecords(before: start.adding(.seconds(10)), limit: 3) == 1)
        #expect(try await store.nodeRecords(NodeRecordQuery()).map(\.state) == [.running])
    }

    @Test func `listings of copies search by an index`() async throws {
        for query in [
            NodeRecordQuery(), NodeRecordQuery(app: "shop"), NodeRecordQuery(node: "a", isOpen: true),
        ] {
            let (sql, arguments) = SQLiteStore.nodeRecords(query)
            let plan = try await store.read { db in
                try Row.fetchAll(db, sql: "EXPLAIN QUERY PLAN " + sql, arguments: arguments).map {
                    $0["detail"] as String
                }
            }
            #expect(!plan.joined().contains("TEMP B-TREE"), "\(plan)")
        }
    }
}
