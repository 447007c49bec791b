import Foundation

/// A declared, typed parameter of a job. A posted value is data: it reaches the process as
/// `MARTLET_PARAM_<NAME>` or as (part of) one argument, never as shell text.
package struct ParamSpec: Sendable, Hashable, Codable {
    package enum Kind: String, Sendable, Codable, CaseIterable {
        case string, integer, number, boolean, list

        /// With its article.
        package var phrase: String { self == .integer ? "an integer" : "a \(rawValue)" }
    }

    package var type: Kind
    package var description: String?
    package var required: Bool
    package var `default`: JSONValue?
    package var choices: [JSONValue]?
    /// An ICU regular expression that the whole text must match.
    package var pattern: String?
    package var minimum: Double?
    package var maximum: Double?
    /// Kept sealed, masked in logs, answered to nobody.
    package var secret: Bool

    package init(
        type: Kind = .string, description: String? = nil, required: Bool = false, default: JSONValue? = nil,
        choices: [JSONValue]? = nil, pattern: String? = nil, minimum: Double? = nil, maximum: Double? = nil,
        secret: Bool = false
    ) {
        self.type = type
        self.description = description
        self.required = required
        self.default = `default`
        self.choices = choices
        self.pattern = pattern
        self.minimum = minimum
        self.maximum = maximum
        self.secret = secret
    }

    /// The same value in the declared type when it is a text that says so exactly: forms and command lines know
    /// only texts.
    package func typed(_ value: JSONValue) -> JSONValue {
        guard case .string(let text) = value else { return value }
        switch type {
        case .string, .list: return value
        case .integer: return Int64(text).map(JSONValue.int) ?? value
        case .number: return Int64(text).map(JSONValue.int) ?? Double(text).map(JSONValue.double) ?? value
        case .boolean: return Bool(text).map(JSONValue.bool) ?? value
        }
    }

    /// What is wrong with `value`, or nil.
    package func problem(with value: JSONValue) -> String? {
        switch (type, value) {
        case (.string, .string(let text)):
            if text.utf8.count > 65_536 { return "is longer than 65536 bytes" }
            if text.utf8.contains(0) { return "must not contain a NUL byte" }
            if let pattern, !Self.matches(text, pattern) { return "must match \(pattern)" }
        case (.integer, .int(let number)):
            if let problem = rangeProblem(Double(number)) { return problem }
        case (.number, .int(let number)):
            if let problem = rangeProblem(Double(number)) { return problem }
        case (.number, .double(let number)):
            if !number.isFinite { return "is too large" }
            if let problem = rangeProblem(number) { return problem }
        case (.boolean, .bool): break
        case (.list, .array(let elements)):
            guard elements.allSatisfy({ $0.string?.utf8.contains(0) == false }) else {
                return "expected a list of texts without NUL bytes"
            }
        default: return "expected \(type.phrase), found \(value.typeName)"
        }
        if let choices, !choices.contains(value) {
            return "must be one of \(choices.compactMap(\.scalarText).joined(separator: ", "))"
        }
        return nil
    }

    private static func text(_ bound: Double) -> String { Int64(exactly: bound).map(String.init) ?? "\(bound)" }

    private func rangeProblem(_ number: Double) -> String? {
        if let minimum, number < minimum { return "must be at least \(Self.text(minimum))" }
        if let maximum, number > maximum { return "must be at most \(Self.text(maximum))" }
        return nil
    }

    private static func matches(_ text: String, _ pattern: String) -> Bool {
        text.range(of: "^(?:\(pattern))$", options: .regularExpression) == text.startIndex..<text.endIndex
    }
}
