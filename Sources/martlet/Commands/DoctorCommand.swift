import ArgumentParser
import Foundation
import MartletCore
import MartletProcess

struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor", abstract: "Check everything the server needs, and say how to repair it.",
        discussion: "Exits with 1 when something is wrong. Example: martlet doctor --data-dir ./martlet-data")

    @OptionGroup var options: ClientOptions

    func run() async throws {
        try await Complaint.asExit {
            let findings = await Examination(directory: options.dataDirectory, client: try options.client()).findings()
            options.json ? printJSON(findings) : printTable(findings)
            if findings.contains(where: { $0.state == .wrong }) { throw ExitCode(1) }
        }
    }

    private func printTable(_ findings: [Finding]) {
        var table = Table("CHECK", "", "FOUND", "FIX")
        for finding in findings {
            let colour: Terminal.Colour = [.fine: .green, .note: .yellow, .wrong: .red][finding.state] ?? .grey
            table.add(
                .init(finding.name), .init(finding.state.rawValue, colour), .init(finding.text),
                .init(finding.fix ?? ""))
        }
        table.print()
    }

    private func printJSON(_ findings: [Finding]) {
        let checks = findings.map { finding in
            JSONValue.object([
                "check": .string(finding.name), "state": .string(finding.state.rawValue),
                "found": .string(finding.text), "fix": finding.fix.map(JSONValue.string) ?? .null,
            ])
        }
        let isWell = !findings.contains { $0.state == .wrong }
        Terminal.print(JSONText.pretty(["ok": .bool(isWell), "checks": .array(checks)]))
    }
}

/// One thing that was looked at.
struct Finding: Sendable {
    enum State: String, Sendable {
        case fine = "ok"
        case note
        case wrong
    }

    let name: String
    let state: State
    let text: String
    var fix: String?
}

/// Looks at this machine, at the data directory and at the server, and changes nothing.
struct Examination {
    let directory: DataDirectory
    let client: APIClient

    func findings() async -> [Finding] {
        [keeper(), permissions(), token(), lock(), disk(), clock(), kernel(), descriptors()] + (await server())
    }

    private func keeper() -> Finding {
        let path = Installation.keeper
        if Installation.hasKeeper { return Finding(name: "keeper", state: .fine, text: path) }
        return Finding(
            name: "keeper", state: .wrong, text: "\(path) is missing or not executable",
            fix: "install martlet-keeper beside martlet")
    }

    private func permissions() -> Finding {
        let path = directory.path
        guard let status = FileStatus(URL(filePath: path).resolvingSymlinksInPath().path) else {
            return Finding(
                name: "data directory", state: .note, text: "\(path) does not exist yet", fix: "martlet serve makes it")
        }
        if !status.isMine {
            return Finding(
                name: "data directory", state: .wrong, text: "\(path) belongs to user \(status.owner)",
                fix: "run as that user, or chown -R it")
        }
        if !status.isPrivate {
            return Finding(
                name: "data directory", state: .wrong, text: "others may enter \(path)", fix: "chmod 700 \(path)")
        }
        return Finding(name: "data directory", state: .fine, text: path)
    }

    private func token() -> Finding {
        guard let status = FileStatus(directory.tokenFile) else {
            return Finding(name: "token", state: .note, text: "no admin.token yet", fix: "martlet serve makes it")
        }
        if !status.isPrivate {
            return Finding(
                name: "token", state: .wrong, text: "others may read \(directory.tokenFile)",
                fix: "chmod 600 \(directory.tokenFile), and delete it once to get a new one")
        }
        return Finding(name: "token", state: .fine, text: directory.tokenFile)
    }

