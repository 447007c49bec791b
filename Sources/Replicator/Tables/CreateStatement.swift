package import SQLClient

/// What a server shows of how a table was made, made fit for another name and another server.
package enum CreateStatement {
    /// - Parameter target: of each table that it refers to; nil: the name stays.
    package static func text(
        _ shown: String, for name: TableName, in schema: String, from: Flavor, to: Flavor,
        target: (TableName) throws -> TableName?
    ) throws -> String {
        let bytes = Array(shown.utf8)
        let tokens = SQLTokenizer.tokens(of: bytes, rules: SQLTokenizer.Rules())
        guard tokens.count > 3, tokens[0].isWord("CREATE"), tokens[1].isWord("TABLE"), tokens[2].isName else {
            throw CopyError(name, "the source shows no CREATE TABLE of it")
        }
        var edits = [(range: tokens[2].range, text: "IF NOT EXISTS \(name.quoted)")]
        let collations = ForeignCollations(from: from, to: to).names
        for index in tokens.indices.dropFirst(3) {
            if tokens[index].isWord("REFERENCES"), index + 1 < tokens.count, tokens[index + 1].kind == .quotedName {
                edits.append(try reference(tokens[(index + 1)...], schema, target))
            } else if tokens[index].kind == .word, let other = collations[tokens[index].text.lowercased()] {
                edits.append((tokens[index].range, other))
            }
        }
        return apply(edits, to: bytes)
    }

    /// What makes two of them equal is all but the next number.
    package static func fingerprint(_ shown: String) -> String {
        let bytes = Array(shown.utf8)
        let tokens = SQLTokenizer.tokens(of: bytes, rules: SQLTokenizer.Rules())
        var edits: [(range: Range<Int>, text: String)] = []
        for index in tokens.indices.dropLast(2)
        where tokens[index].isWord("AUTO_INCREMENT") && tokens[index + 1].isSign("=")
            && tokens[index + 2].kind == .number
        {
            edits.append((tokens[index + 2].range, "0"))
        }
        return apply(edits, to: bytes)
    }

    private static func reference(
        _ tokens: ArraySlice<SQLToken>, _ schema: String, _ target: (TableName) throws -> TableName?
    ) throws -> (range: Range<Int>, text: String) {
        let first = tokens[tokens.startIndex]
        let isFull = tokens.count > 2 && tokens[tokens.startIndex + 1].isSign(".")
        let last = isFull ? tokens[tokens.startIndex + 2] : first
        let name = TableName(isFull ? first.text : schema, last.text)
        return (first.range.lowerBound..<last.range.upperBound, try (target(name) ?? name).quoted)
    }

    private static func apply(_ edits: [(range: Range<Int>, text: String)], to bytes: [UInt8]) -> String {
        var result: [UInt8] = []
        var position = 0
        for edit in edits {
            result += bytes[position..<edit.range.lowerBound]
            result += Array(edit.text.utf8)
            position = edit.range.upperBound
        }
        return String(decoding: result + bytes[position...], as: UTF8.self)
    }
}
