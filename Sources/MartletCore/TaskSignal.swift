/// A signal that somebody has sent to a running task, by its POSIX name.
package enum TaskSignal: String, Sendable, Codable, CaseIterable {
    case hup = "HUP", int = "INT", quit = "QUIT", abrt = "ABRT", kill = "KILL", usr1 = "USR1", usr2 = "USR2"
    case alrm = "ALRM", term = "TERM", cont = "CONT", stop = "STOP", tstp = "TSTP", ttin = "TTIN", ttou = "TTOU"
    case winch = "WINCH"

    /// `HUP` and `SIGHUP`, in any case; nil: not one that may be sent.
    package init?(name: String) {
        let upper = name.uppercased()
        self.init(rawValue: upper.hasPrefix("SIG") ? String(upper.dropFirst(3)) : upper)
    }

    package var number: Int32 {
        switch self {
        case .hup: 1
        case .int: 2
        case .quit: 3
        case .abrt: 6
        case .kill: 9
        case .usr1: 10
        case .usr2: 12
        case .alrm: 14
        case .term: 15
        case .cont: 18
        case .stop: 19
        case .tstp: 20
        case .ttin: 21
        case .ttou: 22
        case .winch: 28
        }
    }
}
