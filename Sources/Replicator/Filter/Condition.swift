/// A `Where`: which rows of a table are replicated, with SQL's three truth values (contract C.2, F 22). Only what means the
/// same everywhere is taken: columns, numbers, texts and dates; comparisons, IN, BETWEEN, LIKE, IS; AND, OR, NOT.
package struct Condition: Sendable {
    indirect enum Node: Sendable, Equatable {
        case operand(Operand)
        case not(Node)
        case and(Node, Node)
        case or(Node, Node)
        case compare(Operand, Comparison, Operand)
        case among(Operand, [Operand])
        case like(Operand, Operand)
        case isNull(Operand)
        case isTruth(Node, Bool)
    }

    enum Operand: Sendable, Equatable {
        case column(String)
        case number(String)
        case text([UInt8])
        case null
    }

    enum Comparison: String, Sendable {
        case equal = "="
        case different = "<>"
        case less = "<"
        case atMost = "<="
        case more = ">"
        case atLeast = ">="
        /// Also true of two NULLs.
        case same = "<=>"
    }

    let root: Node
    /// The key in the task's configuration.
    package let field: String
    /// As the condition spells them.
    package let columns: Set<String>

    /// - Throws: `InvalidSetting` for what is not of this kind.
    package init(_ text: String, field: String) throws(InvalidSetting) {
        var parser = ConditionParser(text, field: field)
        root = try parser.parse()
        self.field = field
        columns = parser.columns
    }
}
