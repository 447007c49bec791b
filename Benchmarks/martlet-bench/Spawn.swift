import Foundation

/// Bare processes: the peer that every figure about runs stands beside.
enum Spawn {
    /// Seconds for `count` processes, eight at a time, by posix_spawn and waitpid alone. `input` makes what each
    /// reads from its standard input, at most a pipe's worth.
    static func eightWay(_ count: Int, _ argv: [String], input: ((Int) throws -> [UInt8])? = nil) throws -> Double {
        let begin = ContinuousClock.now
        var live = 0
        var started = 0
        while started < count || live > 0 {
            while live < 8, started < count {
                _ = try start(argv, output: nil, input: try input?(started))
                live += 1
                started += 1
            }
            var status: Int32 = 0
            if wait(&status) > 0 { live -= 1 }
        }
        return (ContinuousClock.now - begin) / .seconds(1)
    }

    static func output(_ argv: [String]) throws -> String {
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0 else { throw POSIXError(.EMFILE) }
        let pid = try start(argv, output: ends[1])
        close(ends[1])
        let text = try FileHandle(fileDescriptor: ends[0], closeOnDealloc: true).readToEnd() ?? Data()
        var status: Int32 = 0
        waitpid(pid, &status, 0)
        return String(decoding: text, as: UTF8.self)
    }

    private static func start(_ argv: [String], output: Int32?, input: [UInt8]? = nil) throws -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        if let output { posix_spawn_file_actions_adddup2(&actions, output, 1) }
        var ends: [Int32] = []
        defer { for end in ends { close(end) } }
        if let input {
            ends = [0, 0]
            guard pipe(&ends) == 0, write(ends[1], input, input.count) == input.count else { throw POSIXError(.EIO) }
            posix_spawn_file_actions_adddup2(&actions, ends[0], 0)
            for end in ends { posix_spawn_file_actions_addclose(&actions, end) }
        }
        var words = argv.map { strdup($0) } + [nil]
        defer { for word in words { free(word) } }
        var variables: [UnsafeMutablePointer<CChar>?] = [strdup("PATH=/usr/bin:/bin"), nil]
        defer { for variable in variables { free(variable) } }
        var pid: pid_t = 0
        let status = posix_spawn(&pid, argv[0], &actions, nil, &words, &variables)
        guard status == 0 else { throw POSIXError(POSIXErrorCode(rawValue: status) ?? .EIO) }
        return pid
    }
}
