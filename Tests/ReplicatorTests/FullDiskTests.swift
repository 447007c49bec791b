import Foundation
import MartletCore
import ReplicationFixtures
import Replicator
import SQLClient
import Testing

/// The spool's disk has no room: reading waits, and goes on when there is some.
struct FullDiskTests {
    /// Whether this user may mount a small disk; said where not.
    private static let mayMount: Bool = {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
            "mount-\(UUID().uuidString.prefix(8))")
        defer { try? FileManager.default.removeItem(at: folder) }
        guard mount(folder) else {
            print("WARNING: this user may not mount: the test of a full disk is skipped")
            return false
        }
        run("umount", folder.path)
        return true
    }()

    @discardableResult
    private static func run(_ arguments: String...) -> Bool {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = arguments
        process.standardError = FileHandle.nullDevice
        guard (try? process.run()) != nil else { return false }
        process.waitUntilExit()
        return process.terminationStatus == 0
    }

    private static func mount(_ folder: URL) -> Bool {
        try? FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        return run("mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", folder.path)
    }

    @Test(.enabled(if: mayMount))
    func `a full disk stops reading until there is room`() async throws {
        let product = try #require(TestServer.available.first)
        let data = try JobData(try TestServer.shared(product), try TestServer.sharedTarget(product))
        let job = try data.job()
        try #require(Self.mount(job.folder))
        defer { Self.run("umount", "-l", job.folder.path) }
        let runs = try job.startBoth()
        try await runs.target.until("it follows") { $0.state == .applying }
        let ballast = job.folder.appendingPathComponent("ballast")
        var size = 8 << 20
        try Data().write(to: ballast)
        let handle = try FileHandle(forWritingTo: ballast)
        while size >= 512 { do { try handle.write(contentsOf: Data(count: size)) } catch { size /= 2 } }
        try data.fill(rows: 20_000)
        try data.write(changes: 50)
        try await Task.sleep(for: .seconds(3))
        #expect(try !data.isEqual)
        #expect(runs.target.isRunning)
        try FileManager.default.removeItem(at: ballast)
        try handle.close()
        try await data.untilEqual(runs.target)
        #expect(runs.target.report?.events.contains { $0.text.contains("No space left") } == true)
        #expect(try await runs.target.stop() == 0)
    }
}
