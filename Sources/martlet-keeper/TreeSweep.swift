import CMartlet
import Glibc

/// Ends every descendant of this process. As a subreaper it inherits orphans, so none can leave the tree.
enum TreeSweep {
    private static let mostProcesses = 65_536
    /// Stopping a fast fork bomb may never come to rest; killing goes on regardless.
    private static let longestStopping: Int64 = 1_500
    private static let longestKilling: Int64 = 5_000

    /// Kills until nothing is left; returns what survived. `reap` tells whether a child is left.
    static func run(reap: () -> Bool) -> [pid_t] {
        stopAll()
        let end = mt_boot_milliseconds() + longestKilling
        var pause: Int32 = 1
        while true {
            let pids = descendants()
            for pid in pids { kill(pid, SIGKILL) }
            guard reap() else { return [] }
            if mt_boot_milliseconds() >= end { return descendants() }
            poll(nil, 0, pause)
            pause = min(20, pause * 2)
        }
    }

    /// Until two passes find no new process: a stopped one cannot fork.
    private static func stopAll() {
        let end = mt_boot_milliseconds() + longestStopping
        var known: Set<pid_t> = []
        var quiet = 0
        while quiet < 2 && mt_boot_milliseconds() < end {
            let found = descendants().filter { known.insert($0).inserted }
            for pid in found { kill(pid, SIGSTOP) }
            quiet = found.isEmpty ? quiet + 1 : 0
        }
    }

    static func descendants() -> [pid_t] {
        [pid_t](unsafeUninitializedCapacity: mostProcesses) { buffer, count in
            count = mt_descendants(getpid(), buffer.baseAddress, buffer.count)
        }
    }
}
