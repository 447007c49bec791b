import Foundation

/// Tells one state of a file from another.
struct FileSignature: Sendable, Hashable {
    private let inode: Int?
    private let device: Int?
    private let size: Int?
    private let modified: Date?

    /// Nil when there is no file. A link is followed: mounted configuration changes by its links.
    init?(_ path: String) {
        let file = URL(filePath: path).resolvingSymlinksInPath().path
        guard let attributes = try? FileManager.default.attributesOfItem(atPath: file) else { return nil }
        inode = (attributes[.systemFileNumber] as? NSNumber)?.intValue
        device = (attributes[.systemNumber] as? NSNumber)?.intValue
        size = (attributes[.size] as? NSNumber)?.intValue
        modified = attributes[.modificationDate] as? Date
    }
}
