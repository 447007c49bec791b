package import Foundation
import Synchronization

/// A clock that stands still until a test moves it.
package final class ManualClock: Sendable {
    private let instant: Mutex<Date>

    package init(_ start: Date = Date(timeIntervalSince1970: 1_700_000_000)) { instant = Mutex(start) }

    package var now: Date { instant.withLock { $0 } }
    package func advance(seconds: Double) { instant.withLock { $0.addTimeInterval(seconds) } }
}
