import Foundation
import MartletCore
import Testing

/// The process of a replication by itself.
@Suite struct ReplicationWorkerTests {
    @Test func `a process whose folder is removed before it is answered asks in a new one`() async throws {
        let scratch = try Scratch()
        let folder = scratch.path("folder")
        let spec: JSONValue = [
            "role": "target", "job": "orders", "folder": .string(folder),
            "config": ["ConnectionConfig": ["Host": "127.0.0.1", "Port": 1, "User": "r", "Password": "DTLE_SECRET_1"]],
        ]
        let text = String(decoding: try JSONEncoder().encode(spec), as: UTF8.self)
        let child = try scratch.start(["replication-worker", text], environment: ["DTLE_SECRET_1": "secret"])
        defer { child.end() }
        func asks() async throws {
            try await eventually("it asks") { FileManager.default.fileExists(atPath: folder + "/target.ask") }
        }
        try await asks()
        try FileManager.default.moveItem(atPath: folder, toPath: folder + "-gone")
        try await asks()
        child.signal(SIGTERM)
        #expect(try await child.ended() == 0)
    }
}
