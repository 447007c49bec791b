package import MartletCore

/// Values of a role: by its keys, or within an object of the role's name, as the replaced system's decoder wanted them.
package enum RoleBody {
    /// What is none of the role's keys is left out.
    package static func flat(_ value: JSONValue?, of role: RoleName) -> [String: JSONValue] {
        var members = value?.object ?? [:]
        if let inner = members[role.rawValue]?.object { members = inner }
        let names = Set(role.keys.map(\.name))
        return members.filter { names.contains($0.key) && $0.value != .null }
    }

    /// `field`: the key.
    package static func problems(_ body: [String: JSONValue], of role: RoleName) -> [FieldProblem] {
        role.keys.compactMap { key in
            guard let value = body[key.name] else {
                return key.isRequired ? FieldProblem(field: key.name, problem: "is missing") : nil
            }
            return key.problem(with: value).map { FieldProblem(field: key.name, problem: $0) }
        }
    }

    /// What somebody sent for a role's password.
    enum Password: Sendable, Hashable {
        /// Nothing, or an empty text.
        case none
        case given(String)
        /// The mask: the stored one is meant.
        case stored
    }

    /// The values with the mask in the place of a password.
    static func sealing(_ body: [String: JSONValue], of role: RoleName) -> (
        body: [String: JSONValue], password: Password
    ) {
        guard let key = role.passwordKey, let password = body[key]?.string, !password.isEmpty else {
            return (body, .none)
        }
        var body = body
        body[key] = .string(Cluster.mask)
        return (body, password == Cluster.mask ? .stored : .given(password))
    }
}
