import Foundation
import MartletCore
import Testing

/// The server's own log as a file of a real server.
@Suite struct OwnLogTests {
    private func text(_ path: String) -> String { (try? String(contentsOfFile: path, encoding: .utf8)) ?? "" }

    @Test func `the log is rotated by size, and SIGHUP opens it anew when somebody else renamed it`() async throws {
        let scratch = try Scratch()
        let log = scratch.path("martlet.log")
        let server = try await Server(
            scratch,
            environment: [
                "MARTLET_LOG_FILE": log, "MARTLET_LOG_MAX_BYTES": "4KiB", "MARTLET_LOG_FILES": "3",
                "MARTLET_LOG_LEVEL": "trace",
            ])
        try await eventually("it was rotated three times") {
            _ = try await server.call(.GET, "/api/runs")
            return FileManager.default.fileExists(atPath: log + ".3") ? true : nil
        }
        for _ in 0..<100 { _ = try await server.call(.GET, "/api/runs") }
        #expect(!FileManager.default.fileExists(atPath: log + ".4"))
        // A file may have no name for a moment: they are renamed one after another.
        let sizes: [Int] = try await eventually("all files are there") {
            let files = ["", ".1", ".2", ".3"].compactMap { FileManager.default.contents(atPath: log + $0) }
            return files.count == 4 ? files.map(\.count) : nil
        }
        #expect(sizes.allSatisfy { $0 < 16 << 10 }, "\(sizes)")

        try FileManager.default.moveItem(atPath: log, toPath: scratch.path("taken-away"))
        server.child.signal(SIGHUP)
        try await eventually("a fresh file tells of the reload") {
            text(log).contains("reloaded") || text(log + ".1").contains("reloaded") ? true : nil
        }
    }

    @Test(.enabled(if: geteuid() == 0, "mounting a tmpfs needs root"))
    func `on a full disk the server goes on, and the log tells how many lines were dropped`() async throws {
        let mount = try SmallDisk(megabytes: 8)
        let log = mount.path + "/martlet.log"
        let server = try await Server(
            mount.scratch, environment: ["MARTLET_LOG_FILE": log, "MARTLET_LOG_LEVEL": "trace"])
        let ballast = mount.path + "/ballast"
        _ = FileManager.default.createFile(atPath: ballast, contents: nil)
        let file = try FileHandle(forWritingTo: URL(filePath: ballast))
        while (try? file.write(contentsOf: Data(count: 4096))) != nil {}
        try file.close()
        // What is left is the page that the log has begun.
        for _ in 0..<100 { _ = try await server.call(.GET, "/api/runs") }
        let id = try await server.submit(["command": ["true"]])
        #expect(try await server.ended(id)["state"] == "succeeded")
        try FileManager.default.removeItem(atPath: ballast)
        try await eventually("the loss is told") {
            _ = try await server.call(.GET, "/api/runs")
            return text(log).contains("lines of this log could not be written") ? true : nil
        }
        let line = try #require(text(log).split(separator: "\n").first { $0.contains("could not be written") })
        #expect(line.contains("error=No space left on device"), "\(line)")
        #expect(line.firstMatch(of: /dropped=[1-9]/) != nil, "\(line)")
        let times = text(log).split(separator: "\n").map { $0.matches(of: /\d\d-\d\dT\d\d:/).count }
        #expect(times.allSatisfy { $0 == 1 }, "no half lines: \(text(log))")
    }
}
