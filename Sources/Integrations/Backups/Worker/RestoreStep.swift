import Foundation
import MartletCore

/// Brings a version, or paths of it, back to a volume. Everything is written beside the volume, read once more and
/// counted before the volume is touched; the state before is kept as a version of its own.
struct RestoreStep {
    let context: WorkContext
    let work: RestoreWork

    private var restic: Restic { Restic(context: context) }
    private var output: WorkOutput { context.output }

    func run() throws {
        try checkTarget()
        let lock = try RepositoryLock(.shared, context.lockFile, output)
        defer { lock.release() }
        let paths = work.paths.map(PathPattern.outermost)
        output.progress(0.02, "looking the paths up")
        let wanted = try count(paths)
        output.result("files", .int(wanted.files))
        output.result("bytes", .int(wanted.bytes))
        if work.dryRun { return try RestorePreview(context: context, work: work).run(paths) }
        let staging = try Staging(besides: work.path, for: context)
        defer { staging.remove() }
        try fill(staging, paths, wanted)
        let sync = VolumeSync(context: context, work: work, source: staging.tree, paths: paths)
        try sync.checkRoom()
        try keepState()
        output.progress(0.9, "writing to the volume")
        try sync.run()
        output.progress(1, "restored \(wanted)")
    }

    private func checkTarget() throws {
        if let facts = Place.facts(work.path), facts.kind != .directory {
            throw WorkFailure("badTarget", "\(work.path) is no directory of its own (a link, perhaps)")
        }
        if let path = work.paths?.first(where: { Place.leavesThroughLink($0, below: work.path) }) {
            throw WorkFailure("badPath", "\(path) leads through a link of the volume")
        }
    }

    /// Every wanted path must be in the version: a pattern that finds nothing is no error to the engine.
    private func count(_ paths: [String]?) throws -> TreeCount {
        var count = TreeCount()
        var missing = Set(paths ?? [])
        try restic.list(work.snapshot, paths ?? [], recursive: true) { node in
            if let paths {
                guard paths.contains(where: { PathPattern.isWithin(node.path, $0) }) else { return }
                missing.remove(node.path)
            }
            count.take(node)
        }
        guard missing.isEmpty else {
            let names = missing.sorted().prefix(5).joined(separator: ", ")
            throw WorkFailure("notFound", "the version has no \(names)\(missing.count > 5 ? ", …" : "")")
        }
        return count
    }

    private func fill(_ staging: Staging, _ paths: [String]?, _ wanted: TreeCount) throws {
        let free = try Place.free(at: staging.directory)
        guard free > wanted.bytes + wanted.bytes / 50 else {
            throw WorkFailure(
                "noSpace",
                "\(Bytes.text(wanted.bytes)) have to be written beside the volume and \(Bytes.text(free)) are free there"
            )
        }
        output.progress(0.05, "writing \(wanted.files) files, \(Bytes.text(wanted.bytes)), beside the volume")
        try restic.restore(work.snapshot, paths, to: staging.tree)
        output.progress(0.7, "comparing")
        let found = try TreeCount(onDisk: staging.tree, paths)
        guard found == wanted else {
            throw WorkFailure(
                "mismatch", "the engine gave \(found), and the version has \(wanted); the volume was not touched")
        }
    }

    private func keepState() throws {
        guard work.keepsState, Place.isDirectory(work.path),
            try !FileManager.default.contentsOfDirectory(atPath: work.path).isEmpty
        else { return }
        output.progress(0.8, "keeping the state before")
        var content = try restic.backup(work.target, .safety, at: work.path, what: "the state before")
        content.node = work.node
        output.result("stateBefore", SpecCoding.value(content))
    }
}

/// A directory beside a volume, on its file system wherever the volume is no mount of its own.
struct Staging {
    static let prefix = ".martlet-restore-"

    let directory: String
    /// What the engine writes to: nobody else can look into it.
    var tree: String { directory + "/tree" }
    private let context: WorkContext

