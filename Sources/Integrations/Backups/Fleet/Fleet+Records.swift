package import Foundation
package import MartletCore
import MartletEngine

/// Which records are asked for; newest first.
package struct RecordQuery: Sendable, Hashable {
    package var app: String
    /// 1…1,000.
    package var total = 100
    /// Of runs that were made in this time.
    package var within: Range<Date>?

    package init(app: String) { self.app = app }
}

extension Fleet {
    /// Jobs whose runs have records: a look into a version has none.
    private static let recorded = ["volumes.backup", "volumes.restore", "volumes.remove"]

    package func records(_ query: RecordQuery, _ rights: Rights) async throws -> [JobRecord] {
        var runs: [Run] = []
        for job in Self.recorded { runs += try await self.runs(of: job, query, rights) }
        return try await records(of: Array(runs.sorted { $0.id > $1.id }.prefix(query.total)), query.app, rights)
    }

    /// Nil: the app has no such record, or `rights` do not cover it.
    package func record(_ id: RecordID, of app: String, _ rights: Rights) async throws -> JobRecord? {
        guard let id = id.run, let run = try await volumes.control.run(id), run.labels[VolumeLabel.app] == app,
            rights.covers(run)
        else { return nil }
        return try await records(of: [run], app, rights).first
    }

    private func runs(of job: String, _ query: RecordQuery, _ rights: Rights) async throws -> [Run] {
        var wanted = RunQuery()
        wanted.job = job
        wanted.labels = [VolumeLabel.app: query.app]
        wanted.coverage = rights
        wanted.limit = query.total
        // The first id of the instant after them: ids rise with time.
        wanted.before = query.within.map { RunID(high: UInt64(max(0, $0.upperBound.milliseconds)) << 16, low: 0) }
        var runs: [Run] = []
        while true {
            let page = try await volumes.control.runs(wanted)
            for run in page.items.map(\.run) where !run.isPreview {
                if let within = query.within, run.createdAt < within.lowerBound { return runs }
                runs.append(run)
                if runs.count == query.total { return runs }
            }
            guard page.hasMore, let last = page.items.last else { return runs }
            wanted.before = last.run.id
        }
    }

    private func records(of runs: [Run], _ app: String, _ rights: Rights) async throws -> [JobRecord] {
        let versions = try await volumes.control.store.volumeVersions(of: runs.map(\.id))
        let planned = Dictionary(
            plans(of: app, rights).flatMap(\.backups).map { (RuleName($0.volume.name, $0.rule.mode), $0) },
            uniquingKeysWith: { first, _ in first })
        return runs.compactMap { JobRecord($0, versions[$0.id]) { planned[RuleName($0, $1)] } }
    }
}

/// A rule, by its volume and mode.
private struct RuleName: Hashable {
    let volume: VolumeName
    let mode: VolumeMode
    init(_ volume: VolumeName, _ mode: VolumeMode) { (self.volume, self.mode) = (volume, mode) }
}

extension Run {
    /// A restore that writes nothing.
    fileprivate var isPreview: Bool { volumeWork?.restore?.dryRun == true }
}
