package import MartletCore
package import Replication

/// What a process of a replication is told to do: the spec of a task of the driver `dtle`, and the argument of the program
/// that does it.
package struct ReplicationTask: Sendable {
    package let role: ReplicationRole
    package let job: String
    /// Of both of the job's processes: an absolute path.
    package let folder: String
    /// The task's `Config`; in the place of each password the name of the variable that holds it.
    package let config: [String: JSONValue]

    init(role: ReplicationRole, job: String, folder: String, config: [String: JSONValue]) {
        (self.role, self.job, self.folder, self.config) = (role, job, folder, config)
    }

    /// - Throws: `invalid`, which names the fields.
    package init(_ spec: JSONValue) throws(MartletError) {
        let problems = Fields.Problems()
        var fields = Fields(spec, problems: problems)
        let word = fields.string("role")
        let role = [ReplicationRole.source, .target].first { $0.word == word }
        if role == nil { problems.add("role", "must be source or target") }
        let job = fields.string("job") ?? ""
        if job.isEmpty { problems.add("job", "must be there") }
        let folder = fields.string("folder") ?? ""
        if !folder.hasPrefix("/") { problems.add("folder", "must be an absolute path") }
        let config = fields.read("config", "an object", \.object)
        if config == nil { problems.add("config", "must be there") }
        fields.finish()
        try problems.check("the task")
        self.init(role: role ?? .target, job: job, folder: folder, config: config ?? [:])
    }

    package var spec: JSONValue {
        [
            "role": .string(role.word), "job": .string(job), "folder": .string(folder), "config": .object(config),
        ]
    }

    /// The configuration with its passwords.
    /// - Throws: `invalid` when one of them is not in the environment.
    package func config(by environment: [String: String]) throws(MartletError) -> [String: JSONValue] {
        try ReplicationSecrets.revealing(config, by: environment)
    }
}

extension ReplicationRole {
    package var word: String {
        switch self {
        case .source: "source"
        case .target: "target"
        }
    }
}

/// Passwords in configurations.
enum ReplicationSecrets {
    static let variable = "DTLE_SECRET_"

    /// - Throws: `invalid` when one of the variables is not in the environment.
    static func revealing(
        _ config: [String: JSONValue], by environment: [String: String]
    ) throws(MartletError) -> [String: JSONValue] {
        var missing: String?
        let whole = changing(.object(config)) { name, _ in
            if environment[name] == nil { missing = name }
            return environment[name] ?? ""
        }
        if let missing { throw MartletError(.invalid, "the variable \(missing) is not set; the server sets it") }
        return whole.object ?? [:]
    }

    /// The configuration with names of variables in the places of its passwords, and the variables. `known`: by the path below
    /// the task, as ``SealedJob`` keeps them.
    static func hiding(
        _ config: JSONValue, as variable: String = variable, known: (String) -> Secret?
    ) -> (config: JSONValue, secrets: [String: Secret]) {
        var secrets: [String: Secret] = [:]
        let hidden = changing(config) { text, path in
            let name = variable + String(secrets.count + 1)
            secrets[name] = known(path) ?? Secret(text)
            return name
        }
        return (hidden, secrets)
    }

    /// Replaces each password; `body` gets its text and its path.
    static func changing(_ value: JSONValue, at path: String = "", _ body: (String, String) -> String) -> JSONValue {
        switch value {
        case .object(let members):
            var all = members
            for (key, value) in members.sorted(by: { $0.key < $1.key }) {
                let path = "\(path)\0\(key)"
                if key.lowercased() == "password", let text = value.string, !text.isEmpty {
                    all[key] = .string(body(text, path))
                } else {
                    all[key] = changing(value, at: path, body)
                }
            }
            return .object(all)
        case .array(let elements):
            return .array(elements.enumerated().map { changing($1, at: "\(path)\0\($0)", body) })
        case .null, .bool, .int, .double, .string: return value
        }
    }
}
