import GoWire
import HTTPTypes
import MartletCore

/// A job as it is kept: passwords of its tasks' configurations apart, masks in their places.
struct SealedJob {
    static let mask = "••••••••"

    let content: String
    /// By group, task and the path in the configuration.
    let secrets: [String: Secret]

    /// `known`: of the version before; a mask that is sent stands for the password there. Throws when there is none.
    init(_ spec: JobSpec, known: [String: Secret]) throws(NomadRefusal) {
        var secrets: [String: Secret] = [:]
        var missing: String?
        var job = spec.json.object ?? [:]
        job["TaskGroups"] = .array(
            (job["TaskGroups"]?.array ?? []).map { group in
                Self.changing(group, "Tasks") { task in
                    guard var values = task.object else { return task }
                    let place = "\(group.member("Name")?.string ?? "")/\(task.member("Name")?.string ?? "")"
                    values["Config"] = Self.sealed(values["Config"] ?? .null, at: place) { path, text in
                        if text != Self.mask {
                            secrets[path] = Secret(text)
                        } else if let secret = known[path] {
                            secrets[path] = secret
                        } else {
                            missing = path
                        }
                    }
                    return .object(values)
                }
            })
        if let missing {
            throw NomadRefusal(
                .internalServerError,
                "1 error occurred:\n\t* \(missing) is the mask, and there is no stored password to keep; send the password\n\n"
            )
        }
        content = String(decoding: WireWriter.bytes(.json(.object(job))), as: UTF8.self)
        self.secrets = secrets
    }

    private static func changing(
        _ value: JSONValue, _ key: String, _ body: (JSONValue) -> JSONValue
    ) -> JSONValue {
        guard var members = value.object, let elements = members[key]?.array else { return value }
        members[key] = .array(elements.map(body))
        return .object(members)
    }

    private static func sealed(
        _ value: JSONValue, at path: String, _ found: (String, String) -> Void
    ) -> JSONValue {
        switch value {
        case .object(let members):
            return .object(
                Dictionary(
                    uniqueKeysWithValues: members.map { key, value in
                        let path = "\(path)/\(key)"
                        guard key.lowercased() == "password", let text = value.string, !text.isEmpty else {
                            return (key, sealed(value, at: path, found))
                        }
                        found(path, text)
                        return (key, .string(mask))
                    }))
        case .array(let elements):
            return .array(elements.enumerated().map { sealed($1, at: "\(path)/\($0)", found) })
        case .null, .bool, .int, .double, .string: return value
        }
    }
}
