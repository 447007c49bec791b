import Crypto
import Foundation
import MartletCore

/// Seals secrets with the key file of the data directory. What is sealed is bound to its owner, and opens as nothing else.
struct SecretBox: Sendable {
    /// How bytes are sealed; the last argument is what they are bound to.
    struct Cipher: Sendable {
        let seal: @Sendable (_ plain: [UInt8], SymmetricKey, _ owner: [UInt8]) throws -> Data
        let open: @Sendable (_ sealed: Data, SymmetricKey, _ owner: [UInt8]) throws -> [UInt8]
    }

    private let key: SymmetricKey
    private let cipher: Cipher

    /// Reads `path`, or makes it at the first start. Refuses a file that others may read. Another cipher: for tests of
    /// what becomes of a broken one.
    init(keyFile path: String, cipher: Cipher = .aesGCM) throws {
        let fresh = SymmetricKey(size: .bits256).withUnsafeBytes { Array($0) }
        _ = try OwnerOnly.create(path, fresh)
        try self.init(existingKeyFile: path, cipher: cipher)
    }

    /// Reads `path` and makes nothing.
    init(existingKeyFile path: String, cipher: Cipher = .aesGCM) throws {
        self.cipher = cipher
        let bytes = try OwnerOnly.read(path, upTo: 33)
        guard bytes.count == 32 else {
            throw MartletError(.invalid, "\(path) is damaged: a key has 32 bytes; restore it from a backup")
        }
        key = SymmetricKey(data: bytes)
    }

    func seal(_ plain: [UInt8], for run: RunID) throws -> Data { try cipher.seal(plain, key, run.bytes) }
    func open(_ sealed: Data, for run: RunID) throws -> [UInt8] { try cipher.open(sealed, key, run.bytes) }

    /// A stored secret: another name or version does not open it.
    func seal(_ value: Secret, as name: String, _ version: Int) throws -> Data {
        try cipher.seal(Array(value.exposed.utf8), key, Self.owner(name, version))
    }

    func secret(in sealed: Data, as name: String, _ version: Int) throws -> Secret {
        Secret(String(decoding: try cipher.open(sealed, key, Self.owner(name, version)), as: UTF8.self))
    }

    /// Longer than a run's id, so that no run's secrets are taken for it.
    private static func owner(_ name: String, _ version: Int) -> [UInt8] {
        Array("stored secret\0\(name)\0\(version)".utf8)
    }

    /// Secrets become JSON only to be sealed.
    func seal(_ secrets: [String: Secret], for run: RunID) throws -> Data? {
        guard !secrets.isEmpty else { return nil }
        return try seal(Array(StoredJSON.data(secrets.mapValues(\.exposed))), for: run)
    }

    func secrets(in sealed: Data, of run: RunID) throws -> [String: Secret] {
        try Self.secrets(in: try open(sealed, for: run))
    }

    /// Of something with a longer name than a run's id, so that neither opens as the other.
    func seal(_ secrets: [String: Secret], of owner: String) throws -> Data? {
        guard !secrets.isEmpty else { return nil }
        return try cipher.seal(Array(StoredJSON.data(secrets.mapValues(\.exposed))), key, Array(owner.utf8))
    }

    func secrets(in sealed: Data?, of owner: String) throws -> [String: Secret] {
        guard let sealed else { return [:] }
        return try Self.secrets(in: try cipher.open(sealed, key, Array(owner.utf8)))
    }

    private static func secrets(in plain: [UInt8]) throws -> [String: Secret] {
        try StoredJSON.decoder.decode([String: String].self, from: Data(plain)).mapValues { Secret($0) }
    }

    /// 32 hex digits that nobody can guess without the key file, the same after a restart.
    func nonce(_ label: String, _ address: TaskAddress) -> String {
        let code = HMAC<SHA256>.authenticationCode(for: Data("\(label)|\(address)".utf8), using: key)
        return Hex.text(code.prefix(16))
    }

    /// 32 bytes that are the same for the same text, and tell nothing about it to whoever has not the key: a plain hash of a
    /// body with a short secret could be guessed at.
    func code(of text: [UInt8]) -> Data { Data(HMAC<SHA256>.authenticationCode(for: text, using: key)) }

    // MARK: Self-test

    private static let canary = Array("martlet secret box canary".utf8)
    private static let canaryRun = RunID(high: 0, low: 0)

    /// Seals a known text, and proves that the bytes hide it and belong to one run only.
    func selfTest() throws -> Data {
        let sealed = try seal(Self.canary, for: Self.canaryRun)
        let hidden = sealed.range(of: Data(Self.canary)) == nil
        let bound = (try? open(sealed, for: RunID(high: 0, low: 1))) == nil
        guard hidden, bound, try open(sealed, for: Self.canaryRun) == Self.canary else {
            throw MartletError(.internal, "the self-test of the secret box failed; nothing was opened")
        }
        return sealed
    }

    /// Whether an earlier start's canary was sealed with this key.
    func opens(canary sealed: Data) -> Bool { (try? open(sealed, for: Self.canaryRun)) == Self.canary }
}

extension SecretBox.Cipher {
    /// AES-256-GCM with a nonce of chance.
    static let aesGCM = Self(
        seal: { plain, key, owner in
            guard let sealed = try AES.GCM.seal(plain, using: key, authenticating: owner).combined else {
                throw MartletError(.internal, "sealing made no bytes")
            }
            return sealed
        },
        open: { sealed, key, owner in
            Array(try AES.GCM.open(AES.GCM.SealedBox(combined: sealed), using: key, authenticating: owner))
        })
}
