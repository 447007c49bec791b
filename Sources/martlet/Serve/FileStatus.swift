import Foundation

/// Owner and mode of a file. Nil when there is none, or when it cannot be asked about. A link is not followed.
struct FileStatus: Sendable {
    let owner: Int
    let mode: Int
    let isDirectory: Bool
    let isRegular: Bool

    init?(_ path: String) {
        guard let attributes = try? FileManager.default.attributesOfItem(atPath: path),
            let owner = attributes[.ownerAccountID] as? NSNumber, let mode = attributes[.posixPermissions] as? NSNumber
        else { return nil }
        self.owner = owner.intValue
        self.mode = mode.intValue
        isDirectory = attributes[.type] as? FileAttributeType == .typeDirectory
        isRegular = attributes[.type] as? FileAttributeType == .typeRegular
    }

    var isPrivate: Bool { mode & 0o077 == 0 }
    var isMine: Bool { owner == Int(geteuid()) }
}
