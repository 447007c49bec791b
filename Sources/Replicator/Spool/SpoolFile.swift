internal import Glibc
internal import MartletCore

/// The segment that is written: whole frames or nothing of them.
final class SpoolFile {
    let number: Int
    private let descriptor: Int32
    private(set) var size: Int

    /// Makes the file, or cuts it behind `size`.
    init(_ path: String, number: Int, size: Int = 0) throws {
        self.number = number
        self.size = size
        descriptor = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw Self.failure(errno, path) }
        guard ftruncate(descriptor, size) == 0 else { throw Self.failure(errno, path) }
    }

    deinit { close(descriptor) }

    /// Appends all of it. Where the disk has no room nothing is left of it, and what the system said of that is returned.
    /// - Throws: what no waiting heals.
    func append(_ bytes: [UInt8]) throws(MartletError) -> MartletError? {
        var written = 0
        while written < bytes.count {
            let count = bytes[written...].withUnsafeBytes {
                pwrite(descriptor, $0.baseAddress, $0.count, off_t(size + written))
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else {
                let error = Self.failure(errno, "the spool")
                ftruncate(descriptor, off_t(size))
                if error.code == .unavailable { return error }
                throw error
            }
            written += count
        }
        size += written
        return nil
    }

    private static func failure(_ number: Int32, _ what: String) -> MartletError {
        let code: MartletError.Code = number == ENOSPC || number == EDQUOT ? .unavailable : .internal
        return MartletError(code, "\(what): \(SystemError.text(number))")
    }
}
