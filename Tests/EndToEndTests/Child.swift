import Foundation
import Synchronization

/// A process this test started, by pid; ended with it if the test forgets.
final class Child: Sendable {
    let pid: pid_t
    let output: URL
    /// The wait status; nil while nobody has asked for it.
    private let status = Mutex<Int32?>(nil)

    /// Starts `argv` with stdout and stderr in files below `directory`.
    init(_ argv: [String], environment: [String: String], directory: URL, name: String) throws {
        output = directory.appending(path: "\(name).out")
        let errors = directory.appending(path: "\(name).err")
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, output.path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        posix_spawn_file_actions_addopen(&actions, 2, errors.path, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        var words = argv.map { strdup($0) } + [nil]
        var variables = environment.map { strdup("\($0)=\($1)") } + [nil]
        defer { for word in words + variables { free(word) } }
        var pid: pid_t = 0
        let status = posix_spawn(&pid, argv[0], &actions, nil, &words, &variables)
        guard status == 0 else { throw POSIXError(POSIXErrorCode(rawValue: status) ?? .EIO) }
        self.pid = pid
    }

    /// Nothing once it was reaped: the pid may be somebody else's by then.
    func signal(_ signal: Int32) {
        status.withLock { if $0 == nil { kill(pid, signal) } }
    }

    /// The wait status once it has ended, else nil.
    func reaped() -> Int32? { reap(WNOHANG) }

    /// Kills it and waits until it is gone.
    func end() {
        signal(SIGKILL)
        _ = reap(0)
    }

    private func reap(_ options: Int32) -> Int32? {
        status.withLock { known in
            var status: Int32 = 0
            if known == nil, waitpid(pid, &status, options) == pid { known = status }
            return known
        }
    }

    /// Waits for the end; the exit code, or 128 + signal.
    func ended(within seconds: Double = 180) async throws -> Int32 {
        let status = try await eventually("process \(pid) ends", within: seconds) { self.reaped() }
        return status & 0x7F == 0 ? status >> 8 & 0xFF : 128 + status & 0x7F
    }
}

struct TimedOut: Error, CustomStringConvertible {
    let what: String
    var description: String { "did not happen in time: \(what)" }
}

/// Asks until there is an answer; throws at the deadline, but not before it has asked often: on a busy machine the test
/// itself may not get its turn for long, and what it waits for even longer.
@discardableResult
func eventually<T>(
    _ what: @autoclosure () -> String, within seconds: Double = 180, _ probe: () async throws -> T?
) async throws -> T {
    let deadline = ContinuousClock.now + .milliseconds(Int64(seconds * 1000))
    var asked = 0
    while true {
        if let answer = try await probe() { return answer }
        asked += 1
        guard ContinuousClock.now < deadline || asked < 500 else { throw TimedOut(what: what()) }
        try await Task.sleep(for: .milliseconds(5))
    }
}

/// Waits until it is so.
func eventually(
    _ what: @autoclosure () -> String, within seconds: Double = 180, _ probe: () async throws -> Bool
) async throws {
    let _: Bool = try await eventually(what(), within: seconds) { try await probe() ? true : nil }
}

/// A directory of its own for one test, removed with the test.
final class Scratch: Sendable {
    let url: URL
    init() throws {
        url = FileManager.default.temporaryDirectory.appending(path: "martlet-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }
    deinit { try? FileManager.default.removeItem(at: url) }
    func path(_ name: String) -> String { url.appending(path: name).path }

    /// Writes a program that can be started at once. Close-on-exec: a server that another test starts meanwhile would keep
    /// the file open, and a program that is open for writing is busy.
    static func program(at path: String, _ text: String, mode: mode_t = 0o755) throws {
        unlink(path)
        let descriptor = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
        defer { close(descriptor) }
        let bytes = Array(text.utf8)
        guard write(descriptor, bytes, bytes.count) == bytes.count, fchmod(descriptor, mode) == 0 else {
            throw POSIXError(.EIO)
        }
    }
}
