package import MartletCore
import Foundation

/// A cluster that is kept, as callers see it.
package struct ClusterView: Sendable, Hashable {
    package let record: ClusterRecord
    /// With masks.
    package let cluster: Cluster

    init(_ record: ClusterRecord) throws {
        self.record = record
        guard let status = ClusterStatus(rawValue: record.status) else {
            throw MartletError(.internal, "the cluster \(record.id) has an unknown status")
        }
        cluster = try ClusterText.cluster(record.text, id: record.id, status: status)
    }

    package var isWorking: Bool { cluster.status == .startsuccess }
    /// Throws `stale` when the caller has seen another version than the newest. `version`: nil for a caller who saw none.
    func require(_ version: Int?) throws {
        guard let version, version != record.version else { return }
        throw MartletError(.stale, "version \(record.version) was saved since; look at it first")
    }

    var labels: [String: String] { PlaybookLabel.labels(id: record.id, name: record.name) }
}

extension ClusterText {
    /// A kept text. Id and status are those of the record, whatever they were when it was saved.
    static func cluster(_ text: String, id: String, status: ClusterStatus) throws -> Cluster {
        var cluster = try JSONDecoder().decode(Cluster.self, from: Data(text.utf8))
        (cluster.id, cluster.status) = (id, status)
        return cluster
    }

    static func text(_ cluster: Cluster) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(cluster), as: UTF8.self)
    }
}
