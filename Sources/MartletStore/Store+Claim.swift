package import Foundation
import GRDB
package import MartletCore

extension SQLiteStore {
    package func claim(limit: Int, within limits: DispatchLimits, at now: Date) async throws -> [Run] {
        guard limit > 0, limits.runs > 0 else { return [] }
        return try await writer.write { [self] scope in
            var round = try ClaimRound(limit: limit, limits: limits, at: now, scope.db)
            var claimed: [Run] = []
            while let id = try round.next(scope.db) {
                guard let before = try current(id, scope.db) else { continue }
                var run = before
                let change = try run.apply(.claim, at: now)
                try store(run, after: before, Update(change), &scope)
                claimed.append(run)
            }
            return claimed
        }
    }
}

/// Chooses what a claim takes: places within every limit, shared by the jobs that have due runs.
///
/// A job takes its second place of a claim only when no other job's due run waits; among jobs with an equal
/// number of places in this claim, one with fewer live runs comes first, then the one that is due earlier.
/// The cost depends on places and live runs, not on how many runs or jobs wait.
struct ClaimRound {
    /// The pending runs of one job under one driver.
    private struct Lane: Hashable {
        let driver: String
        let job: String
    }

    private struct Candidate {
        let lane: Lane
        let run: RunID
        let due: Int64
        let live: Int
    }

    private let limits: DispatchLimits
    private let now: Int64
    private var places: Int
    private var live: LiveCounts
    private let liveBefore: [String: Int]
    /// Lanes that may still give a run.
    private var lanes: [Lane] = []
    /// What is left of the present pass over the lanes, last first.
    private var pass: [Candidate] = []
    private var jobsInPass: Set<String> = []

    init(limit: Int, limits: DispatchLimits, at now: Date, _ db: Database) throws {
        self.limits = limits
        self.now = now.milliseconds
        live = try LiveCounts(db)
        liveBefore = live.jobs
        places = min(limit, limits.runs - live.runs)
        guard places > 0 else { return }
        for driver in try Self.drivers(db) { try collectLanes(of: driver, db) }
    }

    /// The next run to claim, counted as live from now on; nil when no limit or no due run leaves any.
    mutating func next(_ db: Database) throws -> RunID? {
        while places > 0 {
            if pass.isEmpty, try !beginPass(db) { return nil }
            let candidate = pass.removeLast()
            let (driver, job) = (candidate.lane.driver, candidate.lane.job)
            guard room(driver) > 0, jobsInPass.insert(job).inserted else { continue }
            places -= 1
            live.drivers[driver, default: 0] += 1
            live.jobs[job, default: 0] += 1
            return candidate.run
        }
        return nil
    }

    private func room(_ driver: String) -> Int {
        limits.drivers[driver].map { $0 - live.drivers[driver, default: 0] } ?? .max
    }

    /// One candidate of each lane that can give one. False when none can.
    private mutating func beginPass(_ db: Database) throws -> Bool {
        jobsInPass = []
        let candidates = try lanes.compactMap { try head(of: $0, db) }
        lanes = candidates.map(\.lane)
        pass = candidates.sorted { ($1.live, $1.due, $1.run) < ($0.live, $0.due, $0.run) }
        return !pass.isEmpty
    }

    private func head(of lane: Lane, _ db: Database) throws -> Candidate? {
        guard room(lane.driver) > 0 else { return nil }
        let statement = try db.cachedStatement(
            sql: """
                SELECT id, due_at, concurrency FROM runs INDEXED BY runs_pending
                WHERE state = 'pending' AND driver = ? AND job = ? AND due_at <= ?
                ORDER BY due_at, id LIMIT 1
                """)
        guard let row = try Row.fetchOne(statement, arguments: [lane.driver, lane.job, now]) else { return nil }
        if let concurrency = row[2] as Int?, live.jobs[lane.job, default: 0] >= concurrency { return nil }
        return Candidate(
            lane: lane, run: try RunID(blob: row[0]), due: row[1], live: liveBefore[lane.job, default: 0])
    }

    // MARK: Lanes

    private static func drivers(_ db: Database) throws -> [String] {
        let statement = try db.cachedStatement(
            sql: "SELECT driver FROM lanes WHERE driver > ? ORDER BY driver LIMIT 1")
        var drivers: [String] = []
        while let driver = try String.fetchOne(statement, arguments: [drivers.last ?? ""]) {
            drivers.append(driver)
        }
        return drivers
    }

    /// Walks a driver's lanes by due time until enough of them belong to jobs without live runs: those come
    /// before all others.
    private mutating func collectLanes(of driver: String, _ db: Database) throws {
        var wanted = min(places, room(driver))
        guard wanted > 0 else { return }
        let statement = try db.cachedStatement(
            sql: """
                SELECT job FROM lanes INDEXED BY lanes_due WHERE driver = ? AND due_at <= ? ORDER BY due_at
                """)
        let jobs = try String.fetchCursor(statement, arguments: [driver, now])
        while wanted > 0, let job = try jobs.next() {
            lanes.append(Lane(driver: driver, job: job))
            if live.jobs[job, default: 0] == 0 { wanted -= 1 }
        }
    }
}

extension LiveCounts {
    /// Counted from the index of live runs, which is as short as they are few.
    init(_ db: Database) throws {
        self.init()
        let statement = try db.cachedStatement(
            sql: """
                SELECT driver, job, count(*) FROM runs INDEXED BY runs_live
                WHERE state IN ('running','stopping') GROUP BY driver, job
                """)
        let rows = try Row.fetchCursor(statement)
        while let row = try rows.next() {
            let count: Int = row[2]
            runs += count
            drivers[row[0], default: 0] += count
            jobs[row[1], default: 0] += count
        }
    }
}
