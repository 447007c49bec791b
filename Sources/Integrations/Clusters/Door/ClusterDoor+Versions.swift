package import MartletCore
import MartletEngine

/// A difference between two saved versions.
package struct ClusterChange: Sendable, Hashable {
    /// Nil: of the cluster itself.
    package let role: RoleName?
    package let key: String
    /// Nil: it was not there, or is not there any more. Passwords are masks.
    package let before: JSONValue?
    package let after: JSONValue?
}

extension ClusterDoor {
    /// Newest first.
    package func versions(
        of id: String, before: Int?, limit: Int, _ rights: Rights
    ) async throws -> Page<ClusterVersion> {
        _ = try await cluster(id, rights)
        let found = try await control.store.clusterVersions(of: id, before: before, limit: min(limit, 999) + 1)
        return Page(items: Array(found.prefix(limit)), hasMore: found.count > limit)
    }

    package func version(_ number: Int, of id: String, _ rights: Rights) async throws -> ClusterVersion {
        _ = try await cluster(id, rights)
        let found = try await control.store.clusterVersions(
            of: id, before: number == .max ? number : number + 1, limit: 1)
        guard let version = found.first, version.number == number else { throw ClusterRefusal.notFound }
        return version
    }

    /// What changed from one version to another. `from`: nil for the one that was deployed last, and for nothing where
    /// there is none; `to`: nil for the one that was saved last.
    package func changes(of id: String, from: Int?, to: Int?, _ rights: Rights) async throws -> ClusterDifference {
        let view = try await cluster(id, rights)
        let old = from ?? view.record.deployed
        let new = to ?? view.record.version
        let before = try await content(id, old)
        let after = try await content(id, new)
        return ClusterDifference(from: old, to: new, changes: ClusterDifference.changes(from: before, to: after))
    }

    private func content(_ id: String, _ version: Int?) async throws -> ClusterDifference.Side? {
        guard let version else { return nil }
        guard let content = try await control.store.clusterContent(of: id, version) else {
            throw ClusterRefusal.notFound
        }
        return ClusterDifference.Side(
            cluster: try ClusterText.cluster(content.text, id: id, status: .prepare), secrets: content.secrets)
    }
}

package struct ClusterDifference: Sendable {
    /// Nil: nothing was deployed.
    package let from: Int?
    package let to: Int
    package let changes: [ClusterChange]

    struct Side {
        let cluster: Cluster
        let secrets: [String: Secret]
    }

    /// The cluster's own values first, then role by role.
    static func changes(from old: Side?, to new: Side?) -> [ClusterChange] {
        var all = pairs(nil, old.map { own($0.cluster) } ?? [:], new.map { own($0.cluster) } ?? [:])
        for role in RoleName.allCases {
            all += pairs(role, values(of: role, old), values(of: role, new))
            let (before, after) = (old?.secrets[role.rawValue], new?.secrets[role.rawValue])
            guard let key = role.passwordKey, before != nil, after != nil, before != after else { continue }
            all.append(ClusterChange(role: role, key: key, before: .string(Cluster.mask), after: .string(Cluster.mask)))
        }
        return all
    }

    private static func pairs(
        _ role: RoleName?, _ old: [String: JSONValue], _ new: [String: JSONValue]
    ) -> [ClusterChange] {
        Set(old.keys).union(new.keys).sorted().filter { old[$0] != new[$0] }.map {
            ClusterChange(role: role, key: $0, before: old[$0], after: new[$0])
        }
    }

    private static func own(_ cluster: Cluster) -> [String: JSONValue] {
        [
            "name": .string(cluster.name), "hosts": .array(cluster.hosts.map(JSONValue.string)),
            "version": .string(cluster.base.version), "deployUser": .string(cluster.base.deployUser),
            "deployDir": .string(cluster.base.deployDir), "remark": .string(cluster.remark),
        ]
    }

    private static func values(of role: RoleName, _ side: Side?) -> [String: JSONValue] {
        guard let found = side?.cluster.roles.first(where: { $0.roleName == role }) else { return [:] }
        return (found.roleBody ?? [:]).merging(["hosts": .array(found.roleDependHost.map(JSONValue.string))]) {
            own, _ in own
        }
    }
}
