internal import Crypto
internal import CryptoExtras

/// Proofs that we know a password, each for its server plugin.
enum Proof {
    /// `mysql_native_password`: SHA1(password) XOR SHA1(nonce + SHA1(SHA1(password))).
    static func native(_ password: String, _ nonce: [UInt8]) -> [UInt8] {
        guard !password.isEmpty else { return [] }
        let once = Array(Insecure.SHA1.hash(data: Array(password.utf8)))
        let twice = Array(Insecure.SHA1.hash(data: once))
        return zip(once, Insecure.SHA1.hash(data: nonce + twice)).map { $0 ^ $1 }
    }

    /// `caching_sha2_password`: SHA256(password) XOR SHA256(SHA256(SHA256(password)) + nonce).
    static func cachingSHA2(_ password: String, _ nonce: [UInt8]) -> [UInt8] {
        guard !password.isEmpty else { return [] }
        let once = Array(SHA256.hash(data: Array(password.utf8)))
        let twice = Array(SHA256.hash(data: once))
        return zip(once, SHA256.hash(data: twice + nonce)).map { $0 ^ $1 }
    }

    /// The password itself, hidden by the nonce and encrypted for the server's key.
    static func encrypted(_ password: String, _ nonce: [UInt8], key pem: String) throws(WireError) -> [UInt8] {
        guard !nonce.isEmpty else { throw .malformed("no nonce") }
        let clear = Array(password.utf8) + [0]
        let hidden = clear.enumerated().map { $0.element ^ nonce[$0.offset % nonce.count] }
        do {
            let key = try _RSA.Encryption.PublicKey(pemRepresentation: pem)
            return Array(try key.encrypt(hidden, padding: .PKCS1_OAEP))
        } catch {
            throw .authentication("the server's public key cannot be used: \(error)")
        }
    }
}
