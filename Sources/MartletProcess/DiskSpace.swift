import Foundation
import MartletCore

/// Room on the file system of a path.
package struct DiskSpace: Sendable, Hashable {
    /// Bytes that a process without privilege may still use.
    package let free: Int64
    package let total: Int64

    /// Throws `internal` when the path cannot be asked about.
    package static func free(at path: String) throws -> DiskSpace {
        var info = statvfs()
        guard statvfs(path, &info) == 0 else { throw MartletError.system("free space of \(path)", errno) }
        let unit = Int64(info.f_frsize)
        return DiskSpace(free: Int64(info.f_bavail) * unit, total: Int64(info.f_blocks) * unit)
    }
}
