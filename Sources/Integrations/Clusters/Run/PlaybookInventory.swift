import MartletCore

/// The inventory of a run as text. Pure; what comes in has passed ``PlaybookChecks``.
enum PlaybookInventory {
    /// Groups below `servers`, in their order.
    private static let groups: [(name: String, role: RoleName)] = [
        ("db_servers", .database), ("zookeeper_servers", .zookeeper), ("master_servers", .master),
        ("worker_servers", .worker), ("api_servers", .backend), ("alert_servers", .alert),
        ("nginx_servers", .frontend),
    ]

    // cluster-deploy contract §1.12
    static func text(_ spec: PlaybookSpec) -> String {
        let cluster = spec.cluster
        let servers = cluster.hosts.enumerated().map { index, host in
            let port = spec.ports[host].map { $0 == 22 ? "" : " ansible_port=\($0)" } ?? ""
            return "\(host) host_ip=\(host) host_name=easy\(index + 1)\(port)"
        }
        var sections = [section("servers", servers)]
        for group in groups {
            let hosts = cluster.hosts(of: group.role)
            let hasNumbers = group.role == .zookeeper
            sections.append(
                section(
                    group.name, hosts.enumerated().map { hasNumbers ? "\($1) myid=\($0 + 1)" : $1 }))
        }
        sections.append(section("all:vars", variables(of: cluster).map { "\($0.name) = \(literal($0.value))" }))
        return sections.joined(separator: "\n")
    }

    static func text(_ spec: BootstrapSpec) -> String {
        section("servers", spec.hosts.map { "\($0.ip) ansible_ssh_user=root ansible_port=\($0.port)" })
    }

    /// What `--limit @FILE` reads.
    static func limit(_ hosts: [String]) -> String { hosts.map { $0 + "\n" }.joined() }

    /// Without the password of the database, which is no inventory's.
    static func variables(of cluster: Cluster) -> [(name: String, value: String)] {
        let database = cluster.roles.first { $0.roleName == .database }?.roleBody ?? [:]
        let base = [
            ("dolphinscheduler_version", cluster.base.version), ("deploy_dir", cluster.base.deployDir),
            ("ansible_user", cluster.base.deployUser),
        ]
        let ofDatabase = [("db_type", "databaseType"), ("db_name", "databaseName"), ("db_username", "account")]
        return (base + ofDatabase.compactMap { name, key in database[key]?.scalarText.map { (name, $0) } })
            .map { (name: $0.0, value: $0.1) }
    }

    private static func section(_ name: String, _ lines: [String]) -> String {
        "[\(name)]\n" + lines.map { $0 + "\n" }.joined()
    }

    /// Ansible reads a value of `[all:vars]` as a literal of Python where it is one, so that `1.10` would become a number:
    /// what is not plainly a text is quoted as Python does.
    static func literal(_ text: String) -> String {
        let numbers = text.split(separator: ".", omittingEmptySubsequences: false)
        let isVersion = numbers.count > 2 && numbers.allSatisfy { !$0.isEmpty && $0.allSatisfy(\.isASCIIDigit) }
        let starts = text.first.map { $0.isASCII && ($0.isLetter || $0 == "/" || $0 == "_") } ?? false
        let isPlain = starts && text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "_./-".contains($0)) }
        if isVersion || isPlain && !["True", "False", "None"].contains(text) { return text }
        return "'" + text.replacing("\\", with: "\\\\").replacing("'", with: "\\'") + "'"
    }
}

extension Cluster {
    /// Of a role; none when the cluster does not have it.
    func hosts(of role: RoleName) -> [String] { roles.first { $0.roleName == role }?.roleDependHost ?? [] }
}

extension Character {
    fileprivate var isASCIIDigit: Bool { ("0"..."9").contains(self) }
}
