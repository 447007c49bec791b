import MartletCore

struct SecretMask: Sendable {
    private let secrets: [Secret]
    init(_ secrets: some Sequence<Secret>) { self.secrets = Array(secrets) }
    func hide(_ text: String) -> String {
        secrets.reduce(text) { $0.replacingOccurrences(of: $1.exposed, with: "•••") }
    }
}
import Foundation
