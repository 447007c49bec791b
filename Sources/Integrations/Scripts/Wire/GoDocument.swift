import MartletCore

/// A document, with what a `JSONValue` cannot hold: the members of its top level as they were written.
struct GoDocument: Sendable {
    struct Member: Sendable {
        let key: String
        let value: JSONValue
        /// As written when the value is a number, else of no meaning.
        let numberText: String
    }

    let value: JSONValue
    /// In their order, equal keys included; empty when the document is no object.
    let members: [Member]
}

extension JSONValue {
    /// The word for this value's type in Go's messages.
    var goKind: String {
        switch self {
        case .null: "null"
        case .bool: "bool"
        case .int, .double: "number"
        case .string: "string"
        case .array: "array"
        case .object: "object"
        }
    }
}
