package import MartletCore

/// A cluster as somebody sent it, not looked at yet: what is missing is empty, as the replaced system read it.
package struct ClusterDraft: Sendable, Hashable {
    package struct Role: Sendable, Hashable {
        package var name: String
        package var body: JSONValue?
        package var hosts: [String]
    }

    package var id = ""
    package var status = ""
    package var name = ""
    package var hosts: [String] = []
    /// Nil: there is none.
    package var base: Cluster.Base?
    package var roles: [Role] = []
    package var remark = ""

    package init() {}
}

/// What is wrong with a draft.
package struct ClusterProblem: Sendable, Hashable {
    /// In the order in which the replaced system looks at them.
    package enum Part: Int, Sendable, Hashable, Comparable {
        case name, hosts, base, roles
        package static func < (left: Part, right: Part) -> Bool { left.rawValue < right.rawValue }
    }

    package let part: Part
    package let field: String
    package let problem: String
}

extension ClusterDraft {
    static let mostHosts = 5000
    static let longestName = 128
    static let longestRemark = 4096

    /// Everything that is wrong, in the replaced system's order.
    package func problems() -> [ClusterProblem] {
        var all: [ClusterProblem] = []
        func add(_ part: ClusterProblem.Part, _ field: String, _ problem: String) {
            all.append(ClusterProblem(part: part, field: field, problem: problem))
        }
        if let problem = ClusterText.problem(name, longest: Self.longestName) { add(.name, "name", problem) }
        if let problem = ClusterText.problem(remark, longest: Self.longestRemark, isOptional: true) {
            add(.name, "remark", problem)
        }
        checkHosts { add(.hosts, $0, $1) }
        checkBase { add(.base, $0, $1) }
        checkRoles { add(.roles, $0, $1) }
        return all
    }

    private func checkHosts(_ add: (String, String) -> Void) {
        if hosts.isEmpty { add("hosts", "needs one host at least") }
        if hosts.count > Self.mostHosts { return add("hosts", "has more than \(Self.mostHosts) entries") }
        for (index, host) in hosts.enumerated() where !ClusterText.isIPv4(host) {
            add("hosts[\(index)]", "expected an IPv4 address such as 192.0.2.10")
        }
        if Set(hosts).count < hosts.count { add("hosts", "names a host twice") }
    }

    private func checkBase(_ add: (String, String) -> Void) {
        guard let base else { return add("base", "is missing: {version, deployUser, deployDir}") }
        if let problem = ClusterText.versionProblem(base.version) { add("base.version", problem) }
        if !ClusterText.isUser(base.deployUser) {
            add("base.deployUser", "expected the name of a user, such as easy, and not root")
        }
        if !ClusterText.isDirectory(base.deployDir) {
            add(
                "base.deployDir",
                "expected an absolute directory below the root, such as /home/easy/ds, of letters, digits and ._-")
        }
    }

    private func checkRoles(_ add: (String, String) -> Void) {
        var known: Set<RoleName> = []
        for (index, role) in roles.enumerated() {
            let path = "roles[\(index)]"
            guard let name = RoleName(rawValue: role.name) else {
                add("\(path).roleName", "expected one of \(RoleName.allCases.map(\.rawValue).joined(separator: ", "))")
                continue
            }
            if !known.insert(name).inserted { add("\(path).roleName", "stands twice: \(name.rawValue)") }
            let strange = role.hosts.filter { !hosts.contains($0) }
            if let first = strange.first {
                add("\(path).roleDependHost", "\(first.prefix(64)) is none of the cluster's hosts")
            }
            if Set(role.hosts).count < role.hosts.count { add("\(path).roleDependHost", "names a host twice") }
            let body = RoleBody.flat(role.body, of: name)
            for problem in RoleBody.problems(body, of: name) {
                add("\(path).roleBody.\(problem.field)", problem.problem)
            }
        }
        for name in RoleName.mandatory(version: base?.version ?? "") {
            guard !roles.contains(where: { $0.name == name.rawValue && !$0.hosts.isEmpty }) else { continue }
            add("roles", "the role \(name.rawValue) needs one host at least")
        }
    }

    /// Of a draft without problems; passwords are in it as they were sent.
    func cluster(id: String, status: ClusterStatus) -> Cluster? {
        guard let base else { return nil }
        let roles = roles.compactMap { role in
            RoleName(rawValue: role.name).map { name in
                ClusterRole(
                    roleName: name, roleBody: name.keys.isEmpty ? nil : RoleBody.flat(role.body, of: name),
                    roleDependHost: role.hosts)
            }
        }
        return Cluster(
            id: id, name: name, status: status, hosts: hosts, base: base, roles: roles, remark: remark)
    }
}
