import Foundation
package import Logging
package import MartletCore

/// Loads job definitions from a directory of YAML files, one job a file; the file's name is the job's.
package struct JobDirectory: Sendable {
    /// What one reload did.
    package struct Report: Sendable, Hashable {
        package var stored: [String] = []
        package var removed: [String] = []
        /// By file; such a file's job stays as it was.
        package var problems: [String: String] = [:]
        /// By file: what keeps a loaded job from being started.
        package var warnings: [String: String] = [:]
    }

    private let path: String
    private let control: Control
    private let parse: @Sendable (String) throws -> JSONValue
    private let logger: Logger

    /// `parse` turns the text of a YAML file into a value.
    package init(
        path: String, control: Control, logger: Logger, parse: @escaping @Sendable (String) throws -> JSONValue
    ) {
        self.path = path
        self.control = control
        self.logger = logger
        self.parse = parse
    }

    /// Stores every good file, keeps the last good version of a bad one, and removes jobs whose file is gone. A
    /// missing directory is an empty one. Jobs that came through the API are left alone, and win over a file.
    package func reload() async throws -> Report {
        var report = Report()
        let files = try self.files()
        for file in files {
            do {
                if try await load(file) { report.stored.append(name(of: file)) }
                report.warnings[file] = try await missingSecrets(of: file)
            } catch {
                report.problems[file] = "\(error)"
                logger.error(
                    "job file not loaded, its last good version stays",
                    metadata: ["file": "\(file)", "error": "\(error)"])
            }
        }
        for (file, warning) in report.warnings.sorted(by: { $0.key < $1.key }) {
            logger.warning("job will not start", metadata: ["file": "\(file)", "problem": "\(warning)"])
        }
        report.removed = try await removeMissing(present: Set(files))
        return report
    }

    private func missingSecrets(of file: String) async throws -> String? {
        guard let job = try await control.store.job(name(of: file))?.job else { return nil }
        let missing = try await control.missingSecrets(of: job)
        return missing.isEmpty ? nil : missing.map(\.description).joined(separator: "; ")
    }

    private func files() throws -> [String] {
        guard FileManager.default.fileExists(atPath: path) else { return [] }
        return try FileManager.default.contentsOfDirectory(atPath: path)
            .filter { !$0.hasPrefix(".") && ($0.hasSuffix(".yaml") || $0.hasSuffix(".yml")) }.sorted()
    }

    private func name(of file: String) -> String { String(file.prefix { $0 != "." }) }
    private func source(of file: String) -> String { "file:\(file)" }

    /// Whether the stored job changed.
    private func load(_ file: String) async throws -> Bool {
        let url = URL(filePath: path).appending(path: file)
        let size = try url.resourceValues(forKeys: [.fileSizeKey]).fileSize ?? 0
        guard size <= 1 << 20 else { throw MartletError(.invalid, "\(file) is larger than 1 MiB") }
        let text = try String(contentsOf: url, encoding: .utf8)
        let job = try Job(parsing: parse(text), name: name(of: file))
        let stored = try await control.store.job(name(of: file))
        if let stored {
            if stored.job == job { return false }
            guard stored.source.hasPrefix("file:") else {
                throw MartletError(
                    .conflict, "job \(stored.job.name ?? "") was stored through the API; delete it there first")
            }
        }
        _ = try await control.putJob(
            job, source: source(of: file), ifVersion: stored?.version ?? 0, secretsMayFollow: true)
        return true
    }

    private func removeMissing(present: Set<String>) async throws -> [String] {
        var removed: [String] = []
        var after: String?
        while true {
            let page = try await control.store.jobs(after: after, limit: 500)
            for stored in page where stored.source.hasPrefix("file:") {
                guard !present.contains(String(stored.source.dropFirst(5))), let name = stored.job.name else {
                    continue
                }
                if try await control.store.deleteJob(name, ifVersion: stored.version) { removed.append(name) }
            }
            guard let last = page.last?.job.name else { return removed }
            after = last
        }
    }
}
