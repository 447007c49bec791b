package import Foundation

/// What is deleted when: ended runs by age and number, and by the size of their files.
package struct RetentionPolicy: Sendable, Hashable {
    package var age: TimeSpan
    package var runsPerJob: Int
    /// Bytes of all run directories together.
    package var logBytes: Int64
    /// Failed and lost runs are kept so many times as long as the others.
    package var failedFactor: Int
    /// Records of the audit trail.
    package var audit: TimeSpan
    package init(
        age: TimeSpan = .seconds(30 * 86_400), runsPerJob: Int = 10_000, logBytes: Int64 = 10 << 30,
        failedFactor: Int = 2, audit: TimeSpan = .seconds(400 * 86_400)
    ) {
        self.age = age
        self.runsPerJob = runsPerJob
        self.logBytes = logBytes
        self.failedFactor = failedFactor
        self.audit = audit
    }
}

package protocol RetentionStore: Sendable {
    /// Ended runs that `policy` no longer keeps (age and number), oldest first, at most `limit`.
    func expired(under policy: RetentionPolicy, at now: Date, limit: Int) async throws -> [RunID]
    /// The oldest ended runs, for freeing log space.
    func oldestEnded(limit: Int) async throws -> [(id: RunID, logBytes: Int64)]
    /// Sum of the ended and live runs' recorded log bytes.
    func logBytes() async throws -> Int64
    /// Removes rows of ended runs (ids of others are ignored), their events, memberships and records.
    func delete(_ ids: [RunID]) async throws
    /// Removes idempotency records older than a day.
    func deleteIdempotency(before: Date) async throws
    /// Frees the keys of `unkillable` runs that are listed.
    func releaseKeys(of ids: [RunID]) async throws
    /// Ended runs that still hold their key because processes survived.
    func unkillableRuns() async throws -> [Run]
}
