import Foundation
import MartletCore

/// The files of one allocation as they are on disk. Tasks may put anything there: links are not followed, pipes and devices
/// not opened.
struct AllocationFolder: Sendable {
    let path: String

    struct Item: Sendable, Hashable {
        let isDirectory: Bool
        let size: Int64
        /// `-rw-r--r--`.
        let mode: String
        /// Nanoseconds since 1970.
        let modifiedAt: Int64

        /// Nil for what is neither a file nor a directory.
        fileprivate init?(_ info: stat) {
            switch info.st_mode & S_IFMT {
            case S_IFDIR: isDirectory = true
            case S_IFREG: isDirectory = false
            default: return nil
            }
            size = Int64(info.st_size)
            let letters = Array("rwxrwxrwx")
            mode =
                (isDirectory ? "d" : "-")
                + String(letters.indices.map { info.st_mode >> mode_t(8 - $0) & 1 == 1 ? letters[$0] : "-" })
            modifiedAt = Int64(info.st_mtim.tv_sec) * 1_000_000_000 + Int64(info.st_mtim.tv_nsec)
        }
    }

    /// Nil: there is no such file or directory. `parts`: names, none of them `..`.
    func item(_ parts: [String]) -> Item? {
        opened(parts) { descriptor in
            var info = stat()
            return fstat(descriptor, &info) == 0 ? Item(info) : nil
        }
    }

    /// What is in a directory, by name.
    func items(in parts: [String]) -> [(name: String, item: Item)] {
        let names: [String] =
            opened(parts) { descriptor in
                try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd/\(descriptor)")
            } ?? []
        return names.sorted().compactMap { name in item(parts + [name]).map { (name, $0) } }
    }

    /// At most `count` bytes from `offset` on; nil: it is no file any more.
    func read(_ parts: [String], from offset: Int64, upTo count: Int) -> [UInt8]? {
        opened(parts) { descriptor in
            var info = stat()
            guard fstat(descriptor, &info) == 0, Item(info)?.isDirectory == false else { return nil }
            var bytes = [UInt8](repeating: 0, count: count)
            let read = pread(descriptor, &bytes, count, off_t(offset))
            return read < 0 ? nil : Array(bytes.prefix(read))
        }
    }

    /// Goes down name by name, so that no name on the way is a link.
    private func opened<Value>(_ parts: [String], _ body: (Int32) -> Value?) -> Value? {
        var descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        for part in parts where descriptor >= 0 {
            let next = openat(descriptor, part, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
            close(descriptor)
            descriptor = next
        }
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        return body(descriptor)
    }
}

/// A file of an allocation, piece by piece.
struct FileOutput: StreamedOutput {
    private static let piece = 64 << 10
    private static let pause = Duration.milliseconds(250)

    let folder: AllocationFolder
    let parts: [String]
    var position: Int64
    /// Not more bytes than these; nil: all.
    var left: Int64?
    /// The name in frames; nil: the bytes alone.
    let name: String?
    /// Waits for more at its end.
    let follows: Bool
    private var idle = 0

    init(
        _ folder: AllocationFolder, _ parts: [String], from position: Int64, upTo left: Int64? = nil,
        name: String? = nil,
        follows: Bool = false
    ) {
        self.folder = folder
        self.parts = parts
        self.position = position
        self.left = left
        self.name = name
        self.follows = follows
    }

    mutating func next(unless end: StreamEnd) async throws -> [UInt8]? {
        while !end.isHere {
            let wanted = Int(min(Int64(Self.piece), left ?? .max))
            guard wanted > 0, let bytes = folder.read(parts, from: position, upTo: wanted) else { return nil }
            position += Int64(bytes.count)
            left = left.map { $0 - Int64(bytes.count) }
            if !bytes.isEmpty {
                idle = 0
                return name.map { OutputFrame.bytes(bytes, of: $0, end: position) } ?? bytes
            }
            if !follows { return nil }
            idle += 1
            // By this a caller that has gone is noticed.
            if idle % 4 == 0, name != nil { return OutputFrame.heartbeat }
            try await Task.sleep(for: Self.pause)
        }
        return nil
    }
}
