import MartletCore

/// Fields of a Go struct. Keys match whatever their case; of several the last counts, but the first one of a wrong type
/// is the error. `name` is the struct's as messages have it, empty for one without a name; `type` is what they call it
/// when the document is no object.
extension GoJSON {
    /// A field of type `*string`: nil when absent or null.
    package static func string(
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
    package static func integer(
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

    /// A field of type `bool`: nil when absent; null leaves it as it was.
    package static func bool(_ field: String, in document: GoDocument, of name: String) throws(GoJSONError) -> Bool? {
        var flag: Bool?
        for member in try members(field, of: document, plainType(name)) {
            switch member.value {
            case .bool(let value): flag = value
            case .null: break
            default: throw mismatch(member.value.goKind, "\(name).\(field)", "bool")
            }
        }
        return flag
    }

    /// A field of type `[]*string`: nil when absent or null; an element is nil where it is null.
    package static func strings(
        _ field: String, in document: GoDocument, of name: String
    ) throws(GoJSONError) -> [String?]? {
        var strings: [String?]?
        for member in try members(field, of: document, plainType(name)) {
            switch member.value {
            case .array(let elements):
                strings = try elements.map { (element) throws(GoJSONError) -> String? in
                    switch element {
                    case .string(let text): return text
                    case .null: return nil
                    default: throw mismatch(element.goKind, "\(name).\(field)", "string")
                    }
                }
            case .null: strings = nil
            default: throw mismatch(member.value.goKind, "\(name).\(field)", "[]*string")
            }
        }
        return strings
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
