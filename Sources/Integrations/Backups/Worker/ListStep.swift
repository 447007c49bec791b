import Foundation
import MartletCore

/// Writes the entries of one directory of a version to a file, which pages are read from: a version never changes.
struct ListStep {
    let context: WorkContext
    let work: ListWork

    private static let mostFiles = 500

    func run() throws {
        let lock = try RepositoryLock(.shared, context.lockFile, context.output)
        defer { lock.release() }
        let folder = Place.parent(of: work.file)
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        forgetOldest(in: folder)
        let draft = "\(work.file).\(getpid())"
        guard FileManager.default.createFile(atPath: draft, contents: nil, attributes: [.posixPermissions: 0o600]),
            let file = FileHandle(forWritingAtPath: draft)
        else { throw WorkFailure.system("\(draft) cannot be made") }
        defer { unlink(draft) }
        try file.write(contentsOf: Data("\(SpecCoding.text(JSONValue.string(work.path)))\n".utf8))
        var isThere = work.path == "/"
        var count: Int64 = 0
        try Restic(context: context).list(work.snapshot, [work.path], recursive: false) { node in
            if node.path == work.path {
                isThere = true
                // A directory is told by what is in it.
                if node.type == "dir" { return }
            }
            count += 1
            try file.write(contentsOf: Data((SpecCoding.text(node.entry) + "\n").utf8))
        }
        guard isThere else { throw WorkFailure("notFound", "the version has no \(work.path)") }
        try file.close()
        guard rename(draft, work.file) == 0 else { throw WorkFailure.system("\(work.file) cannot be made") }
        context.output.result("entries", .int(count))
    }

    private func forgetOldest(in folder: String) {
        let files = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        guard files.count >= Self.mostFiles else { return }
        let aged = files.compactMap { name in
            Place.facts("\(folder)/\(name)").map { (path: "\(folder)/\(name)", at: $0.second) }
        }.sorted { $0.at < $1.at }
        for file in aged.prefix(files.count - Self.mostFiles / 2) { unlink(file.path) }
    }
}

extension Restic.Node {
    fileprivate var entry: JSONValue {
        [
            "name": .string(name), "type": .string(type), "size": .int(size), "modifiedAt": .string(modified),
            "mode": .string(mode), "uid": .int(uid), "gid": .int(gid),
        ]
    }
}
