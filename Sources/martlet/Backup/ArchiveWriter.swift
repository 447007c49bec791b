import Foundation
import MartletCore
import MartletStore

/// Writes the members of a backup as one tar archive.
struct ArchiveWriter {
    private let out: FileHandle
    private let time: Date

    init(_ out: FileHandle, time: Date) {
        self.out = out
        self.time = time
    }

    /// Throws when the content is not what `checksum` says: it changed since.
    func write(_ member: BackupMember, checksum: String) throws {
        try out.write(contentsOf: TarHeader(name: member.name, size: member.size).bytes(modifiedAt: time))
        var sum = Checksum()
        try member.read { piece in
            sum.add(piece)
            try out.write(contentsOf: piece)
        }
        guard sum.hex == checksum else {
            throw MartletError(.unavailable, "\(member.name) changed while it was read; try again")
        }
        try out.write(contentsOf: Data(count: TarHeader(name: member.name, size: member.size).padding))
    }

    /// Two blocks of zeros end an archive.
    func finish() throws { try out.write(contentsOf: Data(count: 2 * TarHeader.block)) }
}
