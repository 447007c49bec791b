package import MartletCore
import MartletEngine

extension ClusterDoor {
    /// In the order of their creation.
    package func hosts() async throws -> [ClusterHost] {
        try await control.store.clusterItems(.host).map(ClusterHost.init)
    }

    package func host(_ id: String) async throws -> ClusterHost { try ClusterHost(try await item(.host, id)) }

    /// `isBootstrapped`: the user of the clusters is made on it first, and it is kept only when that succeeded; the call
    /// returns after that. Throws ``BootstrapFailure``.
    package func createHost(_ host: ClusterHost, isBootstrapped: Bool, by caller: Caller) async throws -> ClusterHost {
        try await refuseWhenBusy()
        try await check(host, asID: nil)
        let password = try await password(of: host, stored: nil)
        if isBootstrapped { try await bootstrap(host, password, caller) }
        let now = control.now()
        return try ClusterHost(
            try await changing {
                try await control.store.insert(
                    item: .host, ids: ClusterID.candidates(for: host.name, at: now), space: "", name: host.name,
                    host.content(password), at: now)
            })
    }

    package func saveHost(_ host: ClusterHost, isBootstrapped: Bool, by caller: Caller) async throws -> ClusterHost {
        try await refuseWhenBusy()
        let item = try await item(.host, host.id)
        try await check(host, asID: host.id)
        let password = try await password(of: host, stored: item)
        if isBootstrapped { try await bootstrap(host, password, caller) }
        return try ClusterHost(
            try await changing {
                try await control.store.save(
                    item: item, space: "", name: host.name, host.content(password), at: control.now())
            })
    }

    package func deleteHost(_ id: String) async throws {
        try await refuseWhenBusy()
        let item = try await item(.host, id)
        try await changing { try await control.store.delete(item: item) }
    }

    func item(_ kind: ClusterItem.Kind, _ id: String) async throws -> ClusterItem {
        guard let item = try await control.store.clusterItems(kind).first(where: { $0.id == id }) else {
            throw ClusterRefusal.notFound
        }
        return item
    }

    private func check(_ host: ClusterHost, asID id: String?) async throws {
        let others = try await hosts().filter { $0.id != id }
        if others.contains(where: { $0.name == host.name }) { throw ClusterRefusal.nameTaken }
        var problems = host.problems()
        if let other = others.first(where: { $0.ip == host.ip }) {
            problems.append(FieldProblem(field: "ip", problem: "is that of the host \(other.name)"))
        }
        guard problems.isEmpty else { throw MartletError(.invalid, "the host is not valid", problems: problems) }
    }

    /// The mask keeps the stored one; nothing at all stands for none.
    private func password(of host: ClusterHost, stored item: ClusterItem?) async throws -> Secret? {
        if host.root.isEmpty { return nil }
        guard host.root == Cluster.mask else { return Secret(host.root) }
        if let item, let known = try await control.store.clusterItemSecrets(.host, item.id)[ClusterHost.rootKey] {
            return known
        }
        throw MartletError(
            .invalid, "the host is not valid",
            problems: [FieldProblem(field: "root", problem: "is the mask, and there is no stored password to keep")])
    }

    // MARK: Bootstrap

    private func bootstrap(_ host: ClusterHost, _ password: Secret?, _ caller: Caller) async throws {
        let place = try control.waitingPlace()
        let spec = BootstrapSpec(hosts: [BootstrapSpec.Host(ip: host.ip, port: host.port)])
        let submission = runs.submission(
            .bootstrap(spec), secrets: password.map { [ClusterSecret.root: $0] } ?? [:], caller)
        guard let id = try await submit(submission, nil).ids.first else {
            throw MartletError(.internal, "a submission was answered without an id")
        }
        let run = try await control.end(of: id, at: place)
        guard run.state == .succeeded else {
            throw BootstrapFailure(run: run, isDenied: try isDenied(id))
        }
    }

    /// Whether the host refused the password.
    private func isDenied(_ id: RunID) throws -> Bool {
        let view = try control.log(of: id)
        let start = max(0, view.length - 256 << 10)
        let bytes = try control.files.bytes(of: view, start..<view.length)
        return bytes.firstRange(of: Array("Permission denied".utf8)) != nil
    }
}

/// A host could not be prepared, and was not kept.
package struct BootstrapFailure: Error, Sendable {
    package let run: Run
    /// It refused the password.
    package let isDenied: Bool

    package var error: MartletError {
        MartletError(
            .conflict,
            isDenied
                ? "the host refused the password of root; run \(run.id) has the log"
                : "the host could not be prepared (\(run.exitCode.map { "exit status \($0)" } ?? run.outcome?.rawValue ?? run.state.rawValue)); check its port and root's password; run \(run.id) has the log"
        )
    }

    var legacyText: String {
        if isDenied { return "密码错误！！" }
        return "请检查端口或root密码是否正确！exit status \(run.exitCode.map(String.init) ?? "-")"
    }
}
