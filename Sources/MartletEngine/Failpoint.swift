import Foundation

/// Named places at which a test can have the server die: `MARTLET_FAILPOINT=name` or `name:percent`. Debug
/// builds only; a release build has no trace of it.
package enum Failpoint {
    #if DEBUG
        private static let chosen: (name: String, percent: Int)? = {
            guard let text = ProcessInfo.processInfo.environment["MARTLET_FAILPOINT"] else { return nil }
            let parts = text.split(separator: ":")
            return (String(parts.first ?? ""), parts.count > 1 ? Int(parts[1]) ?? 100 : 100)
        }()
    #endif

    @inline(__always)
    package static func hit(_ name: StaticString) {
        #if DEBUG
            guard let chosen, chosen.name == "\(name)", Int.random(in: 0..<100) < chosen.percent else { return }
            kill(getpid(), SIGKILL)
        #endif
    }
}
