import Backups
import Foundation
import MartletCore
import MartletEngine
import MartletHTTP

/// The files of a data directory that only the server and its owner's CLI use.
struct DataDirectory: Sendable {
    let path: String

    /// Without links: as the kernel names files below it.
    var realPath: String { URL(filePath: path).resolvingSymlinksInPath().path }

    static let databaseName = "martlet.db"
    static let keyName = "secret.key"
    static let tokenName = "admin.token"
    /// Of a machine that was told to start no backups by itself.
    static let stoppedName = Standstill.fileName

    var database: String { "\(path)/\(Self.databaseName)" }
    var keyFile: String { "\(path)/\(Self.keyName)" }
    var tokenFile: String { "\(path)/\(Self.tokenName)" }
    var urlFile: String { path + "/server.url" }
    var lockFile: String { path + "/lock" }
    /// Where a restore prepares what it puts into an existing directory.
    var unfinishedRestore: String { path + "/.restoring" }
    /// One file for each script task.
    var logs: String { path + "/logs" }

    /// Makes it with its parents, for its owner alone. An existing one is tightened; somebody else's is refused.
    func prepare() throws(MartletError) {
        do {
            let parent = URL(filePath: path).deletingLastPathComponent().path
            try FileManager.default.createDirectory(atPath: parent, withIntermediateDirectories: true)
        } catch {
            throw MartletError(.invalid, "the data directory \(path) cannot be made: \(error.localizedDescription)")
        }
        guard mkdir(path, 0o700) == 0 || errno == EEXIST else {
            throw MartletError(
                .invalid, "the data directory \(path) cannot be made: \(String(cString: strerror(errno)))")
        }
        guard let status = FileStatus(realPath), status.isDirectory else {
            throw MartletError(.invalid, "\(path) is not a directory")
        }
        guard status.isMine else {
            throw MartletError(
                .invalid,
                "the data directory \(path) belongs to another user; run: chown -R \(geteuid()) \(path), or choose another --data-dir"
            )
        }
        if !status.isPrivate, chmod(path, 0o700) != 0 {
            throw MartletError(.invalid, "others may enter \(path); run: chmod 700 \(path)")
        }
        guard FileStatus(unfinishedRestore) == nil else {
            throw MartletError(
                .invalid, "a restore into \(path) did not end; run martlet restore again")
        }
        guard mkdir(logs, 0o700) == 0 || errno == EEXIST else {
            throw MartletError(.invalid, "\(logs) cannot be made: \(String(cString: strerror(errno)))")
        }
    }

    /// For commands that work on the files themselves. Throws `notFound` without a directory, `invalid` when it is
    /// somebody else's: files made here would be of the wrong user, root's too.
    func checkOwner() throws(MartletError) {
        guard let status = FileStatus(realPath), status.isDirectory else {
            throw MartletError(.notFound, "there is no data directory \(path); give --data-dir")
        }
        guard status.isMine else {
            throw MartletError(
                .invalid,
                "the data directory \(path) belongs to user \(status.owner); run: sudo -u '#\(status.owner)' martlet …")
        }
    }

    /// Makes the names in a directory durable.
    static func sync(_ directory: String) throws(MartletError) {
        let descriptor = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        defer { if descriptor >= 0 { close(descriptor) } }
        guard descriptor >= 0, fsync(descriptor) == 0 else { throw failure(directory) }
    }

    /// The admin token; made at the first start.
    func token() throws(MartletError) -> Secret {
        if let token = try readToken() { return token }
        let token = Tokens.newSecret()
        try write(token.exposed + "\n", to: tokenFile)
        return token
    }

    private func readToken() throws(MartletError) -> Secret? {
        guard let status = FileStatus(tokenFile) else { return nil }
        guard status.isRegular, status.isPrivate else {
            throw MartletError(.invalid, "others may read \(tokenFile); run: chmod 600 \(tokenFile)")
        }
        let token = FileManager.default.contents(atPath: tokenFile).map { String(decoding: $0, as: UTF8.self) } ?? ""
        let trimmed = token.trimmingCharacters(in: .whitespacesAndNewlines)
        guard trimmed.utf8.count >= 16 else {
            throw MartletError(
                .invalid, "\(tokenFile) holds no token of 16 characters or more; delete it to get a new one")
        }
        return Secret(trimmed)
    }

    /// Tells the CLI where this server listens.
    func announce(_ url: String) throws(MartletError) { try write(url + "\n", to: urlFile) }
    func withdraw() { unlink(urlFile) }

    /// Whole or not at all, for the owner alone.
    private func write(_ text: String, to file: String) throws(MartletError) {
        let draft = "\(file).new"
        unlink(draft)
        let descriptor = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw Self.failure(file) }
        defer { close(descriptor) }
        let bytes = Array(text.utf8)
        guard Foundation.write(descriptor, bytes, bytes.count) == bytes.count, fsync(descriptor) == 0,
            rename(draft, file) == 0
        else { throw Self.failure(file) }
    }

    private static func failure(_ file: String) -> MartletError {
        MartletError(.unavailable, "\(file) cannot be written: \(String(cString: strerror(errno)))")
    }
}

/// The server's own program and what it hands to tasks.
enum Installation {
    /// The path of this program.
    static var program: String {
        (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? CommandLine.arguments[0]
    }
    static var directory: String { URL(filePath: program).deletingLastPathComponent().path }

    static var keeper: String { directory + "/martlet-keeper" }
    /// The nearest directory above this program that has such an entry.
    static func root(of entry: String) -> String? {
        var directory = URL(filePath: program).deletingLastPathComponent().standardized
        while directory.path != "/" {
            if access("\(directory.path)/\(entry)", F_OK) == 0 { return directory.path }
            directory = directory.deletingLastPathComponent()
        }
        return nil
    }
    static var hasKeeper: Bool { access(keeper, X_OK) == 0 }

    private static let hidden: Set<String> = [
        "NOTIFY_SOCKET", "CREDENTIALS_DIRECTORY",
        // A task is a span of the request that started it, not of the one that started the server.
        "TRACEPARENT", "TRACESTATE",
    ]

    /// What every task inherits: the server's environment without what is the server's alone. `hiding`: further names,
    /// with `*` at the end for a prefix.
    static func taskEnvironment(_ environment: [String: String], hiding patterns: [String]) -> [String: String] {
        environment.filter { name, _ in
            !name.hasPrefix("MARTLET_") && !name.hasPrefix("LISTEN_") && !hidden.contains(name)
                && !name.hasSuffix("_DINGTALK_ALERT_TOKEN")
                && !patterns.contains { $0.hasSuffix("*") ? name.hasPrefix($0.dropLast()) : name == $0 }
        }
    }

    /// What keepers see beside their own: failpoints of debug builds.
    static func keeperEnvironment(_ environment: [String: String]) -> [String: String] {
        environment.filter { $0.key.hasPrefix("MARTLET_KEEPER_") }
    }
}
