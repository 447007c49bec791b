internal import SQLClient

/// Rows after one key up to another, which belongs to it. Keys are written as they stand in statements.
package struct KeyRange: Sendable, Hashable {
    /// Nil: from the first row.
    package let after: [String]?
    /// Nil: to the last row.
    package let upTo: [String]?

    package init(after: [String]?, upTo: [String]?) {
        self.after = after
        self.upTo = upTo
    }

    package static let all = KeyRange(after: nil, upTo: nil)
}

/// The key by which a table is read in pieces, in one server's spelling.
package struct ChunkKey: Sendable {
    package let columns: [TableShape.Column]

    /// To be selected; each gives what `literal` takes.
    var selected: String {
        columns.map { $0.isNumbered ? "CAST(\($0.quoted) AS UNSIGNED)" : $0.quoted }.joined(separator: ", ")
    }

    var order: String { columns.map(\.quoted).joined(separator: ", ") }

    /// A key value as it stands in a statement, with the column's own order.
    func literal(_ column: Int, _ bytes: UnsafeRawBufferPointer) -> String {
        let column = columns[column]
        if column.isNumber || column.isNumbered { return String(decoding: bytes, as: UTF8.self) }
        if column.isBinary { return SQLText.hex(bytes) }
        guard let characterSet = column.characterSet, let collation = column.collation else {
            return SQLText.quoted(String(decoding: bytes, as: UTF8.self))
        }
        return "_\(characterSet) \(SQLText.hex(bytes)) COLLATE \(collation)"
    }

    /// True of the rows of `range`.
    func condition(_ range: KeyRange) -> String {
        let parts = [range.after.map { beyond($0, ">") }, range.upTo.map { upTo($0) }].compactMap(\.self)
        return parts.isEmpty ? "TRUE" : parts.joined(separator: " AND ")
    }

    private func upTo(_ key: [String]) -> String {
        let equal = zip(columns, key).map { "\($0.quoted) = \($1)" }.joined(separator: " AND ")
        return columns.count == 1 ? "\(columns[0].quoted) <= \(key[0])" : "(\(beyond(key, "<")) OR (\(equal)))"
    }

    /// `(a > 1 OR (a = 1 AND b > 2))`: indexes serve this and not a comparison of rows.
    private func beyond(_ key: [String], _ sign: String) -> String {
        let parts = columns.indices.map { last in
            let equal = (0..<last).map { "\(columns[$0].quoted) = \(key[$0])" }
            return "(" + (equal + ["\(columns[last].quoted) \(sign) \(key[last])"]).joined(separator: " AND ") + ")"
        }
        let all = "(" + parts.joined(separator: " OR ") + ")"
        // Said once more, so that the range of the first column is seen.
        return columns.count == 1 ? all : "(\(columns[0].quoted) \(sign)= \(key[0]) AND \(all))"
    }
}
