import MartletCore

/// What must hold before anything of a spec is written into a file that Ansible reads: nothing may add a line, a host or
/// a template.
enum PlaybookChecks {
    static let mostHosts = 5000
    private static let longestText = 1024

    static func problems(of work: PlaybookWork) -> [FieldProblem] {
        switch work {
        case .cluster(let spec): problems(of: spec)
        case .bootstrap(let spec): problems(of: spec)
        }
    }

    private static func problems(of spec: PlaybookSpec) -> [FieldProblem] {
        var found: [FieldProblem] = []
        func add(_ field: String, _ problem: String?) {
            if let problem { found.append(FieldProblem(field: "spec.\(field)", problem: problem)) }
        }
        let cluster = spec.cluster
        let hosts = Set(cluster.hosts)
        add("cluster.id", isID(cluster.id) ? nil : "must be 8 hexadecimal digits")
        add("cluster.hosts", hostsProblem(cluster.hosts))
        for (index, role) in cluster.roles.enumerated() {
            let isKnown = hosts.isSuperset(of: role.roleDependHost)
            add("cluster.roles[\(index)].roleDependHost", isKnown ? nil : "names a host that the cluster does not have")
            let isTwice = Set(role.roleDependHost).count < role.roleDependHost.count
            add("cluster.roles[\(index)].roleDependHost", isTwice ? "names a host twice" : nil)
        }
        add("cluster.roles", Set(cluster.roles.map(\.roleName)).count < cluster.roles.count ? "has a role twice" : nil)
        for (name, value) in PlaybookInventory.variables(of: cluster) { add("cluster: \(name)", textProblem(value)) }
        add("cluster.base.deployUser", userProblem(cluster.base.deployUser))
        add("cluster.base.deployDir", cluster.base.deployDir.hasPrefix("/") ? nil : "must be an absolute path")
        if let limit = spec.limit {
            add("limit", limit.isEmpty ? "must name a host" : nil)
            add("limit", hosts.isSuperset(of: limit) ? nil : "names a host that the cluster does not have")
            add("limit", Set(limit).count < limit.count ? "names a host twice" : nil)
        }
        for (host, port) in spec.ports.sorted(by: { $0.key < $1.key }) {
            add("ports.\(host.prefix(40))", (1...65_535).contains(port) ? nil : "must be from 1 to 65535")
        }
        return found
    }

    private static func problems(of spec: BootstrapSpec) -> [FieldProblem] {
        var found: [FieldProblem] = []
        func add(_ field: String, _ problem: String?) {
            if let problem { found.append(FieldProblem(field: "spec.bootstrap.\(field)", problem: problem)) }
        }
        add("hosts", hostsProblem(spec.hosts.map(\.ip)))
        add("hosts", spec.hosts.allSatisfy { (1...65_535).contains($0.port) } ? nil : "a port is not from 1 to 65535")
        add("user", userProblem(spec.user))
        return found
    }

    private static func isID(_ text: String) -> Bool {
        text.utf8.count == 8 && text.utf8.allSatisfy { "0123456789abcdef".utf8.contains($0) }
    }

    private static func hostsProblem(_ hosts: [String]) -> String? {
        if hosts.isEmpty || hosts.count > mostHosts { return "must be from 1 to \(mostHosts) hosts" }
        if let wrong = hosts.first(where: { !isAddress($0) }) { return "\(wrong.prefix(64)) is no IPv4 address" }
        return Set(hosts).count < hosts.count ? "has a host twice" : nil
    }

    /// Four numbers without leading zeros.
    static func isAddress(_ text: String) -> Bool {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts.allSatisfy { part in UInt8(part).map { String($0) == part } ?? false }
    }

    private static func userProblem(_ name: String) -> String? {
        let isPlain = name.utf8.allSatisfy { byte in
            byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-") || UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte
                || UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte
        }
        let starts = name.first.map { $0 == "_" || $0.isLetter } ?? false
        if !isPlain || !starts || name.utf8.count > 32 { return "must be a user name: a-z, 0-9, _ and -" }
        return name == "root" ? "must not be root" : nil
    }

    /// Nil for a text that an inventory can hold as it is.
    static func textProblem(_ text: String) -> String? {
        if text.isEmpty { return "must not be empty" }
        if text.utf8.count > longestText { return "is longer than \(longestText) bytes" }
        let isClean = text.unicodeScalars.allSatisfy {
            $0.value >= 0x20 && !(0x7F...0x9F).contains($0.value) && $0.value != 0x2028 && $0.value != 0x2029
        }
        if !isClean { return "must not have control characters" }
        let isTemplate = ["{{", "{%", "{#"].contains { text.contains($0) }
        return isTemplate ? "must not have {{, {% or {#: Ansible takes them for a template" : nil
    }
}
