package import MartletCore

/// What a process that compares both sides of a replication is told: the spec of a task of the driver `dtle-verify`, and the
/// argument of the program that does it.
package struct ReplicationComparison: Sendable {
    static let role: JSONValue = "verify"

    package let job: String
    /// Of the job's processes: an absolute path.
    package let folder: String
    /// Each task's `Config`, with names of variables in the places of passwords.
    let source: [String: JSONValue]
    let target: [String: JSONValue]

    init(job: String, folder: String, source: [String: JSONValue], target: [String: JSONValue]) {
        (self.job, self.folder, self.source, self.target) = (job, folder, source, target)
    }

    /// Nil: it is another task's spec.
    /// - Throws: `invalid`, which names the fields.
    package init?(_ spec: JSONValue) throws(MartletError) {
        guard spec.object?["role"] == Self.role else { return nil }
        let problems = Fields.Problems()
        var fields = Fields(spec, problems: problems)
        _ = fields.string("role")
        let job = fields.string("job") ?? ""
        if job.isEmpty { problems.add("job", "must be there") }
        let folder = fields.string("folder") ?? ""
        if !folder.hasPrefix("/") { problems.add("folder", "must be an absolute path") }
        let (source, target) = (
            fields.read("source", "an object", \.object), fields.read("target", "an object", \.object)
        )
        for (name, config) in [("source", source), ("target", target)] where config == nil {
            problems.add(name, "must be there")
        }
        fields.finish()
        try problems.check("the task")
        self.init(job: job, folder: folder, source: source ?? [:], target: target ?? [:])
    }

    var spec: JSONValue {
        [
            "role": Self.role, "job": .string(job), "folder": .string(folder), "source": .object(source),
            "target": .object(target),
        ]
    }

    /// Both configurations with their passwords.
    /// - Throws: `invalid` when one of them is not in the environment.
    package func configs(
        by environment: [String: String]
    ) throws(MartletError) -> (source: [String: JSONValue], target: [String: JSONValue]) {
        (
            try ReplicationSecrets.revealing(source, by: environment),
            try ReplicationSecrets.revealing(target, by: environment)
        )
    }
}
