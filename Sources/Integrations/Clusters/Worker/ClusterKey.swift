import Crypto
import Foundation
import MartletCore

/// The server's own key pair for SSH, made once.
package enum ClusterKey {
    private static let comment = "martlet"
    static let name = "id_ed25519"

    /// Makes it when there is none, and gives the public key as `authorized_keys` has it. `directory` is made, too. Any
    /// number of processes may call it at once. Throws `unavailable` when it cannot be kept.
    package static func publicKey(in directory: String) throws -> String {
        let path = "\(directory)/\(name)"
        guard mkdir(directory, 0o700) == 0 || errno == EEXIST else { throw failure(directory) }
        if let line = try line(of: path + ".pub"), access(path, R_OK) == 0 { return line }
        let key = Curve25519.Signing.PrivateKey()
        let draft = "\(path).\(UUID().uuidString).new"
        try write(privateFile(key), draft)
        // The first one wins, and is the one that everybody reads.
        let isMine = link(draft, path) == 0
        let error = errno
        unlink(draft)
        guard isMine || error == EEXIST else { throw failure(path, error) }
        let line = publicLine(try publicBytes(of: path))
        try write(line + "\n", "\(draft).pub")
        guard rename("\(draft).pub", path + ".pub") == 0 else { throw failure(path + ".pub") }
        return line
    }

    private static func line(of path: String) throws -> String? {
        FileManager.default.contents(atPath: path).flatMap { data in
            String(decoding: data, as: UTF8.self).split(separator: "\n").first.map(String.init)
        }
    }

    private static func write(_ text: String, _ path: String) throws {
        unlink(path)
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw failure(path) }
        defer { close(descriptor) }
        let bytes = Array(text.utf8)
        guard Foundation.write(descriptor, bytes, bytes.count) == bytes.count, fsync(descriptor) == 0 else {
            throw failure(path)
        }
    }

    private static func failure(_ path: String, _ number: Int32 = errno) -> MartletError {
        MartletError(.unavailable, "\(path) cannot be written: \(String(cString: strerror(number)))")
    }

    // MARK: OpenSSH's formats (PROTOCOL.key; RFC 4253 §6.6, RFC 8709)

    private static let kind = "ssh-ed25519"
    private static let magic = Array("openssh-key-v1\0".utf8)

    static func publicLine(_ key: [UInt8]) -> String {
        "\(kind) \(Data(publicBlob(key)).base64EncodedString()) \(comment)"
    }

    private static func publicBlob(_ key: [UInt8]) -> [UInt8] { string(Array(kind.utf8)) + string(key) }

    static func privateFile(_ key: Curve25519.Signing.PrivateKey) -> String {
        let publicKey = Array(key.publicKey.rawRepresentation)
        let check = number(UInt32.random(in: .min ... .max))
        var secret = check + check + publicBlob(publicKey) + string(Array(key.rawRepresentation) + publicKey)
        secret += string(Array(comment.utf8))
        var padding: UInt8 = 0
        while secret.count % 8 != 0 {
            padding += 1
            secret.append(padding)
        }
        let none = string(Array("none".utf8))
        let all = magic + none + none + string([]) + number(1) + string(publicBlob(publicKey)) + string(secret)
        let text = Data(all).base64EncodedString(options: [.lineLength76Characters, .endLineWithLineFeed])
        return "-----BEGIN OPENSSH PRIVATE KEY-----\n\(text)\n-----END OPENSSH PRIVATE KEY-----\n"
    }

    /// Of a private key without a passphrase.
    private static func publicBytes(of path: String) throws -> [UInt8] {
        let text = FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) } ?? ""
        let base64 = text.split(separator: "\n").filter { !$0.hasPrefix("-----") }.joined()
        // Magic, three texts, a number, then the public blob: its kind and its 32 bytes.
        let head = magic.count + 2 * (4 + 4) + 4 + 4 + 4 + 4 + kind.utf8.count + 4
        guard let data = Data(base64Encoded: base64), data.count > head + 32, Array(data.prefix(magic.count)) == magic
        else {
            throw MartletError(.invalid, "\(path) is no ed25519 key without a passphrase; remove it to get a new one")
        }
        return Array(data[head..<head + 32])
    }

    private static func number(_ value: UInt32) -> [UInt8] { withUnsafeBytes(of: value.bigEndian, Array.init) }
    private static func string(_ bytes: [UInt8]) -> [UInt8] { number(UInt32(bytes.count)) + bytes }
}
