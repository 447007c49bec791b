import Foundation
import MartletCore

/// Looks at this machine, at the data directory and at the server, and changes nothing.
struct Examination {
    let directory: DataDirectory
    let client: APIClient
    /// The settings in force, or what is wrong with them.
    let config: Result<ServerConfig, any Error>

    func findings() async throws -> [Finding] {
        var findings = [keeper(), permissions()] + files() + [lock()]
        findings += configuration()
        findings += try await stored()
        findings += [disk(), clock(), kernel(), descriptors(), ownLog()].compactMap { $0 }
        return findings + (await server())
    }

    var settings: ServerConfig? { try? config.get() }

    private func configuration() -> [Finding] {
        guard case .failure(let error) = config else { return [] }
        return [
            .wrong(
                "configuration", Complaint.lines(error).joined(separator: " "),
                fix: "see martlet config, and correct it")
        ]
    }

    private func keeper() -> Finding {
        let path = Installation.keeper
        if Installation.hasKeeper { return .fine("keeper", path) }
        return .wrong(
            "keeper", "\(path) is missing or not executable", fix: "install martlet-keeper beside martlet")
    }

    /// The database and the runs in it; nothing for somebody else's directory, where files made by reading would
    /// have the wrong owner.
    private func stored() async throws -> [Finding] {
        guard FileStatus(directory.database) != nil else {
            return [.note("database", "there is none yet", fix: "martlet serve makes it")]
        }
        guard FileStatus(directory.realPath)?.isMine == true else { return [] }
        return await StoreExamination(directory: directory, isServed: DirectoryHolder(directory).pid != nil).findings()
    }
}

/// Who holds the lock of a data directory. Asks the kernel: the pid in the file may be of a server that is gone.
struct DirectoryHolder {
    /// As the file tells it, `?` when it tells nothing; nil: nobody.
    let pid: String?

    init(_ directory: DataDirectory) {
        let descriptor = open(directory.lockFile, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            pid = nil
            return
        }
        defer { close(descriptor) }
        if flock(descriptor, LOCK_SH | LOCK_NB) == 0 {
            pid = nil
            return
        }
        let text = FileManager.default.contents(atPath: directory.lockFile).map { String(decoding: $0, as: UTF8.self) }
        let word = text?.trimmingCharacters(in: .whitespacesAndNewlines) ?? ""
        pid = word.isEmpty ? "?" : word
    }
}
