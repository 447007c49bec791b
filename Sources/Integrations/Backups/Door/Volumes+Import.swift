package import Foundation
import MartletCore
package import MartletEngine

extension Volumes {
    /// Makes a version of a tar archive on this machine. `created`: when it was made; nil: as its name says
    /// (`…-<second>.tar.gz`), or else the time of its last change.
    package func importArchive(
        _ file: String, as volume: View, created: Date?, by caller: Caller
    ) async throws -> Control.Accepted {
        guard let declared = volume.declared else {
            throw MartletError(.notFound, "the volume \(volume.name.archive) is not declared any more")
        }
        if let problem = Self.problem(withArchive: file) { throw Self.invalid("file", problem) }
        let date = created ?? Self.second(ofName: file).map { Date(milliseconds: $0 * 1000) } ?? Self.changed(file)
        guard let date, date.milliseconds >= 0, date <= control.now() else {
            throw Self.invalid("createdAt", "must be a time in the past, since 1970")
        }
        try await makePassword(volume.name.app)
        let isFirst = try await isFirst(volume.name.app)
        let settings = box.settings
        let work = ImportWork(
            file: file, volume: declared.name, second: date.second, node: settings.node,
            isFirst: isFirst, scratch: settings.scratchDirectory)
        let job = jobs.work(
            VolumeWork(operation: .import, app: volume.name.app, import: work), of: volume.name)
        return try await submit(job, key: "import:\(volume.name)", by: caller)
    }

    private static func problem(withArchive path: String) -> String? {
        if !path.hasPrefix("/") || path.utf8.count > 4096 { return "must be an absolute path on the server's machine" }
        if path.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F }) { return "must not contain control characters" }
        return Place.facts(path)?.kind == .file ? nil : "is no file"
    }

    /// Of a name that ends in ten digits and `.tar.gz`.
    private static func second(ofName file: String) -> Int64? {
        let name = file.split(separator: "/").last ?? ""
        guard let end = ["tar.gz", "tar.zst", "tar"].first(where: { name.hasSuffix("." + $0) }) else { return nil }
        let digits = name.dropLast(end.count + 1).suffix(10)
        let isNumber = digits.count == 10 && digits.allSatisfy { $0.isASCII && $0.isNumber }
        return isNumber && name.dropLast(end.count + 11).last == "-" ? Int64(digits) : nil
    }

    private static func changed(_ file: String) -> Date? {
        let attributes = try? FileManager.default.attributesOfItem(atPath: file)
        return attributes?[.modificationDate] as? Date
    }
}
