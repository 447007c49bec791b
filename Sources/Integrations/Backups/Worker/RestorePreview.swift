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
            samples.append(["change": .string(change), "path": .string(path)])
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
            try DiskWalk.each(below: work.path) { _, path in
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

    /// Times come in UTC: `2026-11-22T00:11:59.24Z`.
    private var second: Int64? {
        let parts = modified.prefix(19).split { !$0.isNumber }.compactMap { Int64($0) }
        guard parts.count == 6 else { return nil }
        // Days since 1970 of the Gregorian calendar, whose year begins here in March.
        let (year, month, day) = (parts[1] <= 2 ? parts[0] - 1 : parts[0], (parts[1] + 9) % 12, parts[2])
        let days = 365 * year + year / 4 - year / 100 + year / 400 + (month * 306 + 5) / 10 + day - 1 - 719_468
        return ((days * 24 + parts[3]) * 60 + parts[4]) * 60 + parts[5]
    }
}
