import Foundation
import Testing

/// schemathesis against a real server. `MARTLET_SEED` repeats a run, `MARTLET_SOAK` makes it a long one.
@Suite struct FuzzTests {
    private static let isSoak = ProcessInfo.processInfo.environment["MARTLET_SOAK"] != nil
    private static let seed =
        ProcessInfo.processInfo.environment["MARTLET_SEED"].flatMap(UInt32.init) ?? .random(in: 1 ... .max)

    @Test func `no request makes the server fail, and each answer is as the document says`() async throws {
        let site = try Site(DocumentTests.tasks)
        // Commands are invented, too: these are the only programs there are. The last five are for backups.
        let programs = site.scratch.url.appending(path: "programs")
        try FileManager.default.createDirectory(at: programs, withIntermediateDirectories: true)
        for name in ["sh", "sleep", "true", "echo", "flock", "env", "gzip", "tar", "rsync"] {
            try FileManager.default.createSymbolicLink(
                atPath: programs.appending(path: name).path, withDestinationPath: "/usr/bin/\(name)")
        }
        // Objects of every kind: invented names alone are nobody's.
        let volumes = try VolumeSite()
        try ClusterSite.install(site.scratch)
        let objects = DocumentTests.channel.merging(volumes.environment) { $1 }
            .merging(ClusterSite.environment(site.scratch)) { $1 }
        // Commands that go on for long must leave places for the calls that wait.
        let scripts = try await ScriptServer(
            site,
            environment: objects.merging([
                "PATH": programs.path, "MARTLET_LIMITS_DRIVERS": "command=8",
                "MARTLET_BACKUPS_RESTIC": "/usr/bin/restic",
                "MARTLET_CACHE_LOAD_BIN": programs.appending(path: "true").path,
            ]) { $1 })
        defer { withExtendedLifetime(volumes) {} }
        let (requests, seconds) = Self.isSoak ? (100_000, 4 * 3600.0) : (2000, 45)
        print("fuzzing the API with seed \(Self.seed); MARTLET_SEED=\(Self.seed) repeats it")
        let check = try await Conformance(server: scripts.server).run(
            "fuzz.py", ["\(requests)", "\(Self.seed)", "\(seconds)"], within: seconds + 600)
        #expect(check.status == 0, "seed \(Self.seed)\n\(check.output)")
        print(check.output)
    }
}
