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

    /// The first id of the instant after them: ids rise with time.
    fileprivate var firstAfter: RunID? {
        within.map { RunID(high: UInt64(max(0, $0.upperBound.milliseconds)) << 16, low: 0) }
    }
}

extension Fleet {
    /// Jobs whose runs have records: a look into a version has none.
    private static let recorded = ["volumes.backup", "volumes.restore", "volumes.remove"]

    package func records(_ query: RecordQuery, _ rights: Rights) async throws -> [JobRecord] {
        var runs: [Run] = []
        for job in Self.recorded { runs += try await self.runs(of: job, query, rights) }
        let copies = try await copies(query, rights)
        // Ids rise with time, wherever they were made.
        let newest = Set((runs.map(\.id) + copies.map(\.run)).sorted(by: >).prefix(query.total))
        let own = try await records(of: runs.filter { newest.contains($0.id) }, query.app, rights)
        let others = try await records(of: copies.filter { newest.contains($0.run) }, query.app, rights)
        return (own + others).sorted { $0.id.description > $1.id.description }
    }

    /// Nil: the app has no such record, or `rights` do not cover it.
    package func record(_ id: RecordID, of app: String, _ rights: Rights) async throws -> JobRecord? {
        guard let id = id.run else { return nil }
        if let copy = try await volumes.control.store.nodeRecord(id) {
            guard copy.volume.app == app, volumes.covers(copy.volume, rights) else { return nil }
            return try await records(of: [copy], app, rights).first
        }
        guard let run = try await volumes.control.run(id), run.labels[VolumeLabel.app] == app, rights.covers(run)
        else { return nil }
        return try await records(of: [run], app, rights).first
    }

    /// Of what other machines ran.
    private func copies(_ query: RecordQuery, _ rights: Rights) async throws -> [NodeRecord] {
        var wanted = NodeRecordQuery(app: query.app)
        wanted.limit = min(max(query.total, 1), 1000)
        wanted.before = query.firstAfter
        var copies: [NodeRecord] = []
        while true {
            let page = try await volumes.control.store.nodeRecords(wanted)
            for copy in page where !copy.isPreview && volumes.covers(copy.volume, rights) {
                if let within = query.within, copy.createdAt < within.lowerBound { return copies }
                copies.append(copy)
                if copies.count == query.total { return copies }
            }
            guard page.count == wanted.limit, let last = page.last else { return copies }
            wanted.before = last.run
        }
    }

    private func runs(of job: String, _ query: RecordQuery, _ rights: Rights) async throws -> [Run] {
        var wanted = RunQuery()
        wanted.job = job
        wanted.labels = [VolumeLabel.app: query.app]
        wanted.coverage = rights
        wanted.limit = query.total
        wanted.before = query.firstAfter
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

    private func records(of copies: [NodeRecord], _ app: String, _ rights: Rights) async throws -> [JobRecord] {
        let versions = try await volumes.control.store.volumeVersions(of: copies.map(\.run))
        let planned = rules(of: app, rights)
        return copies.map { JobRecord($0, versions[$0.run]) { planned[RuleName($0, $1)] } }
    }

    private func rules(of app: String, _ rights: Rights) -> [RuleName: PlannedBackup] {
        Dictionary(
            plans(of: app, rights).flatMap(\.backups).map { (RuleName($0.volume.name, $0.rule.mode), $0) },
            uniquingKeysWith: { first, _ in first })
    }

    private func records(of runs: [Run], _ app: String, _ rights: Rights) async throws -> [JobRecord] {
        let versions = try await volumes.control.store.volumeVersions(of: runs.map(\.id))
        let planned = rules(of: app, rights)
        return runs.compactMap { JobRecord($0, versions[$0.id]) { planned[RuleName($0, $1)] } }
    }
}

/// A rule, by its volume and mode.
struct RuleName: Hashable, Sendable {
    let volume: VolumeName
    let mode: VolumeMode
    init(_ volume: VolumeName, _ mode: VolumeMode) { (self.volume, self.mode) = (volume, mode) }
}

extension Run {
    /// A restore that writes nothing.
    fileprivate var isPreview: Bool { volumeWork?.restore?.dryRun == true }
}
