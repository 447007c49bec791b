import Foundation
import Synchronization

/// Holds tasks at one place until the test lets them go on; see the fixture `f_gate`.
final class Gate: Sendable {
    let path: String
    private let descriptor: Mutex<Int32>

    init(_ site: Site, _ name: String = "gate") throws {
        path = site.path(name)
        guard mkfifo(path, 0o666) == 0 else { throw POSIXError(.EIO) }
        chmod(path, 0o666)
        descriptor = Mutex(Foundation.open(path, O_RDWR | O_CLOEXEC))
    }

    deinit { open() }

    /// Lets everybody pass, also those who come later.
    func open() {
        descriptor.withLock { descriptor in
            guard descriptor >= 0 else { return }
            // At once a file that is at its end: at no moment is there none.
            _ = FileManager.default.createFile(atPath: path + ".open", contents: nil)
            rename(path + ".open", path)
            close(descriptor)
            descriptor = -1
        }
    }

    /// The text of each process that came here, in the order of their coming.
    var arrivals: [String] {
        ((try? String(contentsOfFile: path + ".arrivals", encoding: .utf8)) ?? "")
            .split(separator: "\n").map(String.init)
    }
}
