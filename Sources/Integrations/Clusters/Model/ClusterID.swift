import Crypto
package import Foundation

/// Ids as the replaced system made them: the first eight digits of the name-based UUID (MD5, DNS namespace) of the name and
/// the local time.
package enum ClusterID {
    /// `6ba7b810-9dad-11d1-80b4-00c04fd430c8`
    private static let namespace: [UInt8] = [
        0x6B, 0xA7, 0xB8, 0x10, 0x9D, 0xAD, 0x11, 0xD1, 0x80, 0xB4, 0x00, 0xC0, 0x4F, 0xD4, 0x30, 0xC8,
    ]

    /// The id of this second, and those of the following ones for when it is taken.
    package static func candidates(for name: String, at now: Date, zone: TimeZone = .current) -> [String] {
        (0..<64).map { id(of: name, at: now.addingTimeInterval(TimeInterval($0)), zone: zone) }
    }

    static func id(of name: String, at now: Date, zone: TimeZone) -> String {
        let text = Array((name + stamp(now, zone)).utf8)
        let digest = Insecure.MD5.hash(data: namespace + text)
        return digest.prefix(4).map { byte in
            let digits = String(byte, radix: 16)
            return digits.count == 1 ? "0" + digits : digits
        }.joined()
    }

    /// `yyyyMMddHHmmss`
    private static func stamp(_ date: Date, _ zone: TimeZone) -> String {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = zone
        let parts = calendar.dateComponents([.year, .month, .day, .hour, .minute, .second], from: date)
        return [
            (parts.year, 4), (parts.month, 2), (parts.day, 2), (parts.hour, 2), (parts.minute, 2), (parts.second, 2),
        ]
        .map { number, width in
            let digits = String(number ?? 0)
            return String(repeating: "0", count: max(0, width - digits.count)) + digits
        }.joined()
    }
}
