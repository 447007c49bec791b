import Foundation
import Synchronization

/// How far a long step is, on one line of a terminal. Elsewhere nothing is shown.
final class Progress: Sendable {
    private let isShown = Terminal.isTerminal(STDERR_FILENO)
    private let last = Mutex<String>("")

    /// `part`: 0 to 1.
    func show(_ step: String, _ part: Double) {
        guard isShown else { return }
        let text = "\(step) \(Int(min(1, part) * 100)) %"
        last.withLock { last in
            guard last != text else { return }
            last = text
            Terminal.write("\r\u{1B}[K\(text)", to: STDERR_FILENO)
        }
    }

    func clear() {
        last.withLock { last in
            if !last.isEmpty { Terminal.write("\r\u{1B}[K", to: STDERR_FILENO) }
            last = ""
        }
    }
}
