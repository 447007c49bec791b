import CDispatch
import Foundation

/// What the kernel tells of a name. Links are not followed.
struct FileFacts: Sendable, Hashable {
    enum Kind: Sendable { case file, directory, link, socket, other }

    let kind: Kind
    let size: Int64
    /// When its content was changed last.
    let second: Int64
    let nanosecond: Int64
    /// Of the file system.
    let device: UInt64

    /// Nil when there is nothing, or when it cannot be asked about; `errno` tells which.
    init?(_ path: UnsafePointer<CChar>) {
        var info = stat()
        guard lstat(path, &info) == 0 else { return nil }
        kind =
            switch info.st_mode & S_IFMT {
            case S_IFREG: .file
            case S_IFDIR: .directory
            case S_IFLNK: .link
            case S_IFSOCK: .socket
            default: .other
            }
        size = Int64(info.st_size)
        second = Int64(info.st_mtim.tv_sec)
        nanosecond = Int64(info.st_mtim.tv_nsec)
        device = UInt64(info.st_dev)
    }
}

/// Walks a tree without following links. Names may hold any bytes.
enum DiskWalk {
    /// `body` gets everything below `root`, that itself not, with its path as it is on disk. A root that is no directory is
    /// told of alone.
    /// `oneFileSystem`: what is mounted below is named and not entered.
    static func each(
        below root: String, oneFileSystem: Bool = false, _ body: (FileFacts, [CChar]) throws -> Void
    ) throws {
        let top = Array(root.utf8CString)
        guard let facts = FileFacts(top) else { throw WorkFailure.system("\(root) cannot be read") }
        guard facts.kind == .directory else { return try body(facts, top) }
        let device = facts.device
        var waiting = [top]
        while let folder = waiting.popLast() {
            for path in try names(in: folder) {
                // Gone since its directory was read.
                guard let facts = FileFacts(path) else { continue }
                try body(facts, path)
                if facts.kind == .directory, !oneFileSystem || facts.device == device { waiting.append(path) }
            }
        }
    }

    /// Without the byte that ends it.
    static func text(of path: [CChar]) -> String {
        String(decoding: path.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    private static func names(in folder: [CChar]) throws -> [[CChar]] {
        guard let handle = opendir(folder) else {
            throw WorkFailure.system("\(text(of: folder)) cannot be read")
        }
        defer { closedir(handle) }
        var paths: [[CChar]] = []
        while let entry = readdir(handle) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { start in
                start.withMemoryRebound(to: CChar.self, capacity: 256) {
                    Array(UnsafeBufferPointer(start: $0, count: strlen($0)))
                }
            }
            if name == [0x2E] || name == [0x2E, 0x2E] { continue }
            paths.append(folder.dropLast() + [0x2F] + name + [0])
        }
        return paths
    }
}

/// Room and kind of places on disk.
enum Place {
    static func free(at path: String) throws -> Int64 {
        var info = statvfs()
        guard statvfs(path, &info) == 0 else { throw WorkFailure.system("free space of \(path)") }
        return Int64(info.f_bavail) * Int64(info.f_frsize)
    }

    /// Nil when there is nothing.
    static func facts(_ path: String) -> FileFacts? { FileFacts(path) }
    static func isDirectory(_ path: String) -> Bool { facts(path)?.kind == .directory }

    /// Whether a part above the last one of `inner` is a link, so that a write there could leave `root`.
    static func leavesThroughLink(_ inner: String, below root: String) -> Bool {
        var path = root
        for part in inner.split(separator: "/").dropLast() {
            path += "/\(part)"
            if facts(path)?.kind == .link { return true }
        }
        return false
    }

    static func parent(of path: String) -> String { URL(filePath: path).deletingLastPathComponent().path }
}
