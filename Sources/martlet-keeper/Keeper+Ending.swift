import CMartlet
import Glibc
import KeeperProtocol

extension Keeper {
    /// Writes the record; with survivors, holds the lock until they are gone too.
    mutating func finish(survivors: [pid_t]) {
        guard !recorded else { return }
        recorded = true
        output.drain(into: &log, through: &buffer)
        errors.drain(into: &log, through: &buffer)
        log.flushIndex()
        Failpoint.reach("before.ended")
        fence.appendSurely(exitRecord(survivors: survivors).record)
        while !treeIsGone {
            var event = pollfd(fd: signals, events: Int16(POLLIN), revents: 0)
            poll(&event, 1, 1_000)
            var value: Int32 = 0
            while mt_next_signal(signals, &value) != 0 {}
            for pid in TreeSweep.descendants() { kill(pid, SIGKILL) }
            reap()
        }
    }

    /// The end is told by the clock that nobody adjusts: between start and end lies the time that really passed.
    private func exitRecord(survivors: [pid_t]) -> ExitRecord {
        var record = ExitRecord(
            ending: survivors.isEmpty ? ending : .unkillable(pids: survivors),
            endedAt: startedAt + mt_boot_milliseconds() - started, seal: frame.seal)
        record.timedOut = timedOut
        record.stopped = stopped
        record.startedAt = startedAt
        record.logBytes = log.offset
        record.droppedBytes = log.dropped
        record.strays = strays
        record.warnings = warnings
        if log.dropped > 0 {
            record.warnings.append("\(log.dropped) bytes of the log could not be stored (errno \(log.dropError))")
        }
        return record
    }

    /// The wait status, as `WIFEXITED` and its sisters read it.
    private var ending: ExitRecord.Ending {
        guard let status else { return .signalled(SIGKILL) }
        let signal = status & 0x7F
        return signal == 0 ? .exited(code: status >> 8 & 0xFF) : .signalled(signal)
    }
}
