import CMartlet
import Foundation
import KeeperProtocol
import MartletCore
import Synchronization

/// What became of a launch.
enum LaunchResult: Sendable {
    case replied(LaunchReply)
    /// The zygote is gone, and with it the answer: the fence tells whether the task runs.
    case noReply
}

/// The server's end of the process that forks keepers: one thread writes frames, one reads replies. A zygote
/// that dies is replaced with the next launch.
final class ZygoteClient: Sendable {
    private struct Connection {
        /// Rises with each zygote.
        let number: Int
        let requests: Int32
    }
    private struct State {
        var connection: Connection?
        var connections = 0
        var nextRequest: UInt64 = 1
        var waiting: [UInt64: (connection: Int, continuation: CheckedContinuation<LaunchResult, Never>)] = [:]
        var queue: [UInt8] = []
        var isWriting = false
    }

    private let keeper: String
    private let environment: [String]
    private let state = Mutex(State())
    /// Writes block while the zygote is busy; never on the cooperative pool.
    private let writer = DispatchQueue(label: "martlet.zygote.requests")

    init(keeper: String, environment: [String]) {
        self.keeper = keeper
        self.environment = environment
        // A zygote that died is told from the end of its reply pipe, not by killing the server.
        signal(SIGPIPE, SIG_IGN)
    }

    deinit {
        if let connection = state.withLock({ $0.connection }) { close(connection.requests) }
    }

    /// Sends a frame and waits for its keeper's reply. Throws when no zygote can be started.
    func launch(_ frame: LaunchFrame) async throws -> LaunchResult {
        var frame = frame
        frame.requestID = state.withLock { state in
            defer { state.nextRequest += 1 }
            return state.nextRequest
        }
        let bytes: [UInt8]
        do { bytes = try frame.encoded() } catch {
            throw MartletError(.invalid, "the task's command, environment and secrets are longer than 16 MiB")
        }
        let connection = try connect()
        let request = frame.requestID
        return await withCheckedContinuation { continuation in
            enqueue(bytes, request, connection, continuation)
        }
    }

    private func enqueue(
        _ bytes: [UInt8], _ request: UInt64, _ connection: Int,
        _ continuation: CheckedContinuation<LaunchResult, Never>
    ) {
        let (isCurrent, startWriter) = state.withLock { state in
            guard state.connection?.number == connection else { return (false, false) }
            state.waiting[request] = (connection, continuation)
            state.queue += bytes
            defer { state.isWriting = true }
            return (true, !state.isWriting)
        }
        if !isCurrent { continuation.resume(returning: .noReply) }
        if startWriter { writer.async { self.writeQueue() } }
    }

    /// Whatever came in the meantime goes out in one write.
    private func writeQueue() {
        while true {
            let (bytes, descriptor) = state.withLock { state -> ([UInt8], Int32) in
                let bytes = state.queue
                state.queue = []
                state.isWriting = !bytes.isEmpty
                return (bytes, state.connection?.requests ?? -1)
            }
            if bytes.isEmpty { return }
            var done = 0
            while done < bytes.count {
                let count = bytes.withUnsafeBytes {
                    write(descriptor, $0.baseAddress?.advanced(by: done), $0.count - done)
                }
                if count < 0 && errno == EINTR { continue }
                // A broken pipe: the reader of replies meets its end too, and settles the launches.
                guard count > 0 else { break }
                done += count
            }
        }
    }
}

extension ZygoteClient {
    /// The number of a live connection, a new one if need be.
    private func connect() throws -> Int {
        try state.withLock { state in
            if let connection = state.connection { return connection.number }
            let (connection, zygote) = try spawn(number: state.connections + 1)
            state.connections += 1
            state.connection = connection
            Thread.detachNewThread { [weak self] in
                Self.readReplies(zygote.replies, connection.number) { self }
                waitpid(zygote.pid, nil, 0)
            }
            return connection.number
        }
    }

    private func spawn(number: Int) throws -> (Connection, zygote: (pid: pid_t, replies: Int32)) {
        var request: [Int32] = [-1, -1]
        var reply: [Int32] = [-1, -1]
        guard mt_pipe(&request) == 0, mt_pipe(&reply) == 0 else {
            let error = errno
            for fd in request + reply where fd >= 0 { close(fd) }
            throw MartletError.system("no pipe to the keepers", error)
        }
        // Above the numbers that the zygote gives them, so that neither overwrites the other.
        let ends = [mt_dup_above(request[0], 10), mt_dup_above(reply[1], 10)]
        let argv = CStringArray([keeper, "zygote"])
        let environment = CStringArray(environment)
        var pid: pid_t = 0
        let error = mt_spawn_zygote(keeper, argv.pointers, environment.pointers, ends[0], ends[1], &pid)
        for fd in ends + [request[0], reply[1]] where fd >= 0 { close(fd) }
        guard error == 0 else {
            close(request[1])
            close(reply[0])
            throw MartletError.system("the keeper \(keeper) cannot be started", error)
        }
        return (Connection(number: number, requests: request[1]), (pid, reply[0]))
    }

    private static func readReplies(_ descriptor: Int32, _ connection: Int, _ owner: () -> ZygoteClient?) {
        var buffer: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: LaunchReply.length * 256)
        while true {
            let count = read(descriptor, &chunk, chunk.count)
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { break }
            buffer += chunk[..<count]
            let whole = buffer.count / LaunchReply.length * LaunchReply.length
            for start in stride(from: 0, to: whole, by: LaunchReply.length) {
                guard let reply = LaunchReply(buffer[start..<(start + LaunchReply.length)]) else { continue }
                owner()?.settle(reply)
            }
            buffer.removeFirst(whole)
        }
        close(descriptor)
        owner()?.abandon(connection)
    }

    private func settle(_ reply: LaunchReply) {
        let waiting = state.withLock { $0.waiting.removeValue(forKey: reply.requestID) }
        waiting?.continuation.resume(returning: .replied(reply))
    }

    /// The zygote and every keeper that had not replied are gone.
    private func abandon(_ number: Int) {
        let (connection, orphans) = state.withLock { state in
            let connection = state.connection?.number == number ? state.connection : nil
            if connection != nil {
                state.connection = nil
                state.queue = []
            }
            let orphans = state.waiting.filter { $0.value.connection == number }
            for request in orphans.keys { state.waiting[request] = nil }
            return (connection, orphans)
        }
        for orphan in orphans.values { orphan.continuation.resume(returning: .noReply) }
        guard let connection else { return }
        // Behind the writer, which may still be using the descriptor.
        writer.async { close(connection.requests) }
    }
}

/// A null-terminated array of C strings for a call.
final class CStringArray {
    let pointers: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
    private let count: Int

    init(_ texts: [String]) {
        count = texts.count
        pointers = .allocate(capacity: count + 1)
        for (index, text) in texts.enumerated() { pointers[index] = strdup(text) }
        pointers[count] = nil
    }

    deinit {
        for index in 0..<count { free(pointers[index]) }
        pointers.deallocate()
    }
}
