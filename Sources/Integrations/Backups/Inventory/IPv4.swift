/// An address in dotted form: four numbers of 0 to 255 without leading zeros.
package struct IPv4: Sendable, Hashable, CustomStringConvertible {
    package let bytes: [UInt8]

    package init?(_ text: String) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        bytes = parts.compactMap { part in UInt8(part).flatMap { String($0) == part ? $0 : nil } }
        guard parts.count == 4, bytes.count == 4 else { return nil }
    }

    package var description: String { bytes.map(String.init).joined(separator: ".") }
}
