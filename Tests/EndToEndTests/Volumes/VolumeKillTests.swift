import Foundation
import MartletCore
import MartletTesting
import Testing

/// The server and the engine are killed with -9 at random moments of backups, removals, restores and drills. Then every
/// version that is listed is brought back and looked at, and nothing may be left that needs a human.
@Suite(.serialized) struct VolumeKillTests {
    private static let rounds = KillTests.soak ? 300 : 10

    // backup contract §7.3 C11, §7.4 D6, D8, §7.6 G17
    @Test func `what is listed can be brought back, whatever was killed`() async throws {
        print("volume kill test seed \(KillTests.seed) (MARTLET_SEED repeats it)")
        var random = SeededRandom(seed: KillTests.seed)
        let site = try VolumeSite()
        var server = try await site.server()
        try await server.backup()
        for _ in 0..<Self.rounds {
            try await change(site, &random)
            for _ in 0..<Int.random(in: 1...3, using: &random) { try await begin(server, &random) }
            try await Task.sleep(for: .milliseconds(Int.random(in: 0...1500, using: &random)))
            if Bool.random(using: &random) {
                try await server.killed()
                if Bool.random(using: &random) { kill(site) }
                server = try await site.server()
            } else {
                kill(site)
            }
        }
        try await check(site, server)
    }

    /// Files are called by what is in them, so that each can be looked at by itself.
    private func change(_ site: VolumeSite, _ random: inout SeededRandom) async throws {
        let old = try site.names().filter { $0.hasPrefix("sum-") }
        for name in old where old.count > 3 && Bool.random(using: &random) {
            try FileManager.default.removeItem(atPath: site.path(VolumeSite.first, name))
        }
        let megabytes = Int.random(in: 1...12, using: &random)
        try await site.shell(
            """
            cd '\(site.path(VolumeSite.first))'; head -c \(megabytes)M /dev/urandom >new
            sum=$(sha256sum <new | cut -c1-64); mv new "sum-$sum"
            """)
    }

    /// Something at random. What is refused because something else works on the volume is refused for good reason.
    private func begin(_ server: VolumeServer, _ random: inout SeededRandom) async throws {
        let versions = try await server.versions()
        let some = Int64(versions.randomElement(using: &random)?["number"].number ?? 0)
        let reply: Server.Reply
        switch Int.random(in: 0..<6, using: &random) {
        case 0, 1: reply = try await server.call(.POST, "/\(VolumeSite.first)/backup", ["mode": "full"])
        case 2: reply = try await server.call(.POST, "/\(VolumeSite.first)/backup", ["mode": "increment"])
        case 3 where versions.count > 2:
            reply = try await server.call(.DELETE, "/\(VolumeSite.first)/versions/\(some)")
        case 3, 4:
            reply = try await server.call(
                .POST, "/\(VolumeSite.first)/versions/\(some)/restore",
                ["to": ["instance": 2], "keepState": .bool(Bool.random(using: &random))])
        default: reply = try await server.call(.POST, "/\(VolumeSite.first)/drill", ["version": .int(some)])
        }
        #expect([202, 409, 404].contains(reply.status), "\(reply.status) \(reply.text)")
    }

    private func kill(_ site: VolumeSite) {
        for word in ["backup", "forget", "prune", "restore"] {
            for pid in site.engines(word) { _ = Foundation.kill(pid, SIGKILL) }
        }
    }

    private func check(_ site: VolumeSite, _ server: VolumeServer) async throws {
        try await eventually("nothing runs", within: 300) {
            let unfinished = try await server.server.call(.GET, "/api/runs?state=pending,running,stopping&limit=1")
            return unfinished.json["items"].array?.isEmpty == true
        }
        // No lock is in the way of the next ones.
        #expect(try await server.backup()["state"] == "succeeded")
        let proof = try await server.run(.POST, "/\(VolumeSite.first)/check", ["depth": "all"])
        #expect(proof["state"] == "succeeded", "\(proof)")
        let versions = try await server.versions()
        #expect(!versions.isEmpty)
        for version in versions {
            let number = Int64(version["number"].number)
            let run = try await server.run(
                .POST, "/\(VolumeSite.first)/versions/\(number)/restore", ["to": ["instance": 2], "keepState": false])
            #expect(run["state"] == "succeeded", "\(version) \(run)")
            let wrong = try await site.shell(
                """
                cd '\(site.path(VolumeSite.second))'
                for file in $(find . -name 'sum-*' -printf '%P\\n'); do [ "sum-$(sha256sum <"$file" | cut -c1-64)" = "$file" ] || echo "$file"; done
                """)
            #expect(wrong.isEmpty, "\(version): \(wrong)")
            #expect(try site.names(VolumeSite.second).contains { $0.hasPrefix("sum-") } || version == versions.last)
        }
        #expect(try site.names(VolumeSite.second).filter { $0.hasPrefix(".martlet") }.isEmpty)
        let beside = try FileManager.default.contentsOfDirectory(atPath: site.path(VolumeSite.second) + "/..")
        #expect(beside.filter { $0.hasPrefix(".martlet") }.isEmpty, "restores that were killed left \(beside)")
        // A snapshot whose run was lost is found.
        #expect(try await server.run(.POST, "/\(VolumeSite.first)/adopt")["state"] == "succeeded")
    }
}
