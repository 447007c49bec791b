import Crypto
package import MartletCore

/// Id of a job: 40 hex digits, the address of its node and the MD5 of what the job is. It names a job to old clients
/// and protects nothing.
package struct JobID: Sendable, Hashable, CustomStringConvertible {
    package let description: String
    package let node: IPv4

    private static let length = 40

    /// The digest is of `<spec>/<action>/` and the arguments in the order of their names, as Go prints a list.
    package init(node: IPv4, spec: String, action: BackupJob.Action, arguments: [String: JSONValue]) {
        let values = arguments.sorted { $0.key < $1.key }.map { Self.printed($0.value) }.joined(separator: " ")
        let digest = Insecure.MD5.hash(data: Array("\(spec)/\(action.rawValue)/[\(values)]".utf8))
        self.node = node
        description = Hex.text(node.bytes) + Hex.text(digest)
    }

    /// Nil for anything of another form.
    package init?(_ text: String) {
        let digits = text.utf8.map { Character(UnicodeScalar($0)).hexDigitValue }
        guard text.utf8.count == Self.length, text.utf8.allSatisfy({ $0 < 0x80 && !(0x41...0x46).contains($0) }),
            digits.allSatisfy({ $0 != nil }),
            let node = IPv4(
                bytes: stride(from: 0, to: 8, by: 2).map { UInt8((digits[$0] ?? 0) << 4 | (digits[$0 + 1] ?? 0)) })
        else { return nil }
        self.node = node
        description = text
    }

    private static func printed(_ value: JSONValue) -> String {
        if let list = value.array { return "[\(list.map(printed).joined(separator: " "))]" }
        return value.scalarText ?? ""
    }
}
