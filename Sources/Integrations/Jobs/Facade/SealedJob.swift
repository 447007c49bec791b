import GoWire
import HTTPTypes
import MartletCore

/// A job as it is kept: passwords of its tasks' configurations apart, masks in their places.
struct SealedJob {
    static let mask = "••••••••"

    let content: String
    /// By group, task and the path in the configuration.
    let secrets: [String: Secret]

    /// `known`: the passwords of `old`, the version before. A mask that is sent stands for the password there, as long as what
    /// stands beside it is the same: else whoever may register a job could have the password sent to a host of his own.
    /// Throws when there is none to keep.
    init(_ spec: JobSpec, over old: JSONValue?, known: [String: Secret]) throws(NomadRefusal) {
        var company: [String: [String: JSONValue]] = [:]
        if let old { _ = Self.walk(old) { path, _, beside in company[path] = beside } }
        var secrets: [String: Secret] = [:]
        var missing: String?
        let masked = Self.walk(spec.json) { path, text, beside in
            if text != Self.mask {
                secrets[path] = Secret(text)
            } else if let secret = known[path], company[path] == beside {
                secrets[path] = secret
            } else {
                missing = path
            }
        }
        if let missing {
            let name = missing.replacing("\0", with: "/")
            throw NomadRefusal(
                .internalServerError,
                "1 error occurred:\n\t* \(name) is the mask, and there is no stored password to keep for what stands beside it; send the password\n\n"
            )
        }
        content = String(decoding: WireWriter.bytes(.json(masked)), as: UTF8.self)
        self.secrets = secrets
    }

    /// Path, text, and the members beside it.
    private typealias Visit = (String, String, [String: JSONValue]) -> Void

    /// The job with masks; `visit` is told of every password in it.
    private static func walk(_ job: JSONValue, _ visit: Visit) -> JSONValue {
        changing(job, "TaskGroups") { group in
            changing(group, "Tasks") { task in
                guard var values = task.object, let config = values["Config"] else { return task }
                let names = [group, task].map { $0.member("Name")?.string ?? "" }
                values["Config"] = sealed(config, at: names.joined(separator: "\0"), visit)
                return .object(values)
            }
        }
    }

    private static func changing(
        _ value: JSONValue, _ key: String, _ body: (JSONValue) -> JSONValue
    ) -> JSONValue {
        guard var members = value.object, let elements = members[key]?.array else { return value }
        members[key] = .array(elements.map(body))
        return .object(members)
    }

    private static func sealed(_ value: JSONValue, at path: String, _ visit: Visit) -> JSONValue {
        switch value {
        case .object(let members):
            var all = members
            for (key, value) in members {
                let path = "\(path)\0\(key)"
                if key.lowercased() == "password", let text = value.scalarText, !text.isEmpty {
                    visit(path, text, members.filter { $0.key != key })
                    all[key] = .string(mask)
                } else {
                    all[key] = sealed(value, at: path, visit)
                }
            }
            return .object(all)
        case .array(let elements): return .array(elements.enumerated().map { sealed($1, at: "\(path)\0\($0)", visit) })
        case .null, .bool, .int, .double, .string: return value
        }
    }
}

extension JSONValue {
    /// As a text; nil for what is none: null, lists, objects.
    fileprivate var scalarText: String? {
        switch self {
        case .string(let text): text
        case .int(let number): String(number)
        case .double(let number): "\(number)"
        case .bool(let flag): flag ? "true" : "false"
        case .null, .array, .object: nil
        }
    }
}
