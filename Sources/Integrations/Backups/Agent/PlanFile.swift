import Foundation
package import MartletCore

/// The last plan that an agent confirmed, with the name of its store. It is replaced as a whole, so that a crash leaves the
/// one before.
package struct PlanFile: Sendable {
    package struct Content: Sendable, Hashable {
        /// Made with the data directory: another store has another one.
        package var instance: String
        /// Nil: there was none yet.
        package var version: String?
        package var plan: AgentPlan?
    }

    let settings: AgentSettings

    package init(_ settings: AgentSettings) { self.settings = settings }

    /// Throws `invalid` when the file is not ours or was changed by hand.
    package func read() throws(MartletError) -> Content {
        guard let data = FileManager.default.contents(atPath: settings.planFile) else {
            let content = Content(instance: Self.newInstance(), version: nil, plan: nil)
            try write(content)
            return content
        }
        do {
            let members = try JSONParser.parse(Array(data)).object ?? [:]
            guard let instance = members["instance"]?.string, Token.isValid(instance) else {
                throw MartletError(.invalid, "the member instance is missing")
            }
            return Content(
                instance: instance, version: members["version"]?.string,
                plan: try plan(members))
        } catch {
            throw MartletError(
                .invalid,
                "the plan \(settings.planFile) cannot be used: \(error); move it away and the controller sends it again"
            )
        }
    }

    /// Either the plan of a controller of ours, or the jobs that one of the replaced system pushed.
    private func plan(_ members: [String: JSONValue]) throws -> AgentPlan? {
        if let jobs = members["jobs"]?.array {
            return AgentPlan(
                jobs: try jobs.map { try BackupJob($0) }, of: settings, zone: members["zone"]?.string ?? "UTC")
        }
        return try members["plan"].map { try AgentPlan(parsing: $0, root: settings.root) }
    }

    /// Durable when it returns.
    package func write(_ content: Content) throws(MartletError) {
        var members: [String: JSONValue] = ["instance": .string(content.instance)]
        members["version"] = content.version.map(JSONValue.string)
        if let plan = content.plan, let jobs = plan.jobs {
            members["jobs"] = .array(jobs.map(\.document))
            members["zone"] = .string(plan.zone)
        } else {
            members["plan"] = content.plan?.document(withPasswords: false)
        }
        let draft = settings.planFile + ".new"
        let bytes = Array(SpecCoding.text(JSONValue.object(members)).utf8)
        let file = open(draft, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard file >= 0 else { throw Self.failure(draft) }
        let isWritten = Self.write(bytes, to: file) && fsync(file) == 0
        close(file)
        guard isWritten, rename(draft, settings.planFile) == 0 else { throw Self.failure(settings.planFile) }
        let directory = open(settings.dataDirectory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        defer { if directory >= 0 { close(directory) } }
        guard directory >= 0, fsync(directory) == 0 else { throw Self.failure(settings.dataDirectory) }
    }

    private static func write(_ bytes: [UInt8], to file: Int32) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Foundation.write(file, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }

    private static func failure(_ path: String) -> MartletError {
        MartletError(.unavailable, "\(path) cannot be written: \(String(cString: strerror(errno)))")
    }

    private static func newInstance() -> String {
        var generator = SystemRandomNumberGenerator()
        return Hex.text((0..<16).map { _ in UInt8.random(in: .min ... .max, using: &generator) })
    }
}
