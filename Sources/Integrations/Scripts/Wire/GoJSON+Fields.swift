import MartletCore

/// Fields of a Go struct. Keys match whatever their case; of several the last counts, but the first one of a wrong type
/// is the error. `name` is the struct's as messages have it, empty for one without a name; `type` is what they call it
/// when the document is no object.
extension GoJSON {
    /// A field of type `*string`: nil when absent or null.
    static func string(
        _ field: String, in document: GoDocument, of name: String, type: String? = nil
    ) throws(GoJSONError) -> String? {
        var string: String?
        for member in try members(field, of: document, type ?? plainType(name)) {
            switch member.value {
            case .string(let value): string = value
            case .null: string = nil
            default: throw mismatch(member.value.goKind, "\(name).\(field)", "string")
            }
        }
        return string
    }

    /// A field of type `int`: nil when absent; null leaves it as it was.
    static func integer(
        _ field: String, in document: GoDocument, of name: String, type: String? = nil
    ) throws(GoJSONError) -> Int64? {
        var integer: Int64?
        for member in try members(field, of: document, type ?? plainType(name)) {
            switch member.value {
            case .int(let value): integer = value
            case .null: break
            case .double: throw mismatch("number \(member.numberText)", "\(name).\(field)", "int")
            default: throw mismatch(member.value.goKind, "\(name).\(field)", "int")
            }
        }
        return integer
    }

    private static func plainType(_ name: String) -> String { name.isEmpty ? "struct" : name }

    private static func members(
        _ field: String, of document: GoDocument, _ type: String
    ) throws(GoJSONError) -> [GoDocument.Member] {
        switch document.value {
        case .object, .null:
            let key = folded(field)
            return document.members.filter { folded($0.key) == key }
        default: throw GoJSONError(unmarshal: document.value.goKind, into: "value of type \(type)")
        }
    }

    private static func mismatch(_ kind: String, _ field: String, _ goType: String) -> GoJSONError {
        GoJSONError(unmarshal: kind, into: "struct field \(field) of type \(goType)")
    }

    /// Simple case folding (Unicode) as far as it ends in an ASCII letter: two letters outside of ASCII do.
    private static func folded(_ key: String) -> [UnicodeScalar] {
        key.unicodeScalars.map { scalar in
            switch scalar {
            case "A"..."Z": UnicodeScalar(UInt8(scalar.value) | 0x20)
            case "\u{17F}": "s"
            case "\u{212A}": "k"
            default: scalar
            }
        }
    }
}
