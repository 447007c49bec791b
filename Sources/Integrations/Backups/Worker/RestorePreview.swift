import Foundation
import MartletCore

/// What a restore would change, without writing anything: by kind, size and second of the last change.
struct RestorePreview {
    let context: WorkContext
    let work: RestoreWork

    private static let mostSamples = 20

    func run(_ paths: [String]?) throws {
        var (added, changed, same, removed): (Int64, Int64, Int64, Int64) = (0, 0, 0, 0)
        var samples: [JSONValue] = []
        var known: Set<Int> = []
        func sample(_ change: String, _ path: String) {
            guard samples.count < Self.mostSamples else { return }
            samples.append(["change": .string(change), "path": .string(String(path.prefix(512)))])
        }
        try Restic(context: context).list(work.snapshot, paths ?? [], recursive: true) { node in
            if let paths, !paths.contains(where: { PathPattern.isWithin(node.path, $0) }) { return }
            known.insert(node.path.hashValue)
            guard let facts = Place.facts(work.path + node.path) else {
                added += 1
                return sample("add", node.path)
            }
            if node.isLike(facts) {
                same += 1
            } else {
                changed += 1
                sample("change", node.path)
            }
        }
        if paths == nil, Place.isDirectory(work.path) {
            try DiskWalk.each(below: work.path, oneFileSystem: true) { _, path in
                let inner = String(DiskWalk.text(of: path).dropFirst(work.path.count))
                guard !known.contains(inner.hashValue) else { return }
                removed += 1
                sample("remove", inner)
            }
        }
        for (name, count) in [("added", added), ("changed", changed), ("unchanged", same), ("removed", removed)] {
            context.output.result(name, .int(count))
        }
        context.output.result("samples", .array(samples))
        let parent = Place.parent(of: work.path)
        context.output.result("free", .int(try Place.free(at: Place.isDirectory(parent) ? parent : "/")))
        context.output.progress(1, "\(added) to add, \(changed) to change, \(removed) to remove; nothing was written")
    }
}

extension Restic.Node {
    fileprivate func isLike(_ facts: FileFacts) -> Bool {
        switch type {
        case "file": facts.kind == .file && facts.size == size && facts.second == second
        case "dir": facts.kind == .directory
        case "symlink": facts.kind == .link
        case "socket": facts.kind == .socket
        default: facts.kind == .other
        }
    }

    private var second: Int64? { Timestamp.date(modified)?.second }
}
