package import Foundation
import GoWire
import MartletCore

/// An instant as the replaced system writes it: RFC 3339 in the machine's zone, `0001-01-01T00:00:00Z` when unset.
package struct GoTime: Sendable, Hashable {
    package let date: Date?

    package init(_ date: Date?) { self.date = date }

    private static let unset = "0001-01-01T00:00:00Z"

    /// Nil for what is no instant.
    package init?(_ text: String) {
        if text == Self.unset {
            date = nil
        } else if let date = Timestamp.date(text) {
            self.date = date
        } else {
            return nil
        }
    }

    package func text(zone: TimeZone = .current) -> String {
        date.map { LegacyTime.text($0, zone: zone) } ?? Self.unset
    }
}