    /// Asks the kernel who holds the lock; the pid in the file may be of a server that is gone.
    private func lock() -> Finding {
        let descriptor = open(directory.lockFile, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return Finding(name: "lock", state: .fine, text: "no server uses the directory") }
        defer { close(descriptor) }
        if flock(descriptor, LOCK_SH | LOCK_NB) == 0 {
            return Finding(name: "lock", state: .fine, text: "no server uses the directory")
        }
        let pid =
            FileManager.default.contents(atPath: directory.lockFile).map { String(decoding: $0, as: UTF8.self) } ?? "?"
        return Finding(
            name: "lock", state: .fine, text: "held by process \(pid.trimmingCharacters(in: .whitespacesAndNewlines))")
    }

    private func disk() -> Finding {
        let path = FileManager.default.fileExists(atPath: directory.path) ? directory.path : "/"
        guard let space = try? DiskSpace.free(at: path) else {
            return Finding(name: "disk", state: .wrong, text: "\(path) cannot be asked about", fix: "check the mount")
        }
        let needed = max(500_000_000, space.total / 50)
        let text = "\(space.free / 1_000_000) MB free, \(needed / 1_000_000) MB must stay free by default"
        if space.free >= needed { return Finding(name: "disk", state: .fine, text: text) }
        return Finding(name: "disk", state: .wrong, text: text, fix: "free some space, or lower limits.minFree")
    }

    /// A clock that runs behind what was written before would date ends before starts.
    private func clock() -> Finding {
        let now = Date()
        let attributes = try? FileManager.default.attributesOfItem(atPath: directory.path + "/martlet.db")
        let written = attributes?[.modificationDate] as? Date ?? now
        if written <= now.addingTimeInterval(60) {
            return Finding(name: "clock", state: .fine, text: now.formatted(.iso8601))
        }
        return Finding(
            name: "clock", state: .wrong, text: "\(now.formatted(.iso8601)) is before the store's last write",
            fix: "set the clock: timedatectl set-ntp true")
    }

    private func kernel() -> Finding {
        var name = utsname()
        uname(&name)
        let release = withUnsafeBytes(of: &name.release) { bytes in
            String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
        let numbers = release.split(whereSeparator: { !$0.isNumber }).prefix(2).compactMap { Int($0) }
        let isEnough = numbers.count == 2 && (numbers[0], numbers[1]) >= (5, 9)
        if isEnough { return Finding(name: "kernel", state: .fine, text: release) }
        return Finding(
            name: "kernel", state: .wrong, text: release, fix: "pidfd and close_range need Linux 5.9 or newer")
    }

    private func descriptors() -> Finding {
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(7), &limit)
        if limit.rlim_cur >= 4096 { return Finding(name: "open files", state: .fine, text: "limit \(limit.rlim_cur)") }
        return Finding(
            name: "open files", state: .note, text: "limit \(limit.rlim_cur)",
            fix: "many runs and clients need more: ulimit -n 65536, or LimitNOFILE in the unit")
    }

    /// Each of the server's own checks; the store's is among them.
    private func server() async -> [Finding] {
        guard let ready = try? await client.call("GET", "/readyz", accept: [503], within: 5).json() else {
            return [Finding(name: "server", state: .note, text: "none answers at \(client.base)", fix: "martlet serve")]
        }
        var findings = [Finding(name: "server", state: .fine, text: "answers at \(client.base)")]
        for (name, check) in (ready["checks"].object ?? [:]).sorted(by: { $0.key < $1.key }) {
            let problem = check["problem"].string
            findings.append(
                Finding(
                    name: "server: \(name)", state: problem == nil ? .fine : .wrong, text: problem ?? "fine",
                    fix: problem == nil ? nil : "see the server's log"))
        }
        do {
            try await client.call("GET", "/api/runs?limit=1", within: 5)
            findings.append(Finding(name: "server: token", state: .fine, text: "accepted"))
        } catch {
            findings.append(
                Finding(
                    name: "server: token", state: .wrong, text: Complaint.lines(error)[0],
                    fix: "give the data directory of this server, or MARTLET_TOKEN"))
        }
        return findings
    }
}
