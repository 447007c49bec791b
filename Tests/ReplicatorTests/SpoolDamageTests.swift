import Foundation
import MartletCore
import ReplicationFixtures
import Replicator
import SQLClient
import Testing

/// What a disk lost of the spool is read from the source again.
@Suite(.serialized)
struct SpoolDamageTests {
    @Test(arguments: zip(TestServer.available, [true, false]))
    func `a damaged segment is read again`(product: TestServer.Product, isRelay: Bool) async throws {
        let data = try JobData(try TestServer.shared(product), try TestServer.sharedTarget(product))
        let job = try data.job(source: ["BinlogRelay": .bool(isRelay)], spoolLimit: 8 << 20)
        let runs = try job.startBoth()
        let report = try await runs.target.until("it follows") { $0.state == .applying }
        let (source, holder) = (try data.source.session(), try data.target.session())
        try holder.run("LOCK TABLES \(data.schema).keyless WRITE")
        try source.run("INSERT INTO \(data.schema).keyless VALUES (1, 'waits')")
        for _ in 0..<100 { try source.run("INSERT INTO \(data.schema).rows_ (n, t) VALUES (1, REPEAT('y', 60000))") }
        let third = job.folder.appendingPathComponent("spool/3.spool").path
        try await Patience.until("three segments are there") { FileManager.default.fileExists(atPath: third) }
        runs.target.kill(SIGKILL)
        _ = try await runs.target.exit()
        try holder.run("UNLOCK TABLES")
        let segment = job.folder.appendingPathComponent("spool/1.spool")
        var bytes = try Data(contentsOf: segment)
        bytes[bytes.count / 2] ^= 1
        try bytes.write(to: segment)
        let target = try job.start(.target, kv: ["present": true, "Gtid": .string(report.gtid)])
        try await data.untilEqual(target, within: 30)
        // Both sides may be equal before that place is read.
        _ = try await target.until("the damage is told") {
            $0.lastError?.text.contains("the spool is damaged in segment 1") == true
        }
        try source.run("INSERT INTO \(data.schema).keyless VALUES (2, 'goes on')")
        try await data.untilEqual(target, within: 30)
        #expect(try await target.stop() == 0)
    }
}
