/// An address in dotted form: four numbers of 0 to 255 without leading zeros.
package struct IPv4: Sendable, Hashable, CustomStringConvertible {
    package let bytes: [UInt8]

    package init?(_ text: String) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        bytes = parts.compactMap { part in UInt8(part).flatMap { String($0) == part ? $0 : nil } }
        guard parts.count == 4, bytes.count == 4 else { return nil }
    }

    package init?(bytes: [UInt8]) {
        guard bytes.count == 4 else { return nil }
        self.bytes = bytes
    }

    private init(number: UInt32) { bytes = (0..<4).map { UInt8(truncatingIfNeeded: number >> (24 - 8 * $0)) } }

    static let loopback = IPv4(number: 0x7F00_0001)
    /// Of a node that nobody knows the address of.
    static let unknown = IPv4(number: 0)

    var number: UInt32 { bytes.reduce(0) { $0 << 8 | UInt32($1) } }

    package var description: String { bytes.map(String.init).joined(separator: ".") }
}
