import Foundation
package import MartletCore

/// The directory of one live run, with everything that must not outlive it.
struct PlaybookFiles {
    let path: String

    var events: String { path + "/events.jsonl" }
    var variables: String { path + "/variables.json" }
    var inventory: String { path + "/inventory.ini" }
    var limit: String { path + "/limit" }
    var knownHosts: String { path + "/known_hosts" }
    /// Sockets of SSH connections that are kept open.
    var sockets: String { path + "/s" }
    /// Ansible's own.
    var home: String { path + "/home" }

    /// Makes `<data>/clusters/runs/<run>.<attempt>.<task>`, for its owner alone; what an earlier try left is removed.
    init(_ name: String, in dataDirectory: String) throws {
        let runs = PlaybookSettings.runs(of: dataDirectory)
        path = "\(runs)/\(name)"
        try? FileManager.default.removeItem(atPath: path)
        for directory in [PlaybookSettings.directory(of: dataDirectory), runs, path, sockets, home] {
            guard mkdir(directory, 0o700) == 0 || errno == EEXIST else { throw Self.failure(directory) }
        }
    }

    func write(_ text: String, to file: String) throws {
        let descriptor = open(file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw Self.failure(file) }
        defer { close(descriptor) }
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw Self.failure(file) }
            rest = rest.dropFirst(count)
        }
    }

    /// Ansible has read it: passwords stay on the disk no longer than they must.
    func removeVariables() { unlink(variables) }

    /// False when something could not be removed.
    func remove() -> Bool {
        do { try FileManager.default.removeItem(atPath: path) } catch { return access(path, F_OK) != 0 }
        return true
    }

    private static func failure(_ path: String) -> MartletError {
        MartletError(.unavailable, "\(path) cannot be written: \(String(cString: strerror(errno)))")
    }
}

/// Directories of runs whose worker was killed before it could remove them.
package struct PlaybookLeftovers: Sendable {
    private let dataDirectory: String

    package init(dataDirectory: String) { self.dataDirectory = dataDirectory }

    /// Removes those whose run is not live, or is in a later attempt. Returns how many there still are.
    package func remove(isLive: (TaskAddress) async throws -> Bool) async throws -> Int {
        let runs = PlaybookSettings.runs(of: dataDirectory)
        var (left, failure) = (0, (any Error)?.none)
        for name in (try? FileManager.default.contentsOfDirectory(atPath: runs)) ?? [] {
            do {
                if let address = Self.address(name), try await isLive(address) {
                    left += 1
                } else {
                    try FileManager.default.removeItem(atPath: "\(runs)/\(name)")
                }
            } catch {
                // One that cannot be removed keeps no other.
                failure = error
            }
        }
        if let failure { throw failure }
        return left
    }

    static func name(_ address: TaskAddress) -> String { "\(address.run).\(address.attempt).\(address.task)" }

    static func address(_ name: String) -> TaskAddress? {
        let parts = name.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, let run = RunID(String(parts[0])), let attempt = Int(parts[1]),
            let task = Int(parts[2])
        else { return nil }
        return TaskAddress(run: run, attempt: attempt, task: task)
    }
}
