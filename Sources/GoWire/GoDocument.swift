package import MartletCore

/// A document, with what a `JSONValue` cannot hold: the members of its top level as they were written.
package struct GoDocument: Sendable {
    package struct Member: Sendable {
        package let key: String
        package let value: JSONValue
        /// As written when the value is a number, else of no meaning.
        package let numberText: String
    }

    package let value: JSONValue
    /// In their order, equal keys included; empty when the document is no object.
    package let members: [Member]
}

extension JSONValue {
    /// The word for this value's type in Go's messages.
    package var goKind: String {
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
