package import MartletCore

/// Reads JSON as Go's encoding/json does: the same tolerance, and the same texts for what is wrong.
///
/// Bytes that are no UTF-8 and lone surrogates become U+FFFD, of equal keys the last counts. 10,000 levels are allowed,
/// and `GoScanner.keptDepth` of them kept.
package enum GoJSON {
    /// All of `bytes` is one document, as for Go's Unmarshal.
    package static func value(_ bytes: [UInt8]) throws(GoJSONError) -> JSONValue { try document(bytes).value }

    package static func document(_ bytes: [UInt8]) throws(GoJSONError) -> GoDocument {
        var scanner = GoScanner(bytes, extent: .whole)
        return try scanner.document()
    }

    /// `bytes` begin with a document and what follows is not looked at, as for Go's Decoder.
    package static func firstDocument(_ bytes: [UInt8]) throws(GoJSONError) -> GoDocument {
        var scanner = GoScanner(bytes, extent: .first)
        return try scanner.document()
    }

    /// Reads a list of texts; null is an empty list, and an empty text inside of one.
    package static func strings(_ value: JSONValue) throws(GoJSONError) -> [String] {
        if value == .null { return [] }
        guard let elements = value.array else {
            throw GoJSONError(unmarshal: value.goKind, into: "value of type []string")
        }
        var strings: [String] = []
        strings.reserveCapacity(elements.count)
        for element in elements {
            switch element {
            case .string(let text): strings.append(text)
            case .null: strings.append("")
            default: throw GoJSONError(unmarshal: element.goKind, into: "value of type string")
            }
        }
        return strings
    }
}
