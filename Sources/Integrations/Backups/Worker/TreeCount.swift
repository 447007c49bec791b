import Foundation

/// How much there is in a tree: what a version and its copy on disk must have in common.
struct TreeCount: Sendable, Hashable, CustomStringConvertible {
    var files: Int64 = 0
    var directories: Int64 = 0
    /// Links, pipes and devices.
    var others: Int64 = 0
    /// Of the files.
    var bytes: Int64 = 0

    init() {}

    var description: String {
        "\(files) files with \(bytes) bytes, \(directories) directories, \(others) links and others"
    }

    mutating func take(_ node: Restic.Node) {
        switch node.type {
        case "file":
            files += 1
            bytes += node.size
        case "dir": directories += 1
        // A socket is nothing without the program that made it: the engine does not restore it.
        case "socket": break
        default: others += 1
        }
    }

    /// Counts what is below `root`; of `paths`, what is below them and those themselves.
    init(onDisk root: String, _ paths: [String]?) throws {
        for path in paths ?? [""] {
            if paths != nil, Place.isDirectory(root + path) { directories += 1 }
            try DiskWalk.each(below: root + path) { facts, _ in
                switch facts.kind {
                case .file:
                    files += 1
                    bytes += facts.size
                case .directory: directories += 1
                case .socket: break
                case .link, .other: others += 1
                }
            }
        }
    }
}
