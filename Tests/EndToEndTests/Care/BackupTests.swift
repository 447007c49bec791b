import Foundation
import MartletCore
import Synchronization
import Testing

/// Ids that a server has answered with 202, from several clients.
private final class Acknowledged: Sendable {
    private let state = Mutex<(ids: [String], isEnough: Bool)>(([], false))
    var ids: [String] { state.withLock { $0.ids } }
    var isEnough: Bool { state.withLock { $0.isEnough } }
    func add(_ id: String) { state.withLock { $0.ids.append(id) } }
    func stop() { state.withLock { $0.isEnough = true } }
}

/// `martlet backup` beside a server that works.
@Suite struct BackupTests {
    @Test func `a backup under load opens again and has every run that was acknowledged before it began`() async throws
    {
        let scratch = try Scratch()
        let server = try await Server(scratch, environment: ["MARTLET_LIMITS_RUNS": "4"])
        let acknowledged = Acknowledged()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    while !acknowledged.isEnough {
                        acknowledged.add(try await server.submit(["command": ["sh", "-c", "echo hello"]]))
                    }
                }
            }
            try await eventually("runs are accepted") {
                acknowledged.ids.count >= 300 ? true : nil
            }
            for (round, name) in ["b.tar", "b.tar.gz"].enumerated() {
                let before = acknowledged.ids
                let backup = try await scratch.martlet("backup", "--data-dir", server.data, scratch.path(name))
                #expect(backup.code == 0, "\(backup.err)")
                #expect(acknowledged.ids.count > before.count, "the server took runs while it was backed up")
                let restored = "restored-\(round)"
                let restore = try await scratch.martlet(
                    "restore", "--data-dir", scratch.path(restored), scratch.path(name))
                #expect(restore.code == 0, "\(restore.err)")
                let copy = try await Server(
                    scratch, data: scratch.path(restored), environment: ["MARTLET_LIMITS_RUNS": "0"])
                let kept = try await copy.runIDs()
                #expect(before.allSatisfy(kept.contains), "\(before.count) acknowledged, \(kept.count) restored")
                try await copy.stop()
            }
            acknowledged.stop()
            try await group.waitForAll()
        }
    }

    @Test func `a restored store opens its secrets, and the old token is good`() async throws {
        let scratch = try Scratch()
        let server = try await Server(scratch, environment: ["MARTLET_LIMITS_RUNS": "0"])
        let id = try await server.submit([
            "command": ["sh", "-c", "exit ${#PASS}"], "secrets": ["PASS": "correct-horse"],
        ])
        let job = try await server.call(.PUT, "/api/jobs/kept", body: ["command": ["true"]])
        #expect(job.status < 300)
        #expect(try await scratch.martlet("backup", "--data-dir", server.data, scratch.path("b.tar")).code == 0)
        try await server.stop()
        let restore = try await scratch.martlet(
            "restore", "--data-dir", scratch.path("other"), scratch.path("b.tar"))
        #expect(restore.out.contains("1 runs waited"), "\(restore.out)")
        let copy = try await Server(scratch, data: scratch.path("other"))
        #expect(copy.token == server.token)
        #expect(try await copy.ended(id)["exitCode"] == 13)
        #expect(try await copy.call(.GET, "/api/jobs/kept").status == 200)
    }

    @Test func `logs of ended runs come along when asked for, and those of live ones never`() async throws {
        let scratch = try Scratch()
        let server = try await Server(scratch)
        let ended = try await server.submit(["command": ["echo", "kept line"]])
        _ = try await server.ended(ended)
        let live = try await server.submit(["command": ["sleep", "600"]])
        _ = try await server.reaches(.running, live)
        try FileManager.default.createDirectory(atPath: server.data + "/jobs.d", withIntermediateDirectories: false)
        try Data("command: [echo, stored]\n".utf8).write(to: URL(filePath: server.data + "/jobs.d/stored.yaml"))
        let backup = try await scratch.martlet(
            "backup", "--logs", "--json", "--data-dir", server.data, scratch.path("b.tgz"))
        #expect(backup.json["live"] == 1, "\(backup.out) \(backup.err)")
        let restore = try await scratch.martlet(
            "restore", "--json", "--data-dir", scratch.path("other"), scratch.path("b.tgz"))
        #expect(restore.json["live"] == 1, "\(restore.err)")
        #expect(scratch.exists("other/jobs.d/stored.yaml"))
        #expect(!scratch.exists("other/runs/\(live.suffix(2))/\(live)"))
        let copy = try await Server(scratch, data: scratch.path("other"))
        #expect(try await copy.log(ended) == "kept line\n")
        #expect(try await server.run(live)["state"] == "running")
        #expect(try await server.call(.POST, "/api/runs/\(live)/stop").status < 300)
        #expect(try await server.ended(live)["state"] == "cancelled")
    }

    @Test func `a killed backup leaves no file, and the next one cleans up after it`() async throws {
        let scratch = try Scratch()
        let server = try await Server(scratch)
        let big = URL(filePath: server.data + "/logs/Big.log")
        #expect(FileManager.default.createFile(atPath: big.path, contents: nil))
        try FileHandle(forWritingTo: big).truncate(atOffset: 400 << 20)
        for step in ["martlet.db", "archive"] {
            let isKilled = try await kill(at: step, of: scratch, server)
            #expect(isKilled, "no backup of twenty was caught at \(step)")
            #expect(!scratch.exists("b.tar"))
        }
        #expect(scratch.exists("b.tar.new"))
        let whole = try await scratch.martlet("backup", "--data-dir", server.data, scratch.path("b.tar"))
        #expect(whole.code == 0 && scratch.exists("b.tar") && !scratch.exists("b.tar.new"), "\(whole.err)")
    }

    /// Kills a backup when it has got as far as `step`. On a busy machine one may end unseen: then another is begun.
    private func kill(at step: String, of scratch: Scratch, _ server: Server) async throws -> Bool {
        for _ in 0..<20 {
            let child = try scratch.start(["backup", "--logs", "--data-dir", server.data, scratch.path("b.tar")])
            let isThere = try await eventually("the backup is at \(step)") {
                scratch.exists("b.tar.new/\(step)") ? true : child.reaped() == nil ? nil : false
            }
            child.signal(SIGKILL)
            if try await child.ended() == 137, isThere, !scratch.exists("b.tar") { return true }
            try? FileManager.default.removeItem(atPath: scratch.path("b.tar"))
        }
        return false
    }

    @Test func `a backup replaces nothing unasked, and is its owner's alone`() async throws {
        let scratch = try Scratch()
        let server = try await Server(scratch)
        try Data("mine".utf8).write(to: scratch.url.appending(path: "b.tar"))
        let refused = try await scratch.martlet("backup", "--data-dir", server.data, scratch.path("b.tar"))
        #expect(refused.code == 1 && refused.err.contains("--force"))
        #expect(try String(contentsOfFile: scratch.path("b.tar"), encoding: .utf8) == "mine")
        #expect(
            try await scratch.martlet("backup", "--force", "--data-dir", server.data, scratch.path("b.tar")).code == 0)
        let mode = try FileManager.default.attributesOfItem(atPath: scratch.path("b.tar"))[.posixPermissions]
        #expect(mode as? NSNumber == 0o600)
        #expect(!scratch.exists("b.tar.new"))
    }

    @Test(.enabled(if: geteuid() == 0, "mounting a tmpfs needs root"))
    func `a backup that finds no room leaves nothing, and keeps what must stay free`() async throws {
        let mount = try SmallDisk(megabytes: 8)
        let scratch = mount.scratch
        let server = try await Server(scratch)
        try Data((0..<(16 << 20)).map { _ in UInt8.random(in: 0...255) })
            .write(to: URL(filePath: server.data + "/logs/Big.log"))
        for name in ["b.tar", "b.tar.gz"] {
            let full = try await scratch.martlet(
                "backup", "--logs", "--data-dir", server.data, "\(mount.path)/\(name)")
            #expect(full.code == 1 && full.err.contains(name), "\(full.err)")
            #expect(try FileManager.default.contentsOfDirectory(atPath: mount.path) == [], "\(full.err)")
        }
        let reserved = try await scratch.martlet(
            "backup", "--data-dir", server.data, scratch.path("b.tar"),
            environment: ["MARTLET_LIMITS_MIN_FREE": "1000TiB"])
        #expect(reserved.code == 1 && reserved.err.contains("limits.minFree"), "\(reserved.err)")
        #expect(!scratch.exists("b.tar"))
    }

    @Test func `a damaged database or a foreign key makes no backup`() async throws {
        let scratch = try Scratch()
        let server = try await Server(scratch)
        for _ in 0..<100 { _ = try await server.submit(["command": ["true"]]) }
        try await server.stop()
        let key = URL(filePath: server.data + "/secret.key")
        let bytes = try Data(contentsOf: key)
        try Data(bytes.reversed()).write(to: key)
        let foreign = try await scratch.martlet("backup", "--data-dir", server.data, scratch.path("b.tar"))
        #expect(foreign.code == 1 && foreign.err.contains("not the key"), "\(foreign.err)")
        try bytes.write(to: key)
        try Damage.pages(of: server.data + "/martlet.db")
        let damaged = try await scratch.martlet("backup", "--data-dir", server.data, scratch.path("b.tar"))
        #expect(damaged.code == 1 && damaged.err.contains("damaged"), "\(damaged.err)")
        #expect(!scratch.exists("b.tar") && !scratch.exists("b.tar.new"))
    }

    @Test(.enabled(if: geteuid() == 0, "changing the user needs root"))
    func `only the owner of a data directory backs it up and restores it`() async throws {
        let scratch = try Scratch()
        let nobody: UInt32 = 65534
        let server = try await Server(scratch)
        chmod(scratch.url.path, 0o755)
        let open = scratch.path("open")
        try FileManager.default.createDirectory(atPath: open, withIntermediateDirectories: false)
        chown(open, nobody, nobody)
        let foreign = try await scratch.martlet("backup", "--data-dir", server.data, open + "/b.tar", user: nobody)
        #expect(foreign.code == 1 && foreign.err.contains("belongs to user 0"), "\(foreign.err)")

        #expect(try await scratch.martlet("backup", "--data-dir", server.data, open + "/b.tar").code == 0)
        chown(open + "/b.tar", nobody, nobody)
        // As packages make it: the directory is the service's, its parent is not.
        let home = scratch.path("home")
        try FileManager.default.createDirectory(atPath: home, withIntermediateDirectories: false)
        chown(home, nobody, nobody)
        let asRoot = try await scratch.martlet("restore", "--data-dir", home, open + "/b.tar")
        #expect(asRoot.code == 1 && asRoot.err.contains("sudo -u"), "\(asRoot.err)")
        let restored = try await scratch.martlet("restore", "--data-dir", home, open + "/b.tar", user: nobody)
        #expect(restored.code == 0, "\(restored.err)")
        #expect(Set(scratch.names).contains("home") && !scratch.names.contains { $0.hasSuffix(".restoring") })
        let back = try await scratch.martlet("backup", "--data-dir", home, open + "/c.tar", user: nobody)
        #expect(back.code == 0, "\(back.err)")
        let rootsBackup = try await scratch.martlet("backup", "--data-dir", home, scratch.path("d.tar"))
        #expect(rootsBackup.code == 1 && rootsBackup.err.contains("belongs to user 65534"))
    }
}

extension Server {
    fileprivate func runIDs() async throws -> Set<String> {
        var ids: Set<String> = []
        var cursor: String?
        repeat {
            let page = try await call(.GET, "/api/runs?limit=1000" + (cursor.map { "&cursor=\($0)" } ?? "")).json
            ids.formUnion((page["items"].array ?? []).compactMap { $0["id"].string })
            cursor = page["next"].string
        } while cursor != nil
        return ids
    }
}

enum Damage {
    /// Overwrites the second half of a database.
    static func pages(of path: String) throws {
        let file = try FileHandle(forUpdating: URL(filePath: path))
        let size = try file.seekToEnd()
        try file.seek(toOffset: size / 2 / 4096 * 4096)
        try file.write(contentsOf: Data(repeating: 0xA5, count: Int(size / 2)))
        try file.close()
    }
}
