import Crypto
package import Foundation

/// SHA-256 of bytes that come in pieces.
package struct Checksum: Sendable {
    private var hash = SHA256()

    package init() {}

    package mutating func add(_ bytes: some ContiguousBytes) {
        bytes.withUnsafeBytes { hash.update(bufferPointer: $0) }
    }

    /// 64 lower-case hex digits.
    package var hex: String {
        hash.finalize().map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}
