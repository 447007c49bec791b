import GoWire
import MartletCore

/// Constraints, affinities and spreads of a job, a group or a task.
enum PlacementCheck {
    private static let comparisons: Set = ["=", "==", "is", "!=", "not", "<", "<=", ">", ">="]

    static func problems(_ owner: [String: JSONValue], isSystem: Bool) -> [String] {
        constraints(owner) + affinities(owner, isSystem: isSystem) + spreads(owner, isSystem: isSystem)
    }

    static func constraints(_ owner: [String: JSONValue]) -> [String] {
        numbered("Constraint", owner.objects("Constraints").map { constraint(.init($0)) })
    }

    static func affinities(_ owner: [String: JSONValue], isSystem: Bool) -> [String] {
        if isSystem { return owner["Affinities"]?.array == nil ? [] : ["System jobs may not have an affinity stanza"] }
        return numbered("Affinity", owner.objects("Affinities").map(affinity))
    }

    private static func spreads(_ owner: [String: JSONValue], isSystem: Bool) -> [String] {
        if isSystem { return owner["Spreads"]?.array == nil ? [] : ["System jobs may not have a spread stanza"] }
        return numbered("Spread", owner.objects("Spreads").map(spread))
    }

    private static func numbered(_ word: String, _ found: [[String]]) -> [String] {
        found.enumerated().filter { !$1.isEmpty }.map { "\(word) \($0 + 1) validation failed: \(GoErrors.text($1))" }
    }

    private static func constraint(_ constraint: JobSpec.Constraint) -> [String] {
        let (operand, right) = (constraint.operand, constraint.right)
        var problems: [String] = []
        switch operand {
        case "": problems.append("Missing constraint operand")
        case "distinct_hosts": return []
        case "set_contains", "set_contains_all", "set_contains_any":
            if right.isEmpty { problems.append("Set contains constraint requires an RTarget") }
        case "regexp": problems += pattern(right)
        case "version", "semver":
            if right.isEmpty {
                problems.append(
                    "\(operand == "version" ? "Version" : "Semver") constraint is invalid: Malformed constraint: ")
            }
        case "distinct_property": problems += distinctProperty(right)
        case "is_set", "is_not_set":
            if !right.isEmpty { problems.append("Operator \(GoErrors.quoted(operand)) does not support an RTarget") }
        case _ where comparisons.contains(operand):
            if right.isEmpty { problems.append("Operator \(GoErrors.quoted(operand)) requires an RTarget") }
        default: problems.append("Unknown constraint type \(GoErrors.quoted(operand))")
        }
        if constraint.left.isEmpty { problems.append("No LTarget provided but is required by constraint") }
        return problems
    }

    /// Reading a pattern takes stack for each level of it.
    private static let longestPattern = 1024
    private static let mostBrackets = 64

    private static func pattern(_ text: String) -> [String] {
        let brackets = text.utf8.filter { $0 == UInt8(ascii: "(") || $0 == UInt8(ascii: "[") }.count
        guard text.utf8.count <= longestPattern, brackets <= mostBrackets else {
            return [
                "Regular expression is longer than \(longestPattern) bytes or has more than \(mostBrackets) brackets"
            ]
        }
        do {
            _ = try Regex(text)
            return []
        } catch {
            return ["Regular expression failed to compile: \(GoErrors.quoted(text)) is not a regular expression"]
        }
    }

    private static func distinctProperty(_ right: String) -> [String] {
        if right.isEmpty { return [] }
        guard let count = UInt64(right) else {
            return [
                "Failed to convert RTarget \(GoErrors.quoted(right)) to uint64: strconv.ParseUint: parsing \(GoErrors.quoted(right)): invalid syntax"
            ]
        }
        return count > 0 ? [] : ["Distinct Property must have an allowed count of 1 or greater; got 0 < 1"]
    }

    private static func affinity(_ values: [String: JSONValue]) -> [String] {
        let (operand, right) = (values.text("Operand"), values.text("RTarget"))
        var problems: [String] = []
        switch operand {
        case "": problems.append("Missing affinity operand")
        case "set_contains", "set_contains_all", "set_contains_any":
            if right.isEmpty { problems.append("Set contains operators require an RTarget") }
        case "regexp": problems += pattern(right)
        case "version", "semver":
            if right.isEmpty {
                problems.append(
                    "\(operand == "version" ? "Version" : "Semver") affinity is invalid: Malformed constraint: ")
            }
        case _ where comparisons.contains(operand):
            if right.isEmpty { problems.append("Operator \(GoErrors.quoted(operand)) requires an RTarget") }
        default: problems.append("Unknown affinity operator \(GoErrors.quoted(operand))")
        }
        if values.text("LTarget").isEmpty { problems.append("No LTarget provided but is required") }
        let weight = values.integer("Weight")
        if !(-100...100).contains(weight) { problems.append("Affinity weight must be within the range [-100,100]") }
        if weight == 0 { problems.append("Affinity weight cannot be zero") }
        return problems
    }

    private static func spread(_ values: [String: JSONValue]) -> [String] {
        var problems: [String] = []
        if values.text("Attribute").isEmpty { problems.append("Missing spread attribute") }
        if !(1...100).contains(values.integer("Weight")) {
            problems.append("Spread stanza must have a positive weight from 0 to 100")
        }
        var seen: Set<String> = []
        var sum: Int64 = 0
        for target in values.objects("SpreadTarget") {
            let (value, percent) = (target.text("Value"), target.integer("Percent"))
            if !seen.insert(value).inserted {
                problems.append("Spread target value \(GoErrors.quoted(value)) already defined")
            }
            if percent > 100 {
                problems.append(
                    "Spread target percentage for value \(GoErrors.quoted(value)) must be between 0 and 100")
            }
            sum += percent
        }
        if sum > 100 {
            problems.append("Sum of spread target percentages must not be greater than 100%; got \(sum)%")
        }
        return problems
    }
}
