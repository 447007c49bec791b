import Foundation
import MartletCore
import Testing

/// `martlet restore`, also where the processes of the restored runs still live.
@Suite struct RestoreTests {
    @Test func `beside the original a restored copy loses its live runs and touches none of their processes`()
        async throws
    {
        let scratch = try Scratch()
        let server = try await Server(scratch)
        let go = scratch.path("go")
        let starts = scratch.path("starts")
        // Even a job that wants to be tried again when lost: what was live may be live still.
        let job = try await server.call(
            .PUT, "/api/jobs/long",
            body: [
                "command": [
                    "sh", "-c", "echo start >> \"$STARTS\"; while [ ! -e \"$GO\" ]; do sleep 0.05; done; exit 7",
                ],
                "environment": ["GO": .string(go), "STARTS": .string(starts)], "retryLost": true,
            ])
        #expect(job.status < 300, "\(job.text)")
        let live = try await server.submit(["job": "long"], key: "one")
        try await eventually("it started") { FileManager.default.fileExists(atPath: starts) ? true : nil }
        let backup = try await scratch.martlet(
            "backup", "--logs", "--data-dir", server.data, scratch.path("b.tar"))
        #expect(backup.code == 0 && backup.out.contains("1 runs were live"), "\(backup.out) \(backup.err)")

        let restore = try await scratch.martlet(
            "restore", "--data-dir", scratch.path("copy"), scratch.path("b.tar"))
        #expect(
            restore.out.contains("1 runs were live when the backup was made; the next start will mark them lost"),
            "\(restore.out) \(restore.err)")
        let copy = try await Server(scratch, data: scratch.path("copy"))
        let lost = try await copy.ended(live)
        #expect(lost["state"] == "lost" && lost["reason"]["code"] == "restored", "\(lost)")
        try await copy.stop()
        // Once more: the mark of the restore is gone, and nothing is found to adopt.
        let again = try await Server(scratch, data: scratch.path("copy"))
        #expect(try await again.run(live)["state"] == "lost")

        #expect(try await server.run(live)["state"] == "running")
        try Data().write(to: URL(filePath: go))
        #expect(try await server.ended(live)["exitCode"] == 7)
        #expect(try String(contentsOfFile: starts, encoding: .utf8) == "start\n")
    }

    @Test func `in the place of the original it waits for the server and for the tasks`() async throws {
        let scratch = try Scratch()
        let server = try await Server(scratch)
        let done = try await server.submit(["command": ["true"]])
        _ = try await server.ended(done)
        #expect(try await scratch.martlet("backup", "--data-dir", server.data, scratch.path("b.tar")).code == 0)
        let later = try await server.submit(["command": ["sleep", "600"]])
        _ = try await server.reaches(.running, later)

        let running = try await scratch.martlet("restore", "--force", "--data-dir", server.data, scratch.path("b.tar"))
        #expect(running.code == 1 && running.err.contains("in use by process \(server.child.pid)"), "\(running.err)")
        try await server.stop()
        let unforced = try await scratch.martlet("restore", "--data-dir", server.data, scratch.path("b.tar"))
        #expect(unforced.code == 1 && unforced.err.contains("--force"))
        let kept = try await scratch.martlet("restore", "--force", "--data-dir", server.data, scratch.path("b.tar"))
        #expect(kept.code == 1 && kept.err.contains("kill "), "\(kept.err)")
        let keeper = try #require(kept.err.split(whereSeparator: { !$0.isNumber }).last.flatMap { Int32($0) })
        kill(keeper, SIGTERM)
        let restored = try await eventually("the keeper is gone") {
            let result = try await scratch.martlet(
                "restore", "--force", "--json", "--data-dir", server.data, scratch.path("b.tar"))
            return result.code == 0 ? result : nil
        }
        let aside = try #require(restored.json["aside"].string)
        #expect(aside.hasPrefix(server.data + ".before-restore-"))
        #expect(FileManager.default.fileExists(atPath: aside + "/martlet.db"))
        let next = try await Server(scratch)
        #expect(try await next.run(done)["state"] == "succeeded")
        #expect(try await next.call(.GET, "/api/runs/\(later)").status == 404)
    }

    @Test func `a restore that did not end is no data directory, and is done again`() async throws {
        let scratch = try Scratch()
        let server = try await Server(scratch)
        let done = try await server.submit(["command": ["true"]])
        _ = try await server.ended(done)
        #expect(try await scratch.martlet("backup", "--data-dir", server.data, scratch.path("b.tar")).code == 0)
        // What a kill between two moves leaves.
        let half = scratch.path("half")
        try FileManager.default.createDirectory(atPath: half + "/.restoring", withIntermediateDirectories: true)
        try Data("half".utf8).write(to: URL(filePath: half + "/admin.token"))
        let refused = try await scratch.martlet("serve", "--data-dir", half, "--listen", "127.0.0.1:0")
        #expect(refused.code == 1 && refused.err.contains("run martlet restore again"), "\(refused.err)")
        #expect(!scratch.exists("half/martlet.db"))
        let again = try await scratch.martlet("restore", "--data-dir", half, scratch.path("b.tar"))
        #expect(again.code == 0, "\(again.err)")
        let copy = try await Server(scratch, data: half)
        #expect(try await copy.run(done)["state"] == "succeeded")
    }
}
