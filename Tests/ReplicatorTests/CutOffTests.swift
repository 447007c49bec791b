import Foundation
import ReplicationFixtures
import SQLClient
import Testing

@testable import Binlog
@testable import Replicator

/// contract §C.8: what a connection broke off is undone and comes again, in the same process.
@Suite(.serialized)
struct CutOffTests {
    @Test(arguments: FollowedPair.alike, [10, 900_000])
    func `CREATE TABLE AS SELECT cut off in its rows comes once and whole`(pair: FollowedPair, width: Int) throws {
        let follower = try pair.follower()
        try follower.follow { session in
            try session.run("CREATE TABLE a (id INT PRIMARY KEY, v LONGBLOB)")
            for id in 0..<5 { try session.run("INSERT INTO a VALUES (\(id), REPEAT('x', \(width)))") }
        }
        let start = try follower.now()
        let session = try follower.source.session()
        try session.run("CREATE TABLE \(follower.schema).b AS SELECT * FROM \(follower.schema).a")
        try session.run("DELETE FROM \(follower.schema).b WHERE id = 4")
        var items: [StreamItem] = []
        try follower.read(after: start, isMaria: session.flavor.isMaria) { item in
            items.append(item)
            return items.count { if case .end = $0 { true } else { false } } < 2
        }
        let rows = try #require(
            items.lastIndex { if case .rows(let event) = $0 { event.kind == .insert } else { false } })
        let end = try #require(items.compactMap { if case .end(let end) = $0 { end } else { nil } }.first)
        var options = try follower.options()
        options.executed = start
        let applier = try Applier(options)
        defer { applier.stop() }
        let cut = TransactionEnd(kind: .cut, identity: end.identity, file: end.file, position: end.position)
        for item in items[...rows] + [.end(cut)] { try applier.accept(item) }
        try applier.flush()
        #expect(!applier.progress.executed.contains(end.identity))
        let target = try follower.target.session()
        #expect(try target.value("SELECT COUNT(*) FROM \(follower.schema).b") == "0")
        for item in items { try applier.accept(item) }
        try applier.flush()
        #expect(applier.progress.executed.contains(end.identity))
        let found = "SELECT COUNT(*), SUM(id), SUM(LENGTH(v)) FROM \(follower.schema).b"
        #expect(try target.rows(found) == session.rows(found))
        let marks = "SELECT COUNT(*) FROM dtle.gtid_executed_v4 WHERE job_name = '\(follower.job)' AND gtid_set LIKE"
        #expect(try target.value("\(marks) 'ddl%'") == "0")
    }

    @Test func `what the source undid counts as executed, what was cut off does not`() throws {
        var tracker = ProgressTracker(ExecutedSet())
        let source = "b9e2f3f8-0001-11ee-8000-000000000001"
        for (index, kind) in [TransactionEnd.Kind.commit, .rollback, .cut, .rollback].enumerated() {
            let gtid = GTID(source: GTIDSource(server: try #require(SourceID(source))), number: Int64(index + 1))
            tracker.pass(TransactionEnd(kind: kind, identity: .mysql(gtid), file: "bin.1", position: 4), timestamp: 1)
        }
        #expect(tracker.progress.executed.text(isMariaDB: false) == "\(source):1-2:4")
    }
}
