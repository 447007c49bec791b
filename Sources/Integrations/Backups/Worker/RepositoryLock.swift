import Foundation

/// The readers' and writers' queue of one repository, on every machine that has it: the kernel gives a lock up with the process that
/// holds it. Programs that are called inherit it, so that it lasts as long as the last of them.
struct RepositoryLock {
    enum Kind { case shared, exclusive }

    private let descriptor: Int32

    /// Waits as long as a run may, and says so. Throws when this process was asked to end.
    init(_ kind: Kind, _ path: String, _ output: WorkOutput?) throws {
        try Self.makeFolder(of: path)
        descriptor = open(path, O_RDWR | O_CREAT, 0o600)
        guard descriptor >= 0 else { throw WorkFailure.system("the lock \(path) cannot be opened") }
        var hasTold = false
        while flock(descriptor, (kind == .shared ? LOCK_SH : LOCK_EX) | LOCK_NB) != 0 {
            guard errno == EWOULDBLOCK || errno == EINTR else { throw WorkFailure.system("the lock \(path)") }
            if !hasTold { output?.progress(0, "waiting for other work on the repository") }
            hasTold = true
            usleep(100_000)
            do {
                try Interruption.check()
            } catch {
                close(descriptor)
                throw error
            }
        }
    }

    static func makeFolder(of path: String) throws {
        try FileManager.default.createDirectory(
            atPath: Place.parent(of: path), withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    }

    func release() { close(descriptor) }
}
