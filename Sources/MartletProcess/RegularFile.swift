import Foundation

/// What the kernel tells of a regular file.
package struct RegularFile: Sendable, Equatable {
    package let device: UInt64
    package let inode: UInt64
    package let size: Int64

    /// Of an open file. Nil when it is something else than a regular file.
    package init?(_ descriptor: Int32) {
        var info = stat()
        guard fstat(descriptor, &info) == 0 else { return nil }
        self.init(info)
    }

    /// Of a name; links are followed. Nil when there is none.
    package init?(at path: String) {
        var info = stat()
        guard stat(path, &info) == 0 else { return nil }
        self.init(info)
    }

    private init?(_ info: stat) {
        guard info.st_mode & S_IFMT == S_IFREG else { return nil }
        device = UInt64(info.st_dev)
        inode = UInt64(info.st_ino)
        size = Int64(info.st_size)
    }

    package func isSameFile(as other: RegularFile) -> Bool { device == other.device && inode == other.inode }
}
