/// One piece of a statement and where it stands.
struct SQLToken: Sendable, Equatable {
    enum Kind: Sendable {
        /// A keyword, or a name without quotes.
        case word
        case quotedName
        case string
        case number
        /// A sign or an operator.
        case sign
    }

    let kind: Kind
    /// Bytes of the statement, with quotes.
    let range: Range<Int>
    /// Without quotes and escapes.
    var text: String
    /// Of a name that is not plain ASCII, without quotes: it is text in the session's character set.
    var foreign: [UInt8]?

    func isWord(_ word: String) -> Bool {
        kind == .word && text.utf8.count == word.utf8.count && text.uppercased() == word
    }

    func isSign(_ sign: String) -> Bool { kind == .sign && text == sign }

    var isName: Bool { kind == .word || kind == .quotedName }
}
