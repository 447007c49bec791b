import Glibc

/// Kills the keeper at a named place, in debug builds only: `MARTLET_KEEPER_FAILPOINT=<name>[:<percent>]` in
/// the environment of the zygote.
enum Failpoint {
    static func reach(_ name: StaticString) {
        #if DEBUG
            if isArmed(name) { kill(getpid(), SIGKILL) }
        #endif
    }

    /// For the places that are reached in another process.
    static func isArmed(_ name: StaticString) -> Bool {
        #if DEBUG
            guard let value = getenv("MARTLET_KEEPER_FAILPOINT") else { return false }
            let parts = String(cString: value).split(separator: ":")
            guard let first = parts.first, first == name.description else { return false }
            let percent = parts.dropFirst().first.flatMap { Int($0) } ?? 100
            return Int.random(in: 0..<100) < percent
        #else
            return false
        #endif
    }
}
