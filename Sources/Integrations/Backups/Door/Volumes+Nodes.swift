import Crypto
import Foundation
package import MartletCore
package import MartletEngine

// Work on volumes of other machines: their agents do it, and the controller keeps copies of their records.
extension Volumes {
    /// Where a run was started.
    package enum Started: Sendable {
        /// By this server: it is one of its runs.
        case here(Control.Accepted)
        /// By the agent of a node: there is a copy of its record.
        case there(RunID, node: String)

        package var run: RunID? {
            switch self {
            case .here(let accepted): accepted.ids.first
            case .there(let run, _): run
            }
        }
    }

    /// Wherever the volume is. Throws `conflict` naming the run that works on the volume, `unavailable` when its node is
    /// down.
    package func startBackup(
        _ volume: VolumeName, mode: VolumeMode? = nil, by caller: Caller, idempotency: IdempotencyRecord? = nil
    ) async throws -> Started {
        let declared = try declared(volume)
        guard let nodes, try nodes.address(of: declared) != nil, let node = declared.node else {
            return .here(try await submit(backupWork(of: volume, mode: mode), by: caller, idempotency))
        }
        _ = try rule(mode, of: declared)
        let key = Self.key(idempotency)
        return .there(
            try await Self.twice { try await nodes.backUp(declared, mode: mode, key: key, control) }, node: node)
    }

    package func startRestore(
        _ version: VolumeVersion, _ wish: RestoreWish, by caller: Caller, idempotency: IdempotencyRecord? = nil
    ) async throws -> Started {
        let target = try target(of: version, wish, caller.rights)
        guard let nodes, try nodes.address(of: target) != nil, let node = target.node else {
            return .here(try await restore(version, wish, by: caller, idempotency: idempotency))
        }
        var wish = wish
        wish.paths = try Self.checked(wish.paths, below: nil)
        let (sent, key) = (wish, Self.key(idempotency))
        return .there(
            try await Self.twice { try await nodes.restore(version, to: target, sent, key: key, control) }, node: node)
    }

    /// The copies of records, newest first: those that the rights cover.
    package func records(_ query: NodeRecordQuery, _ rights: Rights) async throws -> [NodeRecord] {
        try await control.store.nodeRecords(query).filter { covers($0.volume, rights) }
    }

    /// Of any machine, this one included. Throws `notFound`.
    package func record(_ run: RunID, _ rights: Rights) async throws -> NodeRecord {
        if let record = try await control.store.nodeRecord(run), covers(record.volume, rights) { return record }
        if let own = try await control.run(run),
            let record = NodeRecord(own, on: box.settings.node, control.drivers), covers(record.volume, rights)
        {
            return record
        }
        throw MartletError(.notFound, "there is no record of the run \(run)")
    }

    /// The caller's own key where it gave one: then it may ask again, too.
    private static func key(_ record: IdempotencyRecord?) -> String {
        guard let record else { return UUID().uuidString }
        return Hex.text(SHA256.hash(data: Array(record.key.utf8)))
    }

    /// Under its key a call starts nothing twice: one that was cut short is made again.
    private static func twice(_ call: () async throws -> RunID) async throws -> RunID {
        do {
            return try await call()
        } catch let error as MartletError where error.code == .unavailable {
            return try await call()
        }
    }
}
