import Foundation

/// Addresses that share a prefix, as `10.0.0.0/8`, `fd00::/8` or one address (CIDR, RFC 4632).
package struct AddressRange: Sendable, Hashable, CustomStringConvertible {
    private let bytes: [UInt8]
    private let bits: Int
    package let description: String

    package init(_ text: String) throws(MartletError) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let bytes = Self.bytes(of: String(parts[0])) else { throw Self.wrong(text) }
        let most = bytes.count * 8
        let bits = parts.count == 1 ? most : Int(parts[1]) ?? -1
        guard (0...most).contains(bits) else { throw Self.wrong(text) }
        self.bytes = bytes
        self.bits = bits
        description = text
    }

    /// Whether an address, as a connection tells it, is one of these.
    package func contains(_ address: String) -> Bool {
        guard let other = Self.bytes(of: address), other.count == bytes.count else { return false }
        for index in 0..<bits / 8 where bytes[index] != other[index] { return false }
        let rest = bits % 8
        return rest == 0 || (bytes[bits / 8] ^ other[bits / 8]) >> (8 - rest) == 0
    }

    /// Whether two texts are the same address: `::ffff:192.0.2.2` is `192.0.2.2`. What is no address is the same as none.
    package static func areSame(_ one: String, _ other: String) -> Bool {
        guard let one = bytes(of: one) else { return false }
        return one == bytes(of: other)
    }

    /// 4 or 16 bytes; an IPv4 address written as IPv6 counts as IPv4.
    private static func bytes(of text: String) -> [UInt8]? {
        var four = [UInt8](repeating: 0, count: 4)
        if inet_pton(AF_INET, text, &four) == 1 { return four }
        var sixteen = [UInt8](repeating: 0, count: 16)
        guard inet_pton(AF_INET6, String(text.prefix { $0 != "%" }), &sixteen) == 1 else { return nil }
        let mapped = [UInt8](repeating: 0, count: 10) + [0xFF, 0xFF]
        return Array(sixteen.prefix(12)) == mapped ? Array(sixteen.suffix(4)) : sixteen
    }

    private static func wrong(_ text: String) -> MartletError {
        MartletError(
            .invalid, "\(text.prefix(100)) is no range of addresses",
            problems: [FieldProblem(field: "allow", problem: "\(text.prefix(100)) is not like 10.0.0.0/8 or 10.1.2.3")])
    }
}
