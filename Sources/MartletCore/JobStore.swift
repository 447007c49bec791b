package import Foundation

/// Stored job definitions.
package protocol JobStore: Sendable {
    /// Version starts at 1 and rises with each change; `ifVersion` 0 = must not exist. Throws `conflict`.
    func put(_ job: Job, source: String, ifVersion: Int?, at now: Date) async throws -> StoredJob
    func job(_ name: String) async throws -> StoredJob?
    func jobs(after name: String?, limit: Int) async throws -> [StoredJob]
    func deleteJob(_ name: String, ifVersion: Int?) async throws -> Bool
}

package struct StoredJob: Sendable, Hashable {
    package let job: Job
    package let version: Int
    /// `api`, or the file in `jobs.d` it came from.
    package let source: String
    package let updatedAt: Date
    package init(job: Job, version: Int, source: String, updatedAt: Date) {
        self.job = job
        self.version = version
        self.source = source
        self.updatedAt = updatedAt
    }
}
