import CMartlet
import Glibc
import KeeperProtocol

/// `zygote`: forks one keeper per frame read from descriptor 3. `run`: becomes the keeper of the one frame
/// on standard input. Replies go to descriptor 4.
@main
enum Main {
    static func main() {
        // Descriptors 0 to 4 have a meaning here: whatever is missing must not be given to something else.
        for fd in Int32(0)...4 where fcntl(fd, F_GETFD) < 0 { _ = open("/dev/null", O_RDWR) }
        let signals = mt_prepare_signals()
        let null = mt_openat(AT_FDCWD, "/dev/null", O_RDWR, 0)
        guard signals >= 0, null >= 0 else { exit(71) }
        let inherited = Inherited(signals: signals, null: null)
        switch CommandLine.arguments.dropFirst().first {
        case "zygote":
            var zygote = Zygote(requests: 3, inherited: inherited)
            zygote.serve()
        case "run": runOne(inherited)
        default:
            print("usage: martlet-keeper zygote | run\nStarted by martlet; not meant to be called by hand.")
            exit(64)
        }
    }

    private static func runOne(_ inherited: Inherited) {
        var reader = FrameReader(descriptor: 0)
        guard let frame = reader.next() else { exit(65) }
        for fd in Int32(0)...2 { dup2(inherited.null, fd) }
        Keeper.run(frame, inherited)
    }
}

/// Descriptors that are made once and that every keeper of a zygote shares.
struct Inherited {
    /// A signalfd reports the signals of the process that reads it, so it can be inherited.
    let signals: Int32
    let null: Int32
}
