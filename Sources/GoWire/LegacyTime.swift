package import Foundation
import MartletCore
import MartletHTTP

/// RFC 3339 in the server's zone, trailing zeros of the second's fraction cut: `2023-08-14T09:16:37.96+08:00`.
package enum LegacyTime {
    package static func text(_ date: Date, zone: TimeZone = .current) -> String {
        let offset = zone.secondsFromGMT(for: date)
        var text = Timestamp.text(date.addingTimeInterval(TimeInterval(offset)))
        text.removeLast()
        while text.hasSuffix("0") { text.removeLast() }
        if text.hasSuffix(".") { text.removeLast() }
        return text + suffix(offset)
    }

    private static func suffix(_ offset: Int) -> String {
        if offset == 0 { return "Z" }
        let minutes = abs(offset) / 60
        return (offset < 0 ? "-" : "+") + twoDigits(minutes / 60) + ":" + twoDigits(minutes % 60)
    }

    private static func twoDigits(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
}
