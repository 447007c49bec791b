import CMartlet
import Foundation
import MartletCore

/// Opens files of one run. Tasks may write there, so links, pipes and devices are refused.
struct RunDirectory: ~Copyable {
    private let descriptor: Descriptor
    let path: String

    /// Nil when the run left no files.
    init?(_ run: RunID, in paths: RunPaths) {
        path = paths.directory(of: run)
        guard let descriptor = Descriptor(opening: path, O_RDONLY | O_DIRECTORY) else { return nil }
        self.descriptor = descriptor
    }

    /// Nil unless it is a regular file.
    func open(_ name: String, _ flags: Int32 = O_RDONLY) -> Descriptor? {
        // Without blocking: a named pipe must not hold the reader.
        let number = mt_openat(descriptor.number, name, flags | O_NONBLOCK, 0o600)
        guard number >= 0 else { return nil }
        let file = Descriptor(number)
        var info = stat()
        guard fstat(number, &info) == 0, info.st_mode & S_IFMT == S_IFREG else { return nil }
        return file
    }

    func open(_ kind: RunPaths.FileKind, of task: TaskAddress) -> Descriptor? { open(RunPaths.name(kind, of: task)) }

    func names() -> [String] { (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? [] }

    func rename(_ old: String, to new: String) -> Bool {
        renameat(descriptor.number, old, descriptor.number, new) == 0
    }

    func unlink(_ name: String) { _ = unlinkat(descriptor.number, name, 0) }
}
