import Foundation
import MartletCore

/// Makes a version of an archive that something else wrote, tar by itself or compressed: as of the time that it was made.
struct ImportStep {
    let context: WorkContext
    let work: ImportWork

    private var output: WorkOutput { context.output }

    func run() throws {
        try PrepareStep.ensureRepository(context, mayMake: work.isFirst)
        let lock = try RepositoryLock(.shared, context.lockFile, output)
        defer { lock.release() }
        let staging = try Staging(besides: "\(work.scratch)/import-\(work.volume.archive)", for: context)
        defer { staging.remove() }
        output.progress(0.05, "unpacking \(work.file)")
        try unpack(into: staging.tree)
        let root = try root(of: staging.tree)
        output.progress(0.5, "keeping what it holds")
        var content = try Restic(context: context).backup(
            work.volume, .full, at: root, created: work.second, what: "what the archive holds")
        content.node = work.node
        output.result("files", .int(content.files))
        output.result("bytes", .int(content.bytes))
        output.found(
            SpecCoding.value(
                FoundVersion(
                    volume: work.volume, mode: .full, content: content, second: work.second, run: context.run)))
        output.progress(1, "\(content.files) files, \(Bytes.text(content.bytes))")
    }

    /// tar tells by the first bytes how an archive is compressed, and takes no name that leads out of the directory.
    private func unpack(into directory: String) throws {
        let tar = Subprogram(
            argv: [
                "tar", "--extract", "--file", work.file, "--directory", directory, "--numeric-owner", "--same-owner",
                "--preserve-permissions", "--xattrs", "--xattrs-include=*", "--acls", "--force-local",
            ], environment: context.environment, output: output)
        let end = try tar.run()
        guard end.code == 0 else {
            throw WorkFailure("archive", "the archive cannot be unpacked: \(end.complaint)")
        }
    }

    /// Archives of the replaced system hold the volume's last directory; others its content.
    private func root(of directory: String) throws -> String {
        let names = try FileManager.default.contentsOfDirectory(atPath: directory)
        guard !names.isEmpty else { throw WorkFailure("archive", "the archive is empty") }
        let last = work.volume.volume.split(separator: "/").last.map(String.init)
        guard let last, names == [last], Place.facts("\(directory)/\(last)")?.kind == .directory else {
            return directory
        }
        return "\(directory)/\(last)"
    }
}
