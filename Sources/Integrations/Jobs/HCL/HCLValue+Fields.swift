import Foundation
import GoWire
import MartletCore

/// Values become what a field holds as readily as the replaced system's: `"3"` is a number where one is needed.
extension HCLValue {
    /// - Parameter name: the field's, for errors.
    func field(_ kind: FieldKind, _ name: String) throws(JobFileError) -> JSONValue {
        switch kind {
        case .string: return .string(try text(name))
        case .bool: return .bool(try bool(name))
        case .int(let type): return .int(try integer(name, type))
        case .duration: return .int(try duration(name))
        case .strings: return .array(try texts(name))
        case .stringMap:
            return .object(try members(name) { (value) throws(JobFileError) in .string(try value.text(name)) })
        case .listMap:
            return .object(try members(name) { (value) throws(JobFileError) in .array(try value.texts(name)) })
        case .free: return .object(try object(name).json)
        case .bytes, .object, .objects, .shapes: throw unfit(name, kind.goType)
        }
    }

    private func unfit(_ name: String, _ type: String) -> JobFileError {
        let own =
            switch self {
            case .scalar(.string): "string"
            case .scalar(.int): "int"
            case .scalar(.double): "float64"
            case .scalar: "bool"
            case .list: "[]interface {}"
            case .object: "[]map[string]interface {}"
            }
        return JobFileError(decoding: "'\(name)' expected type '\(type)', got unconvertible type '\(own)'")
    }

    private func object(_ name: String) throws(JobFileError) -> HCLBody {
        guard case .object(let body) = self else { throw JobFileError("'\(name)' should be an object") }
        return body
    }

    private func members(
        _ name: String, _ read: (HCLValue) throws(JobFileError) -> JSONValue
    ) throws(JobFileError) -> [String: JSONValue] {
        var members: [String: JSONValue] = [:]
        for item in try object(name).items {
            guard let key = item.keys.first, item.labels.isEmpty else { throw unfit(name, "string") }
            members[key] = try read(item.value)
        }
        return members
    }

    private func text(_ name: String) throws(JobFileError) -> String {
        switch self {
        case .scalar(.string(let text)): return text
        case .scalar(.int(let number)): return String(number)
        case .scalar(.double(let number)): return Int64(exactly: number).map { String($0) } ?? String(number)
        case .scalar(.bool(let flag)): return flag ? "1" : "0"
        default: throw unfit(name, "string")
        }
    }

    private func texts(_ name: String) throws(JobFileError) -> [JSONValue] {
        guard case .list(let elements) = self else {
            let text = try text(name)
            return text.isEmpty ? [] : [.string(text)]
        }
        var texts: [JSONValue] = []
        for (index, element) in elements.enumerated() { texts.append(.string(try element.text("\(name)[\(index)]"))) }
        return texts
    }

    private func bool(_ name: String) throws(JobFileError) -> Bool {
        switch self {
        case .scalar(.bool(let flag)): return flag
        case .scalar(.int(let number)): return number != 0
        case .scalar(.double(let number)): return number != 0
        case .scalar(.string(let text)):
            if ["1", "t", "T", "TRUE", "true", "True"].contains(text) { return true }
            if ["", "0", "f", "F", "FALSE", "false", "False"].contains(text) { return false }
            throw JobFileError(
                decoding:
                    "cannot parse '\(name)' as bool: strconv.ParseBool: parsing \(GoErrors.quoted(text)): invalid syntax"
            )
        default: throw unfit(name, "bool")
        }
    }

    private func integer(_ name: String, _ type: GoInteger) throws(JobFileError) -> Int64 {
        let number: Int64
        switch self {
        case .scalar(.int(let value)): number = value
        case .scalar(.bool(let flag)): number = flag ? 1 : 0
        case .scalar(.double(let value)):
            guard let whole = Int64(exactly: value.rounded(.towardZero)) else { throw unfit(name, type.rawValue) }
            number = whole
        case .scalar(.string(let text)):
            guard let value = GoInteger.parse(text) else {
                throw JobFileError(
                    decoding:
                        "cannot parse '\(name)' as int: strconv.ParseInt: parsing \(GoErrors.quoted(text)): invalid syntax"
                )
            }
            number = value
        default: throw unfit(name, type.rawValue)
        }
        guard type.range.contains(number) else {
            throw JobFileError(decoding: "cannot parse '\(name)', \(number) overflows \(type.rawValue)")
        }
        return number
    }

    private func duration(_ name: String) throws(JobFileError) -> Int64 {
        guard case .scalar(.string(let text)) = self else { return try integer(name, .int64) }
        do throws(GoJSONError) {
            return try GoDuration.nanoseconds(text)
        } catch {
            throw JobFileError(decoding: "error decoding '\(name)': \(error.message)")
        }
    }
}
