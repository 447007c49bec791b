import GoWire
import MartletCore

/// Constraints and affinities: HCL has an own key for each operator.
enum PlacementReader {
    private static let ofConstraints = [
        "attribute", "distinct_hosts", "distinct_property", "operator", "regexp", "set_contains", "value", "version",
        "semver",
    ]
    private static let ofAffinities = [
        "attribute", "operator", "regexp", "set_contains", "set_contains_any", "set_contains_all", "value", "version",
        "semver", "weight",
    ]
    /// Each stands for an operator of its name; its value is what is compared with.
    private static let operators = [
        "version", "semver", "regexp", "set_contains_any", "set_contains_all", "set_contains",
    ]

    /// A constraint that is off has no operand.
    static func values(_ body: HCLBody, of shape: Shape) throws(JobFileError) -> [String: JSONValue] {
        let isConstraint = shape.name == "Constraint"
        try BlockReader.check(body, keys: isConstraint ? ofConstraints : ofAffinities)
        var values = shape.empty
        values["LTarget"] = try field("attribute", "LTarget", body) ?? ""
        values["RTarget"] = try field("value", "RTarget", body) ?? ""
        values["Operand"] = try field("operator", "Operand", body) ?? "="
        if values["Operand"] == "" { values["Operand"] = "=" }
        for name in operators {
            guard let right = try field(name, "RTarget", body) else { continue }
            values["Operand"] = .string(name)
            values["RTarget"] = right
        }
        if let item = body.items(named: "distinct_hosts").last {
            let isOn = try item.value.field(.bool, "distinct_hosts") == .bool(true)
            values["Operand"] = isOn ? "distinct_hosts" : ""
        }
        if let property = try field("distinct_property", "LTarget", body) {
            values["Operand"] = "distinct_property"
            values["LTarget"] = property
        }
        if let item = body.items(named: "weight").last {
            values["Weight"] = try item.value.field(.int(.int8), "Weight")
        }
        return values
    }

    private static func field(
        _ key: String, _ name: String, _ body: HCLBody
    ) throws(JobFileError) -> JSONValue? {
        guard let item = body.items(named: key).last else { return nil }
        return try item.value.field(.string, name)
    }
}

/// Ports of a network: those with a number of their own are reserved.
enum PortReader {
    static func sort(_ values: inout [String: JSONValue], _ body: HCLBody) throws(JobFileError) {
        guard let ports = values["DynamicPorts"]?.array else { return }
        for port in ports {
            let label = port.object?.text("Label") ?? ""
            let isPlain = label.utf8.allSatisfy { HCLLexer.isDigit($0) || ($0 < 0x80 && HCLLexer.isLetter($0)) }
            guard isPlain, !label.isEmpty else {
                throw JobFileError("Port label does not conform to naming requirements ^[a-zA-Z0-9_]+$")
            }
        }
        let isReserved: (JSONValue) -> Bool = { $0.object?.integer("Value") != 0 }
        let (reserved, dynamic) = (ports.filter(isReserved), ports.filter { !isReserved($0) })
        values["ReservedPorts"] = reserved.isEmpty ? .null : .array(reserved)
        values["DynamicPorts"] = dynamic.isEmpty ? .null : .array(dynamic)
    }
}
