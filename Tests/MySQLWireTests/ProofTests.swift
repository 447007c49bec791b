import Testing

@testable import MySQLWire

@Suite struct ProofTests {
    private let nonce = (1...20).map { UInt8($0) }

    private func hex(_ bytes: [UInt8]) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    /// Made with another implementation of the two formulas.
    @Test func `proofs of a password`() {
        #expect(hex(Proof.native("secret", nonce)) == "b32bb3a583e1340c0a1108d58b1be49781ad8c2f")
        #expect(
            hex(Proof.cachingSHA2("secret", nonce))
                == "746ebe205d56a0707acb3e796e834e0dd7b1d61743b26bd5202c7a623230c7c9")
        #expect(Proof.native("", nonce).isEmpty)
        #expect(Proof.cachingSHA2("", nonce).isEmpty)
    }
}
