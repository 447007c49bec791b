import Foundation
import MartletCore
import ReplicationFixtures
import Replicator
import SQLClient
import Testing

/// contract §F.17 for whole jobs: both products as source and as target, each task a process of its own.
@Suite(.serialized)
struct PairTests {
    /// What both sides of the pair can hold.
    private static func types(_ pair: ServerPair) -> [TypeCase] {
        TypeMatrix.all.filter { type in
            // Servers do not show labels of four-byte characters: the copy refuses them.
            if type.type.hasPrefix("ENUM("), type.type.contains("🐦") { return false }
            return switch type.support {
            case .both: true
            case .maria: pair.source == .maria && pair.target == .maria
            // SQL values inside of JSON come as JSON's own numbers and texts.
            case .mysql: pair.source == .mysql && pair.target == .mysql && type.type != "JSON"
            }
        }
    }

    @Test(arguments: ServerPair.all)
    func `all types are copied and followed, and verify finds them equal`(pair: ServerPair) async throws {
        let (source, target) = (try TestServer.shared(pair.source), try TestServer.sharedTarget(pair.target))
        let schema = "pair\(UInt32.random(in: 0...UInt32.max))"
        let types = Self.types(pair)
        let session = try source.session()
        try session.run("SET SESSION sql_mode='', time_zone='+00:00'")
        try session.run("CREATE DATABASE \(schema) CHARACTER SET utf8mb4")
        try session.run("USE \(schema)")
        for (index, type) in types.enumerated() {
            try session.run("CREATE TABLE t\(index) (id INT PRIMARY KEY, v \(type.type))")
            for (row, value) in type.values.enumerated() {
                try session.run("INSERT INTO t\(index) VALUES (\(row), \(value)), (\(100 + row), NULL)")
            }
        }
        try session.run("CREATE TABLE done (id INT PRIMARY KEY)")
        let job = try RunningJob(
            source, target, source: ["ReplicateDoDb": [["TableSchema": .string(schema)]], "ChunkSize": 3])
        let runs = try job.startBoth()
        let report = try await runs.target.until("it follows") { $0.state == .applying }
        #expect(report.full?.done == true)
        for (index, type) in types.enumerated() {
            for (row, value) in type.values.enumerated() {
                try session.run("INSERT INTO t\(index) VALUES (\(200 + row), \(value)), (\(300 + row), NULL)")
                try session.run("UPDATE t\(index) SET v = \(value) WHERE id = \(100 + row)")
                try session.run("UPDATE t\(index) SET v = NULL WHERE id = \(row) AND id % 2 = 0")
                try session.run("DELETE FROM t\(index) WHERE id = \(300 + row)")
            }
        }
        try session.run("INSERT INTO done VALUES (1)")
        let other = try target.session()
        try await Patience.until(
            "all is applied", or: { "\(runs.target.errorText) \(String(describing: runs.target.report))" }
        ) {
            try other.value("SELECT COUNT(*) FROM \(schema).done") == "1"
        }
        // MySQL writes JSON in a form of its own, MariaDB keeps the text.
        let isReformed = pair.source == .maria && pair.target == .mysql
        for (index, type) in types.enumerated() where !(isReformed && type.type == "JSON") {
            let table = "\(schema).t\(index)"
            let rows = try Follower.rows(source, table)
            #expect(try rows == Follower.rows(target, table), "\(type.type)")
            #expect(!rows.isEmpty)
        }
        let verify = try job.start(.verify)
        let code = try await verify.exit(within: 300)
        #expect(code == 0, "\(verify.errorText) \(String(describing: verify.report?.verify))")
        #expect(verify.report?.verify?.object?["tables"]?.array?.count == types.count + 1)
        #expect(runs.target.report?.incremental.mismatches == 0)
        #expect(try await runs.target.stop() == 0)
    }
}
