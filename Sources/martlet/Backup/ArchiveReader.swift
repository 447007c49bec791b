import Foundation
import MartletCore
import MartletStore

/// Unpacks a backup into an empty directory. Only what the manifest, the first member, lists is ever written, each
/// member once and with its size; everything else in the archive ends the reading.
struct ArchiveReader {
    private let input: FileHandle

    init(_ input: FileHandle) { self.input = input }

    func manifest() throws -> BackupManifest {
        guard let header = try header(), header.name == BackupManifest.name else {
            throw MartletError(.invalid, "the file is not a backup of martlet: it does not begin with a manifest")
        }
        guard header.size <= BackupManifest.largest else {
            throw MartletError(.invalid, "the manifest of the backup is larger than any can be")
        }
        var bytes = Data()
        try content(header) { bytes.append($0) }
        return try BackupManifest(Array(bytes))
    }

    /// The members after the manifest. Throws `invalid` at the first that is not as listed; what was unpacked until
    /// then is the caller's to remove.
    func unpack(_ manifest: BackupManifest, into directory: String, progress: (Int64) -> Void) throws {
        var missing = Dictionary(uniqueKeysWithValues: manifest.members.map { ($0.name, $0) })
        while let header = try header() {
            guard let member = missing.removeValue(forKey: header.name) else {
                throw Self.wrong(header.name, "is not in the manifest, or comes twice")
            }
            guard header.size == member.size else { throw Self.wrong(header.name, "has another size than listed") }
            do {
                try write(header, member, directory, progress)
            } catch let error as CocoaError {
                throw MartletError(
                    .unavailable, "\(directory)/\(member.name) cannot be written: \(error.localizedDescription)")
            }
        }
        guard missing.isEmpty else {
            throw Self.wrong(missing.keys.sorted()[0], "is missing: the backup is cut off")
        }
        try checkEnd()
    }

    private func write(
        _ header: TarHeader, _ member: BackupManifest.Member, _ directory: String, _ progress: (Int64) -> Void
    ) throws {
        let path = "\(directory)/\(member.name)"
        try FileManager.default.createDirectory(
            atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o700])
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw MartletError(.unavailable, "\(path) cannot be made: \(String(cString: strerror(errno)))")
        }
        let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        var sum = Checksum()
        try content(header) { piece in
            sum.add(piece)
            try file.write(contentsOf: piece)
            progress(Int64(piece.count))
        }
        try file.close()
        guard sum.hex == member.sha256 else { throw Self.wrong(member.name, "has another content than listed") }
    }

    private func header() throws -> TarHeader? { try TarHeader(Array(exactly(TarHeader.block))) }

    private func content(_ header: TarHeader, _ body: (Data) throws -> Void) throws {
        var rest = header.size
        while rest > 0 {
            let piece = try exactly(Int(min(rest, 1 << 20)))
            try body(piece)
            rest -= Int64(piece.count)
        }
        _ = try exactly(header.padding)
    }

    private func exactly(_ count: Int) throws -> Data {
        var data = Data()
        while data.count < count {
            guard let more = try input.read(upToCount: count - data.count), !more.isEmpty else {
                throw MartletError(.invalid, "the backup is damaged: it ends too early")
            }
            data.append(more)
        }
        return data
    }

    /// Nothing but zeros may follow, and few of them: other programs fill up their last record.
    private func checkEnd() throws {
        var left = 64 << 10
        while let more = try input.read(upToCount: 4096), !more.isEmpty {
            left -= more.count
            guard left >= 0, more.allSatisfy({ $0 == 0 }) else {
                throw MartletError(.invalid, "the backup is damaged: something follows its end")
            }
        }
    }

    private static func wrong(_ name: String, _ how: String) -> MartletError {
        MartletError(
            .invalid, "the backup is damaged or was changed: \(Terminal.safe(String(name.prefix(200)))) \(how)")
    }
}
