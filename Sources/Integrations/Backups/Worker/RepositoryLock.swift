import Foundation

/// The readers' and writers' queue of one repository, on every machine that has it: the kernel gives a lock up with the process that
/// holds it. Programs that are called inherit it, so that it lasts as long as the last of them.
///
/// Before the lock there is a gate. Who wants the repository for itself keeps it closed from then on, so that readers that
/// follow one another without a gap end some time.
struct RepositoryLock {
    enum Kind { case shared, exclusive }

    private let lock: Int32
    /// Kept by writers only.
    private let gate: Int32?

    /// Waits as long as a run may, and says so. `isInherited`: by programs that are called, whoever calls them. Throws when
    /// this process was asked to end.
    init(_ kind: Kind, _ path: String, _ output: WorkOutput?, isInherited: Bool = true) throws {
        try Self.makeFolder(of: path)
        let flag = kind == .shared ? LOCK_SH : LOCK_EX
        let gate = try Self.take(path + ".gate", flag, output, isInherited)
        do {
            lock = try Self.take(path, flag, output, isInherited)
        } catch {
            close(gate)
            throw error
        }
        if kind == .shared { close(gate) }
        self.gate = kind == .shared ? nil : gate
    }

    private static func take(
        _ path: String, _ flag: Int32, _ output: WorkOutput?, _ isInherited: Bool
    ) throws -> Int32 {
        let descriptor = open(path, O_RDWR | O_CREAT | (isInherited ? 0 : O_CLOEXEC), 0o600)
        guard descriptor >= 0 else { throw WorkFailure.system("the lock \(path) cannot be opened") }
        do {
            var hasTold = false
            while flock(descriptor, flag | LOCK_NB) != 0 {
                guard errno == EWOULDBLOCK || errno == EINTR else { throw WorkFailure.system("the lock \(path)") }
                if !hasTold { output?.progress(0, "waiting for other work on the repository") }
                hasTold = true
                usleep(100_000)
                try Interruption.check()
            }
        } catch {
            close(descriptor)
            throw error
        }
        return descriptor
    }

    static func makeFolder(of path: String) throws {
        try FileManager.default.createDirectory(
            atPath: Place.parent(of: path), withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    }

    func release() {
        close(lock)
        if let gate { close(gate) }
    }
}
