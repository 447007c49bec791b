import MartletCore

struct HCLToken: Equatable {
    enum Kind: String {
        case eof = "EOF"
        case identifier = "IDENT"
        case number = "NUMBER"
        case float = "FLOAT"
        case bool = "BOOL"
        case string = "STRING"
        case heredoc = "HEREDOC"
        case leftBracket = "LBRACK"
        case rightBracket = "RBRACK"
        case leftBrace = "LBRACE"
        case rightBrace = "RBRACE"
        case comma = "COMMA"
        case assign = "ASSIGN"
    }

    let kind: Kind
    /// Of literals; an identifier's is its name.
    var value: JSONValue = .null
    let place: HCLPlace

    var text: String { value.string ?? "" }
}
