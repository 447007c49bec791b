import Foundation

/// Writes a version to the standard output as tar.gz: restic's archive through gzip.
enum ExportStep {
    static func run(_ snapshot: String, _ environment: [String: String]) throws {
        guard ResticLine.isSnapshot(snapshot), let lock = environment["MARTLET_VOLUME_LOCK"],
            let restic = environment["MARTLET_VOLUME_RESTIC"]
        else { throw WorkFailure("invalid", "the server starts this program") }
        // Kept until this process ends.
        _ = try RepositoryLock(.shared, lock, nil)
        let ends = try Pipe()
        let dump = try spawn([restic, "dump", "--archive", "tar", snapshot, "/"], environment, out: ends.writing)
        close(ends.writing)
        // gzip makes an archive of nothing, too: it starts once there is something.
        guard hasData(ends.reading) else { throw WorkFailure("engine", "there is nothing to make an archive of") }
        let gzip = try spawn(["gzip", "-c"], environment, input: ends.reading)
        close(ends.reading)
        guard try [dump, gzip].map(ended).allSatisfy({ $0 == 0 }) else {
            throw WorkFailure("engine", "the archive could not be made")
        }
    }

    /// Waits for the first byte; false at the end without one.
    private static func hasData(_ pipe: Int32) -> Bool {
        var wanted = pollfd(fd: pipe, events: Int16(POLLIN), revents: 0)
        while poll(&wanted, 1, -1) < 0, errno == EINTR {}
        return wanted.revents & Int16(POLLIN) != 0
    }

    private static func spawn(
        _ argv: [String], _ environment: [String: String], input: Int32? = nil, out: Int32? = nil
    ) throws -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        if let input { posix_spawn_file_actions_adddup2(&actions, input, 0) }
        if let out { posix_spawn_file_actions_adddup2(&actions, out, 1) }
        var words = argv.map { strdup($0) } + [nil]
        var variables = environment.map { strdup("\($0)=\($1)") } + [nil]
        defer { for word in words + variables { free(word) } }
        var pid: pid_t = 0
        let status = posix_spawnp(&pid, argv[0], &actions, nil, &words, &variables)
        guard status == 0 else { throw WorkFailure.system("\(argv[0]) cannot be started", status) }
        return pid
    }

    private static func ended(_ pid: pid_t) throws -> Int32 {
        var status: Int32 = 0
        while waitpid(pid, &status, 0) < 0 {
            guard errno == EINTR else { throw WorkFailure.system("no end of a program") }
        }
        return status
    }
}
