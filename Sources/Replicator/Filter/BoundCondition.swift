package import Binlog

/// A condition on the rows of one table: every operand's kind is known, what cannot be compared was refused.
package struct BoundCondition: Sendable {
    /// How the values of a column are compared.
    enum Kind: Sendable, Equatable {
        /// Whole and decimal numbers, exactly.
        case exact
        case real
        case text
        case bytes
        /// Dates and times of day as text of one form.
        case moment
        case duration
    }

    struct Column: Sendable {
        let source: Int
        let kind: Kind
        let column: TargetColumn
    }

    private let condition: Condition
    private let columns: [String: Column]

    /// `sources`: the index in rows of each column of the target's definition, or of the source's where they differ.
    /// - Throws: `InvalidSetting` for a column that is not there or cannot be compared.
    package init(_ condition: Condition, _ definitions: [TargetColumn]) throws(InvalidSetting) {
        self.condition = condition
        var columns: [String: Column] = [:]
        for name in condition.columns {
            guard let index = definitions.firstIndex(where: { $0.name.lowercased() == name.lowercased() }) else {
                throw InvalidSetting(field: condition.field, reason: "there is no column \(name)")
            }
            guard let kind = Self.kind(definitions[index]) else {
                throw InvalidSetting(
                    field: condition.field,
                    reason: "column \(name) is of type \(definitions[index].dataType), which cannot be compared here")
            }
            columns[name] = Column(source: index, kind: kind, column: definitions[index])
        }
        self.columns = columns
        try check(condition.root)
    }

    private static func kind(_ column: TargetColumn) -> Kind? {
        switch column.dataType {
        case "tinyint", "smallint", "mediumint", "int", "bigint", "decimal", "year", "bit": .exact
        case "float", "double": .real
        case "date", "datetime", "timestamp": .moment
        case "time": .duration
        case "char", "varchar", "tinytext", "text", "mediumtext", "longtext": .text
        case "binary", "varbinary", "tinyblob", "blob", "mediumblob", "longblob": .bytes
        default: nil
        }
    }

    /// Columns are compared with literals that they can be compared with, or with columns of the same kind of numbers.
    private func check(_ node: Condition.Node) throws(InvalidSetting) {
        switch node {
        case .operand(.column(let name)):
            if let column = columns[name], ![.exact, .real].contains(column.kind) {
                throw refusal("\(name) alone is no condition")
            }
        case .operand, .isNull: return
        case .not(let inner), .isTruth(let inner, _): try check(inner)
        case .and(let left, let right), .or(let left, let right):
            try check(left)
            try check(right)
        case .compare(let left, _, let right): try check(left, right)
        case .among(let left, let list): for item in list { try check(left, item) }
        case .like(let left, let right):
            guard case .column(let name) = left, columns[name]?.kind == .text, case .text = right else {
                throw refusal("LIKE needs a column of text and a text")
            }
        }
    }

    private func check(_ left: Condition.Operand, _ right: Condition.Operand) throws(InvalidSetting) {
        switch (left, right) {
        case (.column(let one), .column(let other)):
            guard let one = columns[one]?.kind, let other = columns[other]?.kind, [.exact, .real].contains(one),
                [.exact, .real].contains(other)
            else { throw refusal("columns are compared with each other only where both are numbers") }
        case (.column(let name), let literal), (let literal, .column(let name)):
            guard let kind = columns[name]?.kind else { return }
            try check(literal, as: kind, name)
        default: return
        }
    }

    private func check(_ literal: Condition.Operand, as kind: Kind, _ name: String) throws(InvalidSetting) {
        switch (kind, literal) {
        case (_, .null), (.exact, _), (.real, _), (.text, .text), (.bytes, .text): return
        case (.moment, .text(let text)):
            guard ConditionText.moment(text) != nil else {
                throw refusal("\(name) needs a date like '2026-01-31 12:00:00'")
            }
        case (.duration, .text(let text)):
            guard ConditionText.duration(text) != nil else { throw refusal("\(name) needs a time like '12:00:00'") }
        default: throw refusal("\(name) cannot be compared with a number: put the value in quotes")
        }
    }

    private func refusal(_ reason: String) -> InvalidSetting { InvalidSetting(field: condition.field, reason: reason) }

    /// Whether a row is replicated: the condition is true, not false and not unknown.
    package func holds(_ row: RowImage, _ collator: Collator) throws -> Bool {
        try ConditionRun(columns: columns, row: row, collator: collator).truth(condition.root) == true
    }
}
