package import SQLClient

/// Compares texts as a column's collation does. What is not plain is asked of a server, whose word is then kept.
package final class Collator {
    private static let mostKept = 10_000

    private struct Question: Hashable {
        let collation: String
        let operation: String
        let left: [UInt8]
        let right: [UInt8]
    }

    private let session: SQLSession
    private var answers: [Question: Int] = [:]

    /// Uses the session of the caller's thread.
    package init(_ session: SQLSession) { self.session = session }

    /// Below, at or above 0. `left` is in the column's character set, `right` in UTF-8.
    func compare(_ left: [UInt8], _ right: [UInt8], _ column: TargetColumn) throws -> Int {
        if let answer = Self.plain(left, right, column.collation ?? "") { return answer }
        return try ask("STRCMP", left, right, column)
    }

    func isLike(_ left: [UInt8], _ right: [UInt8], _ column: TargetColumn) throws -> Bool {
        try ask("LIKE", left, right, column) == 1
    }

    /// Equal ASCII text is equal in every collation; different ASCII letters are different in those by bytes.
    private static func plain(_ left: [UInt8], _ right: [UInt8], _ collation: String) -> Int? {
        let isPlain: ([UInt8]) -> Bool = { $0.last != 0x20 && $0.allSatisfy { (0x20..<0x7f).contains($0) } }
        guard isPlain(left), isPlain(right) else { return nil }
        if left == right { return 0 }
        guard collation.hasSuffix("_bin") else { return nil }
        return left.lexicographicallyPrecedes(right) ? -1 : 1
    }

    private func ask(_ operation: String, _ left: [UInt8], _ right: [UInt8], _ column: TargetColumn) throws -> Int {
        guard let characterSet = column.characterSet, let collation = column.collation else { return 0 }
        let question = Question(collation: collation, operation: operation, left: left, right: right)
        if let answer = answers[question] { return answer }
        let texts = (
            "_\(characterSet) \(SQLText.hex(left)) COLLATE \(collation)",
            "CONVERT(_utf8mb4 \(SQLText.hex(right)) USING \(characterSet)) COLLATE \(collation)"
        )
        let sql = operation == "LIKE" ? "\(texts.0) LIKE \(texts.1)" : "STRCMP(\(texts.0), \(texts.1))"
        let answer = Int(try session.value("SELECT \(sql)") ?? "0") ?? 0
        if answers.count >= Self.mostKept { answers.removeAll() }
        answers[question] = answer
        return answer
    }
}
