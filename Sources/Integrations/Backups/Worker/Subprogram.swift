import Foundation
import MartletCore

/// Another program, run to its end: its standard output line by line, of its standard error the last lines.
struct Subprogram {
    let argv: [String]
    let environment: [String: String]
    var cwd: String?
    /// Shown with the lines that are forwarded.
    let output: WorkOutput

    struct End {
        let status: Int32
        /// The first and the last complaint; a fatal one stands alone.
        let complaint: String
        var code: Int32? { status & 0x7F == 0 ? status >> 8 & 0xFF : nil }
    }

    /// A list of all versions is one line.
    private static let longestLine = 64 << 20

    private var name: String { URL(filePath: argv[0]).lastPathComponent }

    /// Forwards what it writes.
    func run() throws -> End { try run { output.forward(name, $0) } }

    /// `line` gets each line of the standard output without its end. Throws when the program cannot be started, when `line`
    /// throws, and when this process was asked to end.
    func run(_ line: (ArraySlice<UInt8>) throws -> Void) throws -> End {
        let out = try Pipe()
        let err = try Pipe()
        let pid: pid_t
        do {
            pid = try spawn(out: out.writing, err: err.writing)
        } catch {
            out.close()
            err.close()
            throw error
        }
        close(out.writing)
        close(err.writing)
        var complaints = Complaints()
        var failure: (any Error)?
        var stdout = LineBuffer(longest: Self.longestLine)
        var stderr = LineBuffer(longest: 64 << 10)
        read(
            out.reading, err.reading,
            { bytes in
                guard failure == nil else { return }
                do {
                    try stdout.take(bytes, line)
                } catch let error {
                    failure = error
                    kill(pid, SIGINT)
                }
            },
            { bytes in
                stderr.take(bytes) { text in
                    output.forward(name, text)
                    complaints.take(text)
                }
            })
        close(out.reading)
        close(err.reading)
        let status = reap(pid)
        if let failure { throw failure }
        try stdout.rest(line)
        stderr.rest { complaints.take($0) }
        try Interruption.check()
        return End(status: status, complaint: complaints.text)
    }

    private func spawn(out: Int32, err: Int32) throws -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, out, 1)
        posix_spawn_file_actions_adddup2(&actions, err, 2)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // SIGPIPE is ignored here, and must not be there.
        var defaults = sigset_t()
        sigemptyset(&defaults)
        sigaddset(&defaults, SIGPIPE)
        posix_spawnattr_setsigdefault(&attributes, &defaults)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF))
        let start = (cwd.map { ["env", "--chdir=\($0)"] } ?? []) + argv
        var words = start.map { strdup($0) } + [nil]
        var variables = environment.map { strdup("\($0)=\($1)") } + [nil]
        defer { for word in words + variables { free(word) } }
        var pid: pid_t = 0
        let status = posix_spawnp(&pid, start[0], &actions, &attributes, &words, &variables)
        guard status == 0 else {
            throw WorkFailure(
                "missingProgram",
                "the program \(argv[0]) cannot be started: \(String(cString: strerror(status))); install it or set its path"
            )
        }
        return pid
    }

    private func read(
        _ out: Int32, _ err: Int32, _ onOut: (ArraySlice<UInt8>) -> Void, _ onErr: (ArraySlice<UInt8>) -> Void
    ) {
        var descriptors = [
            pollfd(fd: out, events: Int16(POLLIN), revents: 0), pollfd(fd: err, events: Int16(POLLIN), revents: 0),
        ]
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        while descriptors.contains(where: { $0.fd >= 0 }) {
            if poll(&descriptors, nfds_t(descriptors.count), -1) < 0 { continue }
            for index in descriptors.indices where descriptors[index].fd >= 0 && descriptors[index].revents != 0 {
                let count = Foundation.read(descriptors[index].fd, &buffer, buffer.count)
                if count < 0, errno == EINTR { continue }
                guard count > 0 else {
                    descriptors[index].fd = -1
                    continue
                }
                if index == 0 { onOut(buffer[..<count]) } else { onErr(buffer[..<count]) }
            }
        }
    }

    private func reap(_ pid: pid_t) -> Int32 {
        var status: Int32 = 0
        while waitpid(pid, &status, 0) < 0, errno == EINTR {}
        return status
    }
}

/// Keeps what may explain a failure.
private struct Complaints {
    private var fatal: String?
    private var first = ""
    private var last = ""

    mutating func take(_ line: ArraySlice<UInt8>) {
        let text = String(String(repairing: line).prefix(500))
        if text.hasPrefix("Fatal: ") { fatal = text }
        if first.isEmpty { first = text }
        if !text.isEmpty { last = text }
    }

    /// The first line has the cause, the last one what became of it.
    var text: String { fatal ?? (first == last ? first : "\(first); \(last)") }
}

/// Parts bytes into lines. A line that is too long is given up to there.
private struct LineBuffer {
    let longest: Int
    private var bytes: [UInt8] = []

    init(longest: Int) { self.longest = longest }

    mutating func take(_ more: ArraySlice<UInt8>, _ line: (ArraySlice<UInt8>) throws -> Void) rethrows {
        var rest = more
        while let end = rest.firstIndex(of: 0x0A) {
            if bytes.isEmpty {
                try line(rest[..<end])
            } else {
                append(rest[..<end])
                try line(bytes[...])
                bytes.removeAll(keepingCapacity: true)
            }
            rest = rest[(end + 1)...]
        }
        append(rest)
    }

    mutating func rest(_ line: (ArraySlice<UInt8>) throws -> Void) rethrows {
        if !bytes.isEmpty { try line(bytes[...]) }
        bytes = []
    }

    private mutating func append(_ more: ArraySlice<UInt8>) { bytes += more.prefix(longest - bytes.count) }
}
