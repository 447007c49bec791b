import Foundation
import MartletCore
import Testing

/// A full disk, for real: the data directory on a tmpfs of its own. Mounting needs root.
@Suite struct DiskTests {
    @Test(.enabled(if: geteuid() == 0, "mounting a tmpfs needs root"))
    func `on a full disk the task goes on, the loss is told, and new runs are refused until there is room`()
        async throws
    {
        let mount = try SmallDisk(megabytes: 48)
        let server = try await Server(
            mount.scratch, data: mount.path + "/data",
            environment: ["MARTLET_LIMITS_MIN_FREE": "12MiB", "MARTLET_LOG_CAP": "1GiB"])
        let ballast = mount.path + "/ballast"
        #expect(FileManager.default.createFile(atPath: ballast, contents: Data(count: 20 << 20)))
        let done = mount.scratch.path("done")
        let id = try await server.submit([
            "command": ["sh", "-c", "yes 0123456789 | head -c 80000000; touch \"$DONE\"; exit 4"],
            "environment": ["DONE": .string(done)],
        ])
        _ = try await eventually("the task ends although nothing can be written") {
            FileManager.default.fileExists(atPath: done) ? true : nil
        }
        let refused = try await server.call(.POST, "/api/runs", body: ["command": ["true"]])
        #expect(refused.status == 503)
        #expect(refused.text.contains("limits.minFree"))

        try FileManager.default.removeItem(atPath: ballast)
        let run = try await server.ended(id)
        #expect(run["exitCode"] == 4)
        let history = try await server.call(.GET, "/api/runs/\(id)").text
        #expect(history.contains("could not be"), "the loss is told: \(history)")
        let log = try await server.log(id)
        #expect(log.hasPrefix("0123456789\n0123456789\n"))
        _ = try await eventually("new runs are taken again") {
            try await server.call(.POST, "/api/runs", body: ["command": ["true"]]).status == 202 ? true : nil
        }
    }
}

/// A tmpfs that the test made, unmounted with the value.
final class SmallDisk: Sendable {
    let path: String
    let scratch: Scratch

    init(megabytes: Int) throws {
        scratch = try Scratch()
        path = scratch.path("disk")
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        guard mount("tmpfs", path, "tmpfs", 0, "size=\(megabytes)m,mode=0700") == 0 else {
            throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO)
        }
    }

    deinit { umount2(path, Int32(MNT_DETACH)) }
}
