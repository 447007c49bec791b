package import Foundation
package import MartletCore
package import Replication

/// What one process of a replication is told to do; see docs/protocol.md.
package struct TaskFile: Sendable {
    package enum Role: String, Sendable, CaseIterable {
        case source
        case target
        case verify
    }

    /// What the server keeps of the job's progress.
    package struct Progress: Sendable, Equatable {
        /// Whether there was anything; else the rows of the target are not to be believed.
        package var isPresent = false
        package var executed = ""
        package var file = ""
        package var position: UInt64 = 0
    }

    package static let usualSpoolLimit = 8 << 30
    private static let versions: ClosedRange<Int64> = 1...1

    package let role: Role
    package let job: String
    package let folder: URL
    /// Of both tasks where the role is `verify`, else of this one.
    package let configs: [Role: [String: JSONValue]]
    package let progress: Progress
    /// In bytes.
    package let spoolLimit: Int

    /// - Throws: `MartletError.invalid`, which names the fields; what is not to be read is named, too.
    package init(at path: String, role: Role) throws {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw MartletError(.invalid, "the task file \(path) cannot be read")
        }
        let document: JSONValue
        do { document = try JSONParser.parse(data) } catch {
            throw MartletError(.invalid, "the task file \(path) is not JSON: \(error)")
        }
        try self.init(document, role: role)
    }

    package init(_ document: JSONValue, role: Role) throws(MartletError) {
        let problems = Fields.Problems()
        var fields = Fields(document, problems: problems)
        if fields.int("v", in: Self.versions) == nil { problems.add("v", "must be there: 1") }
        if let found = fields.choice("role", Role.self), found != role {
            problems.add("role", "is \(found.rawValue), the command is \(role.rawValue)")
        }
        job = fields.string("job") ?? ""
        if job.isEmpty || job.count > ReplicationSettings.longestJobID {
            problems.add("job", "must have 1 to \(ReplicationSettings.longestJobID) characters")
        }
        let path = fields.string("folder") ?? ""
        if !path.hasPrefix("/") { problems.add("folder", "must be an absolute path") }
        folder = URL(fileURLWithPath: path.isEmpty ? "/" : path, isDirectory: true)
        spoolLimit = fields.int("spoolLimit", in: 1 << 20...1 << 50) ?? Self.usualSpoolLimit
        progress = Self.progress(&fields)
        configs = Self.configs(&fields, role)
        self.role = role
        try problems.check("the task file")
    }

    private static func configs(_ fields: inout Fields, _ role: Role) -> [Role: [String: JSONValue]] {
        let keys: [(Role, String)] = role == .verify ? [(.source, "source"), (.target, "target")] : [(role, "config")]
        var configs: [Role: [String: JSONValue]] = [:]
        for (role, key) in keys {
            configs[role] = fields.read(key, "an object", \.object)
            if configs[role] == nil { fields.problem(key, "must be there: the Config of the task") }
        }
        return configs
    }

    private static func progress(_ fields: inout Fields) -> Progress {
        guard var stored = fields.object("kv") else { return Progress() }
        var progress = Progress()
        progress.isPresent = stored.bool("present") ?? false
        progress.executed = stored.string("Gtid", maxBytes: 1 << 24) ?? ""
        guard let text = stored.string("BinlogFilePos"), let mark = text.range(of: "//dtle//") else { return progress }
        progress.file = String(text[..<mark.lowerBound])
        progress.position = UInt64(text[mark.upperBound...]) ?? 0
        return progress
    }

    /// The settings of a task.
    /// - Throws: `MartletError.invalid`, which names the keys.
    package func settings(_ role: Role) throws(MartletError) -> ReplicationSettings {
        try Self.settings(configs[role] ?? [:], role)
    }

    static func settings(_ config: [String: JSONValue], _ role: Role) throws(MartletError) -> ReplicationSettings {
        do throws(InvalidReplication) {
            return try ReplicationSettings(config: config, role: role == .source ? .source : .target)
        } catch {
            let problems = error.problems.map { FieldProblem(field: "\($0.path)\($0.key)", problem: $0.fix) }
            throw MartletError(.invalid, "the Config of the task is not valid", problems: problems)
        }
    }
}

extension ReplicationSettings {
    /// The source's task says what is replicated, the target's how it is written; what both may leave out is left out.
    package func writing(as target: ReplicationSettings) -> ReplicationSettings {
        var both = self
        both.workers = target.workers
        // Of the source's task with dtle, and of whichever names them here.
        if groupBytes == 1 { (both.groupBytes, both.groupTimeout) = (target.groupBytes, target.groupTimeout) }
        both.bufferSize = bufferSize ?? target.bufferSize
        if target.policy == .strict { both.policy = .strict }
        both.filter.formUnion(target.filter)
        both.skipsCreation = skipsCreation || target.skipsCreation
        both.dropsTables = dropsTables || target.dropsTables
        both.expandsSyntax = expandsSyntax || target.expandsSyntax
        if executed.isEmpty { both.executed = target.executed }
        return both
    }
}
