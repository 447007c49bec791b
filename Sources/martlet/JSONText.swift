import Foundation
import MartletCore

/// JSON as this program prints it: sorted keys.
enum JSONText {
    static func line(_ value: JSONValue) -> String { encode(value, [.sortedKeys, .withoutEscapingSlashes]) }
    static func pretty(_ value: JSONValue) -> String {
        encode(value, [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes])
    }

    private static func encode(_ value: JSONValue, _ formatting: JSONEncoder.OutputFormatting) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = formatting
        guard let data = try? encoder.encode(value) else { return "null" }
        return String(decoding: data, as: UTF8.self)
    }
}

extension JSONValue {
    subscript(_ key: String) -> JSONValue { object?[key] ?? .null }
    var int: Int64? { if case .int(let value) = self { value } else { nil } }
    var double: Double? {
        switch self {
        case .double(let value): value
        case .int(let value): Double(value)
        default: nil
        }
    }
    var bool: Bool? { if case .bool(let value) = self { value } else { nil } }
    var items: [JSONValue] { array ?? [] }
}