    /// Removes what killed restores of this volume left: its key keeps all others away.
    init(besides volume: String, for context: WorkContext) throws {
        self.context = context
        let parent = Place.parent(of: volume)
        try FileManager.default.createDirectory(
            atPath: parent, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o755])
        let mark = Self.prefix + URL(filePath: volume).lastPathComponent + "-"
        for name in try FileManager.default.contentsOfDirectory(atPath: parent)
        where name.hasPrefix(mark) && RunID(String(name.dropFirst(mark.count))) != nil {
            // What follows is a run's id and nothing else: a volume whose name begins as this one's has its own.
            Self.remove("\(parent)/\(name)", context)
        }
        directory = "\(parent)/\(mark)\(context.run)"
        guard mkdir(directory, 0o700) == 0, mkdir(directory + "/tree", 0o700) == 0 else {
            throw WorkFailure.system("\(directory) cannot be made")
        }
    }

    func remove() { Self.remove(directory, context) }

    static func remove(_ directory: String, _ context: WorkContext) {
        let program = Subprogram(
            argv: ["rm", "-rf", "--one-file-system", "--", directory], environment: context.environment,
            output: context.output)
        // Also after a request to end, which the program then had, too.
        for _ in 0..<5 where Place.facts(directory) != nil {
            if let end = try? program.run(), end.code != 0 {
                context.output.warn("\(directory) is left: \(end.complaint)")
                return
            }
        }
        if Place.facts(directory) != nil { context.output.warn("\(directory) is left") }
    }
}

/// The last step: rsync makes the volume equal to what was written beside it. The volume's own directory stays, which
/// containers may have mounted.
struct VolumeSync {
    let context: WorkContext
    let work: RestoreWork
    let source: String
    /// Nil: everything.
    let paths: [String]?

    /// Content is compared: a file may have changed within one second and kept its size. What is mounted below the volume is
    /// not in its versions: nothing there is removed, either.
    private static let options = ["-aHAX", "--one-file-system", "--numeric-ids", "--sparse", "--checksum"]

    /// Asks rsync what it would write, before anything is changed.
    func checkRoom() throws {
        try prepareTarget()
        var bytes: Int64 = 0
        try expect(["--dry-run", "--stats"]) { line in
            let text = String(repairing: line)
            guard text.hasPrefix("Total transferred file size: ") else { return }
            bytes = Int64(text.filter(\.isNumber)) ?? 0
        }
        let free = try Place.free(at: work.path)
        guard free > bytes + bytes / 50 else {
            throw WorkFailure(
                "noSpace",
                "\(Bytes.text(bytes)) have to be written to the volume and \(Bytes.text(free)) are free; it was not touched"
            )
        }
    }

    func run() throws {
        if let path = paths?.first(where: { Place.leavesThroughLink($0, below: work.path) }) {
            throw WorkFailure("badPath", "\(path) leads through a link of the volume")
        }
        do {
            // Where a directory becomes a file that has other names, rsync's first pass may miss attributes (23).
            let first = try program(Self.options + arguments).run()
            if first.code == 23 {
                try expect([]) { context.output.forward("rsync", $0) }
            } else {
                try Self.check(first)
            }
        } catch let failure as WorkFailure {
            throw WorkFailure(
                failure.code, "the volume may hold a mixture, restore once more: \(failure.message)")
        }
    }

    /// The copy's root gets what the volume's own directory has, so that rsync leaves that as it is.
    private func prepareTarget() throws {
        // Directories that are missing are made for others to enter, whatever mask the server has.
        umask(0o022)
        if Place.facts(work.path) == nil {
            guard mkdir(work.path, 0o755) == 0 else { throw WorkFailure.system("\(work.path) cannot be made") }
            output.warn("\(work.path) was missing: it is made for root, and its owner has to be set")
        }
        let end = try program([
            "-aAX", "--one-file-system", "--numeric-ids", "--exclude=*", work.path + "/", source + "/",
        ]).run()
        guard end.code == 0 else {
            throw WorkFailure("rsync", "the attributes of \(work.path) cannot be read: \(end.complaint)")
        }
    }

    private var output: WorkOutput { context.output }

    private func expect(_ more: [String], _ line: (ArraySlice<UInt8>) throws -> Void) throws {
        try Self.check(program(Self.options + more + arguments).run(line))
    }

    private static func check(_ end: Subprogram.End) throws(WorkFailure) {
        guard end.code == 0 else {
            throw WorkFailure("rsync", "rsync ended with \(end.code.map(String.init) ?? "a signal"): \(end.complaint)")
        }
    }

    /// Chosen paths come beside what is there: nothing else is removed, and directories above them stay as they are.
    private var arguments: [String] {
        guard let paths else { return ["--delete", source + "/", work.path + "/"] }
        return ["--relative", "--no-implied-dirs", "--"] + paths.map { "\(source)/.\($0)" } + [work.path + "/"]
    }

    private func program(_ arguments: [String]) -> Subprogram {
        Subprogram(argv: [context.rsync] + arguments, environment: context.environment, output: context.output)
    }
}
