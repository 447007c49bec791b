import CMartlet
import Glibc
import KeeperProtocol

extension Keeper {
    /// Until the tree is gone and its record is written.
    mutating func watch() {
        while !treeIsGone {
            waitForSomething()
            act(at: mt_boot_milliseconds())
        }
        finish(survivors: [])
    }

    private mutating func waitForSomething() {
        var events = [
            pollfd(fd: signals, events: Int16(POLLIN), revents: 0),
            pollfd(fd: output.descriptor, events: Int16(POLLIN), revents: 0),
            pollfd(fd: errors.descriptor, events: Int16(POLLIN), revents: 0),
        ]
        guard poll(&events, 3, timeout(at: mt_boot_milliseconds())) > 0 else { return }
        if events[1].revents != 0 { _ = output.pump(into: &log, through: &buffer) }
        if events[2].revents != 0 { _ = errors.pump(into: &log, through: &buffer) }
        if events[0].revents != 0 { takeSignals() }
    }

    /// Milliseconds until the next thing that is due; -1: nothing is.
    private func timeout(at now: Int64) -> Int32 {
        var due = [graceEnd, lingerEnd, log.indexDue].compactMap { $0 }
        if !protected { due.append(started + Self.protectAfter) }
        if frame.deadline > 0 && graceEnd == nil && status == nil { due.append(started + frame.deadline) }
        guard let next = due.min() else { return -1 }
        return Int32(clamping: max(0, next - now))
    }

    private mutating func takeSignals() {
        var value: Int32 = 0
        while true {
            switch mt_next_signal(signals, &value) {
            case 0: return
            case SIGTERM where value < 0: pass(on: -value)
            case SIGTERM: stop(grace: value > 0 ? Int64(value) : frame.grace, at: mt_boot_milliseconds())
            default: reap()
            }
        }
    }

    /// Reaps what has ended; false when no child is left.
    @discardableResult
    mutating func reap() -> Bool {
        var state: Int32 = 0
        let everyChild: Int32 = 0x4000_0000  // __WALL
        while true {
            let pid = waitpid(-1, &state, WNOHANG | everyChild)
            if pid == leader {
                status = state
                Failpoint.reach("leader.ended")
                passOnStop()
            }
            if pid == 0 { return true }
            if pid < 0 && errno != EINTR {
                treeIsGone = true
                return false
            }
        }
    }

    /// To the leader's process group, whose number is certainly its own until it is reaped.
    private func pass(on signal: Int32) {
        if status == nil { kill(-leader, signal) }
    }

    /// Asks the leader's process group to end. Again with less grace: KILL comes earlier.
    private mutating func stop(grace: Int64, at now: Int64) {
        guard status == nil else {
            // The leader ended by itself: only its descendants are waited for.
            lingerEnd = now
            return
        }
        let end = now + grace
        if let known = graceEnd {
            graceEnd = min(known, end)
            return
        }
        stopped = !timedOut
        graceEnd = end
        kill(-leader, frame.stopSignal)
        // A suspended task could not answer.
        kill(-leader, SIGCONT)
    }

    /// A leader that obeyed may leave descendants outside its process group: they are asked too, and have what is
    /// left of the grace.
    private func passOnStop() {
        guard graceEnd != nil else { return }
        for pid in TreeSweep.descendants() {
            kill(pid, frame.stopSignal)
            kill(pid, SIGCONT)
        }
    }

    private mutating func act(at now: Int64) {
        if let due = log.indexDue, now >= due { log.flushIndex() }
        if !protected && now >= started + Self.protectAfter {
            protected = true
            mt_protect_from_oom()
        }
        if treeIsGone { return }
        if status != nil && lingerEnd == nil && graceEnd == nil { lingerEnd = now + Self.linger }
        if frame.deadline > 0, now >= started + frame.deadline, status == nil, graceEnd == nil {
            timedOut = true
            stop(grace: frame.grace, at: now)
        }
        if [graceEnd, lingerEnd].contains(where: { $0.map { now >= $0 } ?? false }) { sweep() }
    }

    private mutating func sweep() {
        if status != nil { strays = TreeSweep.descendants().count }
        let survivors = TreeSweep.run { reap() }
        if !survivors.isEmpty { finish(survivors: survivors) }
    }
}
