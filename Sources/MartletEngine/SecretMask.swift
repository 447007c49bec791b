import KeeperProtocol
import MartletCore

/// Hides a run's secrets in what the server stores or answers, in every form the keeper hides in logs.
struct SecretMask: Sendable {
    private let patterns: MaskPatterns

    init(_ secrets: some Sequence<Secret>) { patterns = MaskPatterns(secrets.map { Array($0.exposed.utf8) }) }

    func hide(_ text: String) -> String {
        patterns.isEmpty ? text : String(decoding: patterns.masked(Array(text.utf8)), as: UTF8.self)
    }
}
