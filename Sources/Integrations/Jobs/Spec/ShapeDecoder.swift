import Foundation
import GoWire
import MartletCore

/// Reads JSON as Go decodes it into a struct: keys in any case, unknown keys ignored, null leaves a field unset.
///
/// The result holds every field that clients send. Throws Go's text for the first field of a wrong type; of several such
/// fields the first by the table's order is named.
struct ShapeDecoder {
    private var path: [String] = []

    static func object(_ value: JSONValue, as shape: Shape) throws(GoJSONError) -> [String: JSONValue] {
        var decoder = ShapeDecoder()
        switch value {
        case .object(let members): return try decoder.members(members, of: shape)
        case .null: return shape.empty
        default: throw GoJSONError(unmarshal: value.goKind, into: "value of type api.\(shape.name)")
        }
    }

    private mutating func members(
        _ members: [String: JSONValue], of shape: Shape
    ) throws(GoJSONError) -> [String: JSONValue] {
        var chosen: [Int: String] = [:]
        for key in members.keys {
            guard let index = shape.index(of: key) else { continue }
            // Of several spellings of one key the exact one counts, else the last by their bytes.
            if let other = chosen[index], other == shape.fields[index].name || other > key { continue }
            chosen[index] = key
        }
        var decoded = shape.empty
        for (index, key) in chosen.sorted(by: { $0.key < $1.key }) {
            let field = shape.fields[index]
            guard field.side != .stored, let value = members[key], value != .null else { continue }
            path.append(field.name)
            decoded[field.name] = try self.value(value, of: field.kind, in: shape)
            path.removeLast()
        }
        return decoded
    }

    private mutating func value(
        _ value: JSONValue, of kind: FieldKind, in shape: Shape
    ) throws(GoJSONError) -> JSONValue {
        switch (kind, value) {
        case (.string, .string), (.bool, .bool), (.free, .object): return value
        case (.duration, .int): return value
        case (.int(let type), .int(let number)):
            guard type.range.contains(number) else { throw mismatch("number \(number)", type.rawValue, shape) }
            return value
        case (.duration, .double(let number)), (.int, .double(let number)):
            throw mismatch("number \(number)", kind.goType, shape)
        case (.strings, .array(let elements)): return .array(try texts(elements, shape))
        case (.stringMap, .object(let members)):
            return .object(try each(members) { (element) throws(GoJSONError) in try text(element, shape) })
        case (.listMap, .object(let members)):
            return .object(
                try each(members) { (element) throws(GoJSONError) in
                    guard element != .null else { return .null }
                    guard let elements = element.array else { throw mismatch(element.goKind, "[]string", shape) }
                    return .array(try texts(elements, shape))
                })
        case (.bytes, .string(let text)): return try bytes(text)
        case (.object(let inner), .object(let members)): return .object(try self.members(members, of: inner))
        case (.objects(let inner, _), .array(let elements)): return .array(try objects(elements, inner, shape))
        case (.shapes(let inner), .object(let members)):
            var decoded: [String: JSONValue] = [:]
            for (name, element) in members { decoded[name] = try object(element, inner, shape) }
            return .object(decoded)
        default: throw mismatch(value.goKind, kind.goType, shape)
        }
    }

    private mutating func objects(
        _ elements: [JSONValue], _ inner: Shape, _ outer: Shape
    ) throws(GoJSONError) -> [JSONValue] {
        var decoded: [JSONValue] = []
        decoded.reserveCapacity(elements.count)
        for element in elements { decoded.append(try object(element, inner, outer)) }
        return decoded
    }

    /// A null element is one with nothing given: Go's server would fall over it later.
    private mutating func object(
        _ element: JSONValue, _ inner: Shape, _ outer: Shape
    ) throws(GoJSONError) -> JSONValue {
        switch element {
        case .object(let members): return .object(try self.members(members, of: inner))
        case .null: return .object(inner.empty)
        default: throw mismatch(element.goKind, "api.\(inner.name)", outer)
        }
    }

    private func each(
        _ members: [String: JSONValue], _ read: (JSONValue) throws(GoJSONError) -> JSONValue
    ) throws(GoJSONError) -> [String: JSONValue] {
        var result: [String: JSONValue] = [:]
        result.reserveCapacity(members.count)
        for (key, element) in members { result[key] = try read(element) }
        return result
    }

    private func texts(_ elements: [JSONValue], _ shape: Shape) throws(GoJSONError) -> [JSONValue] {
        var texts: [JSONValue] = []
        texts.reserveCapacity(elements.count)
        for element in elements { texts.append(try text(element, shape)) }
        return texts
    }

    private func text(_ element: JSONValue, _ shape: Shape) throws(GoJSONError) -> JSONValue {
        switch element {
        case .string: return element
        case .null: return ""
        default: throw mismatch(element.goKind, "string", shape)
        }
    }

    private func bytes(_ text: String) throws(GoJSONError) -> JSONValue {
        if Data(base64Encoded: text) != nil { return .string(text) }
        let alphabet = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        let wrong = text.utf8.enumerated().first { !alphabet.contains($1) }?.offset ?? text.utf8.count
        throw GoJSONError("illegal base64 data at input byte \(wrong)")
    }

    private func mismatch(_ kind: String, _ goType: String, _ shape: Shape) -> GoJSONError {
        GoJSONError(
            unmarshal: kind, into: "struct field \(shape.name).\(path.joined(separator: ".")) of type \(goType)")
    }
}
