package import MartletCore

/// What the engine is configured with; each field's default is the product's.
package struct EngineSettings: Sendable, Hashable {
    package var limits: DispatchLimits
    /// Bytes that must stay free in the data directory; nil = the larger of 500 MB and 2 %.
    package var minFree: Int64?
    /// Between stop signal and KILL when a task does not say.
    package var grace: TimeSpan
    /// Log and index bytes kept per task.
    package var logCap: Int64
    /// Runs that may wait to be run at once in one claim.
    package var claimBatch: Int
    package var mostWaiters: Int
    /// Of one caller; 0: any number.
    package var requestsPerSecond: Int
    /// Tokens of nobody that one address may present; 0: any number.
    package var wrongTokensPerMinute: Int
    package var retention: RetentionPolicy
    package var retentionInterval: TimeSpan

    package init(
        limits: DispatchLimits = DispatchLimits(runs: 64), minFree: Int64? = nil,
        grace: TimeSpan = .seconds(10), logCap: Int64 = 64 << 20, claimBatch: Int = 64,
        mostWaiters: Int = 1000, requestsPerSecond: Int = 1000, wrongTokensPerMinute: Int = 100,
        retention: RetentionPolicy = RetentionPolicy(),
        retentionInterval: TimeSpan = .seconds(600)
    ) {
        self.limits = limits
        self.minFree = minFree
        self.grace = grace
        self.logCap = logCap
        self.claimBatch = claimBatch
        self.mostWaiters = mostWaiters
        self.requestsPerSecond = requestsPerSecond
        self.wrongTokensPerMinute = wrongTokensPerMinute
        self.retention = retention
        self.retentionInterval = retentionInterval
    }
}

/// Free and total bytes of the file system that holds the data directory.
package struct DiskState: Sendable, Hashable {
    package var free: Int64
    package var total: Int64
    package init(free: Int64, total: Int64) {
        self.free = free
        self.total = total
    }

    /// What must stay free: the configured value, else the larger of 500 MB and 2 %.
    package func needed(_ configured: Int64?) -> Int64 { configured ?? max(500_000_000, total / 50) }
}
