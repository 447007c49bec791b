import Foundation
import MartletCore

/// Something that goes into a backup under a name relative to the data directory.
struct BackupMember: Sendable {
    enum Content: Sendable {
        case bytes([UInt8])
        /// The first `size` bytes of a file, which may grow meanwhile.
        case file(String, size: Int64)
    }

    let name: String
    let content: Content

    var size: Int64 {
        switch content {
        case .bytes(let bytes): Int64(bytes.count)
        case .file(_, let size): size
        }
    }

    /// Hands over the content in pieces. Throws `notFound` when the file is gone, `unavailable` when it is shorter now.
    func read(_ body: (Data) throws -> Void) throws {
        switch content {
        case .bytes(let bytes): try body(Data(bytes))
        case .file(let path, let size):
            guard let file = FileHandle(forReadingAtPath: path) else {
                throw MartletError(.notFound, "\(path) cannot be read any more; try again")
            }
            defer { try? file.close() }
            var rest = Int(size)
            while rest > 0 {
                guard let piece = try file.read(upToCount: min(rest, 1 << 20)), !piece.isEmpty else {
                    throw MartletError(.unavailable, "\(path) became shorter while it was read; try again")
                }
                try body(piece)
                rest -= piece.count
            }
        }
    }

    private static let single: Set<String> = [
        DataDirectory.databaseName, DataDirectory.keyName, DataDirectory.tokenName, DataDirectory.stoppedName,
    ]
    private static let folders: Set<Substring> = ["jobs.d", "runs", "logs"]
    /// The key that clusters know this server by, and the hosts that it knows; nothing of live runs.
    static let clusters = "clusters"

    /// Whether a backup may hold a member of this name: a known file, or one below a known folder, by a plain path.
    static func isAllowed(_ name: String) -> Bool {
        if single.contains(name) { return true }
        let parts = name.split(separator: "/", omittingEmptySubsequences: false)
        if parts.first == Substring(clusters) {
            return parts.count == 2
                && (parts[1].hasPrefix("id_ed25519") || parts[1].wholeMatch(of: /[0-9a-f]{8}\.known_hosts/) != nil)
        }
        return (2...4).contains(parts.count) && folders.contains(parts[0]) && name.utf8.count <= 255
            && parts.allSatisfy { part in
                !part.isEmpty && part != "." && part != ".." && part.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F }
            }
    }
}
