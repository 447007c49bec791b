package import MartletCore

/// JSON of a reply: members keep the order they are given in.
package enum WireValue: Sendable {
    case null
    case bool(Bool)
    case int(Int64)
    case string(String)
    case array([WireValue])
    case object([(String, WireValue)])
    /// Members are written in the order of their keys.
    case json(JSONValue)
}

extension WireValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral,
    ExpressibleByBooleanLiteral
{
    package init(stringLiteral value: String) { self = .string(value) }
    package init(integerLiteral value: Int64) { self = .int(value) }
    package init(booleanLiteral value: Bool) { self = .bool(value) }
}
