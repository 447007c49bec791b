package import Foundation

/// Clusters as they are kept: what they are made of is the integration's own, and only text here.
package protocol ClusterStore: Sendable {
    /// In the order of their creation.
    func clusters() async throws -> [ClusterRecord]
    func cluster(_ id: String) async throws -> ClusterRecord?
    /// Takes the first of `ids` that is free. Throws ``ClusterClash``.
    func insert(
        cluster name: String, ids: [String], status: String, _ content: ClusterContent, by: String, at now: Date
    ) async throws -> ClusterRecord
    /// Makes a version of `content`, or changes the status alone. Throws ``ClusterClash``, `moved` when the cluster is not
    /// as `expected` tells any more.
    func save(
        cluster expected: ClusterRecord, name: String, status: String, _ content: ClusterContent?, by: String,
        at now: Date
    ) async throws -> ClusterRecord
    /// With all its versions. Throws as ``save`` does.
    func delete(cluster expected: ClusterRecord) async throws
    /// Newest first, older than `before`.
    func clusterVersions(of id: String, before: Int?, limit: Int) async throws -> [ClusterVersion]
    /// A version with its secrets.
    func clusterContent(of id: String, _ version: Int) async throws -> ClusterContent?
}

/// Hosts and templates of configuration, by kind.
package protocol ClusterItemStore: Sendable {
    /// In the order of their creation.
    func clusterItems(_ kind: ClusterItem.Kind) async throws -> [ClusterItem]
    func clusterItemSecrets(_ kind: ClusterItem.Kind, _ id: String) async throws -> [String: Secret]
    /// Takes the first of `ids` that is free. Throws ``ClusterClash``.
    func insert(
        item kind: ClusterItem.Kind, ids: [String], space: String, name: String, _ content: ClusterContent, at now: Date
    ) async throws -> ClusterItem
    /// Throws ``ClusterClash``, `moved` when it is not there in this version any more.
    func save(
        item expected: ClusterItem, space: String, name: String, _ content: ClusterContent, at now: Date
    ) async throws -> ClusterItem
    func delete(item expected: ClusterItem) async throws
}

/// What a saved version consists of: JSON with a mask for each password, and the passwords by their keys.
package struct ClusterContent: Sendable, Hashable {
    package var text: String
    package var secrets: [String: Secret]
    /// Why it was saved, where nobody typed it in: `restored from version 3`.
    package var note: String?

    package init(text: String, secrets: [String: Secret], note: String? = nil) {
        self.text = text
        self.secrets = secrets
        self.note = note
    }
}

package struct ClusterRecord: Sendable, Hashable {
    /// Eight hexadecimal digits.
    package let id: String
    package let name: String
    package let status: String
    /// The version that was saved last, from 1.
    package let version: Int
    /// JSON of that version, with masks.
    package let text: String
    /// The version that was deployed last with success.
    package let deployed: Int?
    /// The last deploy succeeded, and none has failed since.
    package let isDeployed: Bool
    package let createdAt: Date
    package let changedAt: Date

    package init(
        id: String, name: String, status: String, version: Int, text: String, deployed: Int?, isDeployed: Bool,
        createdAt: Date, changedAt: Date
    ) {
        self.id = id
        self.name = name
        self.status = status
        self.version = version
        self.text = text
        self.deployed = deployed
        self.isDeployed = isDeployed
        self.createdAt = createdAt
        self.changedAt = changedAt
    }
}

/// One saved version, without its secrets.
package struct ClusterVersion: Sendable, Hashable {
    package let number: Int
    package let text: String
    package let savedAt: Date
    /// Name of the principal.
    package let savedBy: String
    package let note: String?

    package init(number: Int, text: String, savedAt: Date, savedBy: String, note: String?) {
        self.number = number
        self.text = text
        self.savedAt = savedAt
        self.savedBy = savedBy
        self.note = note
    }
}

/// A host, or a template of configuration.
package struct ClusterItem: Sendable, Hashable {
    package enum Kind: String, Sendable, CaseIterable { case host, template }

    package let kind: Kind
    /// Eight hexadecimal digits.
    package let id: String
    /// Names are unique within it: the role of a template; empty for hosts.
    package let space: String
    package let name: String
    /// JSON, with a mask for each password.
    package let text: String
    package let version: Int

    package init(kind: Kind, id: String, space: String, name: String, text: String, version: Int) {
        self.kind = kind
        self.id = id
        self.space = space
        self.name = name
        self.text = text
        self.version = version
    }
}

/// Why a change of clusters, hosts or templates cannot be stored.
package enum ClusterClash: Error, Sendable, Hashable {
    /// A run holds ``ClusterLock/key``: nothing changes until it is over.
    case busy(RunID)
    case nameTaken
    /// Somebody changed it in the meantime.
    case moved
    /// None of the ids is free.
    case noID
    /// Another cluster is started.
    case otherStarted
}

package enum ClusterLock {
    /// Held by each run that works on clusters or their hosts: one at a time, in the whole server.
    package static let key = "clusters"
    /// The status in which no other cluster may be started.
    package static let started = "startsuccess"
}

/// What a run about a cluster leaves when it ends.
package struct ClusterEnd: Sendable, Hashable {
    package enum Deploy: Sendable, Hashable {
        case succeeded(version: Int)
        case failed
    }

    package let cluster: String
    package let status: String
    /// Nil: the run was none.
    package let deploy: Deploy?

    package init(cluster: String, status: String, deploy: Deploy?) {
        self.cluster = cluster
        self.status = status
        self.deploy = deploy
    }
}

/// What must be true at the moment a run about a cluster is stored: it was planned from that.
package struct ClusterCondition: Sendable, Hashable {
    package let cluster: String
    package let version: Int
    package let status: String
    /// No other cluster is started.
    package let isAlone: Bool

    package init(cluster: String, version: Int, status: String, isAlone: Bool) {
        self.cluster = cluster
        self.version = version
        self.status = status
        self.isAlone = isAlone
    }
}
