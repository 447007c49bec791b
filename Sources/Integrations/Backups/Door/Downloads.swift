import Foundation
import HTTPTypes
import Hummingbird
import MartletCore
import MartletEngine
import MartletHTTP
import NIOCore
import Synchronization

/// Versions on their way to callers as tar.gz: each is made by a process of its own while it is read.
package final class Downloads: Sendable {
    static let most = 4

    private let martlet: String
    private let open = Mutex(0)

    init(martlet: String) { self.martlet = martlet }

    /// Throws `unavailable` when there are too many at once.
    func begin(_ version: VolumeVersion, _ volumes: Volumes) async throws -> Download {
        let settings = volumes.box.settings
        let name = BackupSettings.secret(of: version.volume.app)
        let password = try await volumes.control.secretValue(name)
        let isFree = open.withLock { open in
            guard open < Self.most else { return false }
            open += 1
            return true
        }
        guard isFree else {
            throw MartletError(.unavailable, "there are \(Self.most) downloads already; try again later")
        }
        var environment = settings.environment(of: version.volume.app)
        environment["RESTIC_PASSWORD"] = password.exposed
        environment["PATH"] = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
        environment["MARTLET_VOLUME_LOCK"] = settings.lock(of: version.volume.app)
        environment["MARTLET_VOLUME_RESTIC"] = settings.restic
        do {
            return try Download(
                [martlet, "volume-worker", "export", version.content.snapshot], environment
            ) { [self] in open.withLock { $0 -= 1 } }
        } catch {
            open.withLock { $0 -= 1 }
            throw error
        }
    }
}

/// One of them.
final class Download: Sendable {
    private let pid: pid_t
    private let pipe: Int32
    private let isOver = Mutex(false)
    private let whenOver: @Sendable () -> Void

    init(_ argv: [String], _ environment: [String: String], whenOver: @escaping @Sendable () -> Void) throws {
        let ends = try Pipe()
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, ends.writing, 1)
        posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        // A group of its own: whoever breaks off ends all of it.
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP))
        defer {
            posix_spawn_file_actions_destroy(&actions)
            posix_spawnattr_destroy(&attributes)
        }
        var words = argv.map { strdup($0) } + [nil]
        var variables = environment.map { strdup("\($0)=\($1)") } + [nil]
        defer { for word in words + variables { free(word) } }
        var pid: pid_t = 0
        let status = posix_spawn(&pid, argv[0], &actions, &attributes, &words, &variables)
        close(ends.writing)
        guard status == 0 else {
            close(ends.reading)
            throw WorkFailure.system("the download cannot be started", status)
        }
        (self.pid, self.pipe, self.whenOver) = (pid, ends.reading, whenOver)
    }

    deinit { end() }

    /// Ends the processes, if they are still there. Nothing is left of a caller who has gone.
    func end() {
        guard
            isOver.withLock({ isOver in
                defer { isOver = true }
                return !isOver
            })
        else { return }
        kill(-pid, SIGKILL)
        close(pipe)
        var status: Int32 = 0
        while waitpid(pid, &status, 0) < 0, errno == EINTR {}
        whenOver()
    }

    /// The next piece; empty at the end. Throws when the archive could not be made to its end.
    private func next() async throws -> [UInt8] {
        let (pipe, pid) = (pipe, pid)
        let bytes: [UInt8] = await withCheckedContinuation { continuation in
            DispatchQueue.global().async {
                var buffer = [UInt8](repeating: 0, count: 256 << 10)
                var count = read(pipe, &buffer, buffer.count)
                while count < 0, errno == EINTR { count = read(pipe, &buffer, buffer.count) }
                continuation.resume(returning: Array(buffer.prefix(max(0, count))))
            }
        }
        if bytes.isEmpty {
            var info = siginfo_t()
            // Looked at, not reaped: `end` does that.
            while waitid(P_PID, id_t(pid), &info, WEXITED | WNOWAIT) < 0, errno == EINTR {}
            guard info.si_code == CLD_EXITED, info._sifields._sigchld.si_status == 0 else {
                throw MartletError(.unavailable, "the archive could not be made to its end")
            }
        }
        return bytes
    }

    /// How long the first piece may take: other work may have the repository.
    private static let patience = Duration.seconds(30)

    /// Throws `unavailable` when there is none in time, or no version.
    private func first() async throws -> [UInt8] {
        do {
            // A read blocks until the process ends: nobody waits for it who has gone.
            return try await withTaskCancellationHandler {
                try await firstInTime()
            } onCancel: {
                interrupt()
            }
        } catch {
            end()
            throw MartletError(
                .unavailable, "the archive cannot be made now: the repository is busy or away, see its runs",
                cause: error)
        }
    }

    private func firstInTime() async throws -> [UInt8] {
        try await withThrowingTaskGroup(of: [UInt8]?.self) { group in
            group.addTask { try await self.next() }
            group.addTask {
                if (try? await Task.sleep(for: Self.patience)) != nil { self.interrupt() }
                return nil
            }
            defer { group.cancelAll() }
            while let bytes = try await group.next() { if let bytes { return bytes } }
            return []
        }
    }

    /// The head goes out with the first piece, and a piece is read when the one before was taken. An archive that cannot be
    /// finished breaks the connection off: a short file must not look like a whole one. So does a token that counts no more.
    func response(to request: Request, _ headers: HTTPFields, _ watch: RightsWatch) async throws -> Response {
        let first = try await first()
        var headers = headers
        // Watching for the caller's hang-up uses the connection up.
        headers[.connection] = "close"
        let body = ResponseBody { [self] writer in
            defer { end() }
            try await request.body.consumeWithInboundCloseHandler { _ in
                var bytes = first
                while !bytes.isEmpty {
                    guard !watch.isOver else { throw RightsWatch.gone }
                    try await writer.write(ByteBuffer(bytes: bytes))
                    bytes = try await next()
                }
            } onInboundClosed: {
                self.interrupt()
            }
            try await writer.finish(nil)
        }
        return Response(status: .ok, headers: headers, body: body)
    }

    /// The reader then comes to the end of the pipe.
    private func interrupt() { isOver.withLock { if !$0 { _ = kill(-pid, SIGKILL) } } }
}
