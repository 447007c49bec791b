import Crypto
import Foundation

/// HMAC-SHA256 as the platforms and our webhooks want it.
enum Signature {
    private static func code(_ text: some Sequence<UInt8>, key: String) -> HMAC<SHA256>.MAC {
        HMAC<SHA256>.authenticationCode(for: Data(text), using: SymmetricKey(data: Data(key.utf8)))
    }

    /// DingTalk: over `timestamp\nsecret` under the secret, in base64. `timestamp`: milliseconds.
    static func dingtalk(_ timestamp: Int64, _ secret: String) -> String {
        Data(code("\(timestamp)\n\(secret)".utf8, key: secret)).base64EncodedString()
    }

    /// Feishu: over nothing under `timestamp\nsecret`, in base64. `timestamp`: seconds.
    static func feishu(_ timestamp: Int64, _ secret: String) -> String {
        Data(code([], key: "\(timestamp)\n\(secret)")).base64EncodedString()
    }

    /// Webhooks: over `timestamp.body`, in hex. `timestamp`: seconds.
    static func webhook(_ timestamp: Int64, _ body: [UInt8], _ secret: String) -> String {
        code(Array("\(timestamp).".utf8) + body, key: secret).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }
            .joined()
    }
}
