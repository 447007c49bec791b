import Foundation
import MartletCore

/// The engine as the steps call it. Every argument is a piece of data; patterns are escaped.
struct Restic {
    let context: WorkContext

    /// An entry of a version.
    struct Node: Sendable, Hashable {
        /// From the volume's root.
        let path: String
        /// `file`, `dir`, `symlink`, `fifo`, `dev`, `chardev`, `socket`.
        let type: String
        let size: Int64
        /// RFC 3339.
        let modified: String
        /// As octal text, `0644`.
        let mode: String
        let uid: Int64
        let gid: Int64

        var name: String { path.split(separator: "/").last.map(String.init) ?? "/" }
    }

    func initialise() throws { try expect(["init", "--quiet"]) }

    /// Removes locks whose owners are gone, no others.
    func unlock() throws { try expect(["unlock", "--quiet"]) }

    /// The entries below each of `paths`, those themselves included; without recursion one level. Order: as stored, by
    /// name within a directory.
    func list(_ snapshot: String, _ paths: [String], recursive: Bool, _ each: (Node) throws -> Void) throws {
        let options = recursive ? ["--recursive"] : []
        try expect(["ls", "--json"] + options + [snapshot] + paths) { line in
            guard let members = (try? JSONParser.parse(line))?.object, members["struct_type"] == "node",
                let path = members["path"]?.string, let type = members["type"]?.string
            else { return }
            try each(
                Node(
                    path: path, type: type, size: members["size"]?.wholeNumber ?? 0,
                    modified: members["mtime"]?.string ?? "",
                    mode: Self.octal(members["mode"]?.wholeNumber ?? 0),
                    uid: members["uid"]?.wholeNumber ?? 0, gid: members["gid"]?.wholeNumber ?? 0))
        }
    }

    /// As `chmod` takes it. The engine keeps setuid, setgid and sticky in places of its own.
    static func octal(_ mode: Int64) -> String {
        let special = [(23, 0o4000), (22, 0o2000), (20, 0o1000)].reduce(0) { $0 | (mode >> $1.0 & 1 == 1 ? $1.1 : 0) }
        let text = String(Int(mode & 0o777) | special, radix: 8)
        return String(repeating: "0", count: 4 - text.count) + text
    }

    /// Writes a version, or `paths` of it, below `target`, and reads what was written once more.
    func restore(_ snapshot: String, _ paths: [String]?, to target: String) throws {
        let patterns = (paths ?? []).flatMap { ["--include", PathPattern.escaped($0)] }
        try expect(["restore", snapshot, "--target", target, "--verify"] + patterns)
    }

    /// What the version holds. `created`: second since 1970 that it is of; nil: now. `what`: for people.
    func backup(
        _ volume: VolumeName, _ mode: VolumeMode, at path: String, created: Int64? = nil, what: String
    ) throws -> VolumeVersion.Content {
        var tally = BackupTally(nil)
        let arguments = ResticArguments.backup(volume, mode, context.run, exclude: [], created: created)
        let end = try program(arguments, cwd: path).run { tally.take(ResticLine(Array($0))) }
        guard let content = tally.memo.content, end.code == 0 else {
            let why =
                tally.evidence.failures.first.map { "\($0) could not be read" } ?? ResticComplaint.words(end.complaint)
            throw WorkFailure("engine", "\(what) could not be kept: \(why)")
        }
        return content
    }

    func forget(_ snapshots: [String]) throws { try expect(["forget", "--quiet"] + snapshots) }
    func prune() throws { try expect(["prune"]) }

    /// A version as the repository itself tells of it.
    struct Snapshot: Sendable, Hashable {
        let id: String
        /// RFC 3339 with the offset of the machine that made it.
        let time: String
        let tags: [String]
    }

    /// All that are there, oldest first.
    func snapshots() throws -> [Snapshot] {
        var text: [UInt8] = []
        try expect(["snapshots", "--json"]) { text += $0 }
        guard let list = (try? JSONParser.parse(text))?.array else {
            throw WorkFailure("engine", "restic snapshots wrote something else than a list")
        }
        return list.compactMap(\.object).compactMap { snapshot in
            guard let id = snapshot["id"]?.string, ResticLine.isSnapshot(id) else { return nil }
            return Snapshot(
                id: id, time: snapshot["time"]?.string ?? "",
                tags: (snapshot["tags"]?.array ?? []).compactMap(\.string))
        }
    }

    /// How many files a version has, and their bytes.
    func size(of snapshot: String) throws -> (files: Int64, bytes: Int64) {
        var text: [UInt8] = []
        try expect(["stats", "--json", "--mode", "restore-size", snapshot]) { text += $0 }
        let facts = (try? JSONParser.parse(text))?.object ?? [:]
        return (facts["total_file_count"]?.wholeNumber ?? 0, facts["total_size"]?.wholeNumber ?? 0)
    }

    /// `data`: `none`, `all`, or a part such as `3/30`.
    func check(data: String) throws {
        let options: [String] =
            switch data {
            case "none": []
            case "all": ["--read-data"]
            default: ["--read-data-subset=\(data)"]
            }
        try expect(["check"] + options)
    }

    func program(_ arguments: [String], cwd: String? = nil) -> Subprogram {
        Subprogram(
            argv: [context.restic] + arguments, environment: context.environment, cwd: cwd, output: context.output)
    }

    private func expect(_ arguments: [String]) throws {
        try expect(arguments) { context.output.forward("restic", $0) }
    }

    private func expect(_ arguments: [String], _ line: (ArraySlice<UInt8>) throws -> Void) throws {
        let end = try program(arguments).run(line)
        guard end.code == 0 else {
            let words = end.complaint.isEmpty ? "no reason was given" : ResticComplaint.words(end.complaint)
            throw WorkFailure("engine", "restic \(arguments[0]) failed: \(words)")
        }
    }
}

extension JSONParser {
    fileprivate static func parse(_ line: ArraySlice<UInt8>) throws -> JSONValue { try parse(Array(line)) }
}

/// Paths within a version.
package enum PathPattern {
    package static let longest = 4096

    /// What is wrong with a path that somebody asks for; nil: nothing. It may begin with `/` or not.
    package static func problem(_ path: String) -> String? {
        let bytes = path.utf8
        if bytes.count > longest { return "is longer than \(longest) bytes" }
        if bytes.contains(where: { $0 < 0x20 || $0 == 0x7F }) { return "must not contain control characters" }
        if path.split(separator: "/").contains(where: { $0 == "." || $0 == ".." }) {
            return "must not contain the parts . and .."
        }
        return nil
    }

    /// `/sub/dir`, or `/` for the root.
    package static func normal(_ path: String) -> String { "/" + path.split(separator: "/").joined(separator: "/") }

    /// As a pattern that matches this path alone.
    static func escaped(_ path: String) -> String {
        String(path.flatMap { "\\*?[".contains($0) ? ["\\", $0] : [$0] })
    }

    /// Without those that lie below another one.
    static func outermost(_ paths: [String]) -> [String] {
        var kept: [String] = []
        for path in Set(paths).sorted() where !kept.contains(where: { isWithin(path, $0) }) { kept.append(path) }
        return kept
    }

    static func isWithin(_ path: String, _ base: String) -> Bool {
        base == "/" || path == base || path.hasPrefix(base + "/")
    }
}
