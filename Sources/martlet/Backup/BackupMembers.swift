import Foundation
import MartletCore
import MartletProcess

/// What of a data directory goes into a backup.
struct BackupMembers {
    /// Larger key, token and job files are refused by the server, too.
    private static let largestSmallFile = 8 << 20

    let directory: DataDirectory
    /// The copy of the database.
    let snapshot: String

    /// `logsOf`: runs whose files go in, beside the logs of script tasks; nil: none of both. Runs that go on are never
    /// among them: their control files speak of processes that a restored copy must not touch.
    func all(logsOf ended: [RunID]?) throws -> [BackupMember] {
        guard let size = RegularFile(at: snapshot)?.size else {
            throw MartletError(.internal, "the copy of the database is gone")
        }
        let database = BackupMember(name: DataDirectory.databaseName, content: .file(snapshot, size: size))
        var members = [database, try small(DataDirectory.keyName)]
        for name in [DataDirectory.tokenName, DataDirectory.stoppedName]
        where FileManager.default.fileExists(atPath: "\(directory.path)/\(name)") {
            members.append(try small(name))
        }
        members += try names(in: "jobs.d").filter(isRegular).map(small)
        members += try names(in: BackupMember.clusters).filter(isRegular).map(small)
        guard let ended else { return members }
        let paths = RunPaths(dataDirectory: directory.path)
        members += ended.flatMap { run in
            files(in: String(paths.directory(of: run).dropFirst(directory.path.count + 1)))
        }
        return members + files(in: "logs") + files(in: "logs/.positions")
    }

    private func small(_ name: String) throws -> BackupMember {
        guard let bytes = FileManager.default.contents(atPath: "\(directory.path)/\(name)") else {
            throw MartletError(.invalid, "\(directory.path)/\(name) cannot be read")
        }
        guard bytes.count <= Self.largestSmallFile else {
            throw MartletError(.invalid, "\(directory.path)/\(name) is larger than it can be")
        }
        return BackupMember(name: name, content: .bytes(Array(bytes)))
    }

    /// Files as they are now; what retention removes before they are read ends the backup.
    private func files(in folder: String) -> [BackupMember] {
        names(in: folder).compactMap { name in
            guard isRegular(name), let size = RegularFile(at: "\(directory.path)/\(name)")?.size else { return nil }
            return BackupMember(name: name, content: .file("\(directory.path)/\(name)", size: size))
        }
    }

    private func names(in folder: String) -> [String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "\(directory.path)/\(folder)")) ?? []
        return names.sorted().map { "\(folder)/\($0)" }.filter(BackupMember.isAllowed)
    }

    /// Tasks may write to the directories of runs: links are not followed.
    private func isRegular(_ name: String) -> Bool { FileStatus("\(directory.path)/\(name)")?.isRegular == true }
}
