package import Foundation

/// Why a run waits or how it ended. Stored as data; the sentences are made when it is read.
package enum Reason: Sendable, Hashable, Codable {
    // Waiting
    case queued
    /// Its time has not come.
    case notDue(Date)
    case retryWait(attempt: Int, at: Date)
    case globalLimit(Int)
    case driverLimit(driver: String, limit: Int)
    case jobLimit(job: String, limit: Int)
    /// Bytes free and bytes that must stay free in the data directory.
    case diskLow(free: Int64, needed: Int64)

    // Going on
    case runningTask(name: String, number: Int, of: Int)
    case stopRequested(StopReason)
    case pausedOnRequest

    // Ended
    case succeeded
    case succeededWithWarning(String)
    case nothingToDo(String)
    case partlyDone(task: String, note: String)
    case exited(task: String, code: Int32)
    /// The same, and the driver knows why.
    case exitedSaying(task: String, code: Int32, note: String)
    case signalled(task: String, signal: Int32)
    case timedOut(task: String, after: TimeSpan?)
    case runTimedOut(after: TimeSpan)
    case spawnFailed(task: String, stage: String, errno: Int32)
    case unkillable(task: String, pids: [Int32])
    case cancelledBeforeStart
    /// It never ran: the job had so many runs that were not over, and its rule refuses more.
    case busy(job: String, unfinished: Int)
    case cancelled(StopReason)
    /// The boot id of the machine is another one than the task's.
    case machineRestarted
    /// It was live when the backup was made from which the store was restored.
    case restored
    /// The keeper vanished without an exit record; these pids were found alive and killed.
    case keeperVanished(killed: [Int32])
}
