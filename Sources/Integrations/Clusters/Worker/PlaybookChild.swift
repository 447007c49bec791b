import CMartlet
import Foundation
import MartletCore

/// Ansible, or a tool, as a child of the worker. Its output is the worker's: no pipe stands between it and the log.
struct PlaybookChild {
    let pid: pid_t

    /// In the working directory of this process. `output`: a file that takes it instead. Throws `invalid` when it cannot be
    /// started.
    init(_ arguments: [String], environment: [String: String], output: String? = nil) throws {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        if let output {
            for stream: Int32 in 1...2 { posix_spawn_file_actions_addopen(&actions, stream, output, O_WRONLY, 0) }
        }
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // What is ignored or handled here must not be there.
        var defaults = sigset_t()
        sigemptyset(&defaults)
        for signal in [SIGPIPE] + Ending.signals { sigaddset(&defaults, signal) }
        posix_spawnattr_setsigdefault(&attributes, &defaults)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF))
        var words = arguments.map { strdup($0) } + [nil]
        var variables = environment.map { strdup("\($0)=\($1)") } + [nil]
        defer { for word in words + variables { free(word) } }
        var pid: pid_t = 0
        let status = posix_spawnp(&pid, arguments[0], &actions, &attributes, &words, &variables)
        guard status == 0 else {
            throw MartletError(
                .invalid,
                "\(arguments[0]) cannot be started: \(String(cString: strerror(status))); install ansible-core or set clusters.ansible"
            )
        }
        self.pid = pid
    }

    /// Its exit code once it has ended, 128 + number after a signal. Strays that became children are reaped, too.
    func reaped() -> Int32? {
        while true {
            var status: Int32 = 0
            let ended = waitpid(-1, &status, WNOHANG)
            if ended < 0, errno == EINTR { continue }
            if ended <= 0 { return nil }
            if ended == pid { return Self.code(of: status) }
        }
    }

    /// Waits for its end; the exit code. The process may have other children: they are left to who started them.
    func awaited() -> Int32 {
        var status: Int32 = 0
        while waitpid(pid, &status, 0) != pid {
            guard errno == EINTR else { return 255 }
        }
        return Self.code(of: status)
    }

    private static func code(of status: Int32) -> Int32 {
        status & 0x7F == 0 ? status >> 8 & 0xFF : 128 + status & 0x7F
    }

    /// Ends what Ansible left running, SSH connections that are kept open above all. What does not end by itself is the
    /// keeper's to kill.
    static func endDescendants() {
        for _ in 0..<50 {
            var pids = [pid_t](repeating: 0, count: 4096)
            let count = mt_descendants(getpid(), &pids, pids.count)
            if count == 0 { return }
            for pid in pids.prefix(count) { kill(pid, SIGTERM) }
            while waitpid(-1, nil, WNOHANG) > 0 {}
            usleep(20_000)
        }
    }
}

/// Somebody asked the worker to end.
enum Ending {
    static let signals = [SIGTERM, SIGINT, SIGHUP, SIGQUIT]
    nonisolated(unsafe) private static let flag = UnsafeMutablePointer<Int32>.allocate(capacity: 1)

    static func watch() {
        flag.initialize(to: 0)
        for signal in signals { Foundation.signal(signal) { Ending.flag.pointee = $0 } }
        Foundation.signal(SIGPIPE, SIG_IGN)
    }

    /// 0: nobody did.
    static var signal: Int32 { flag.pointee }
}
