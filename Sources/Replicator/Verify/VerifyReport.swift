package import MartletCore

/// What a comparison found.
package struct VerifyReport: Sendable, Hashable {
    package struct Table: Sendable, Hashable {
        package let source: TableName
        package let target: TableName
        /// Of the source.
        package var rows = 0
        package var chunks = 0
        /// Rows that are not the same on both sides, and stay so.
        package var differing = 0
        /// Their keys, as they stand in statements; the first hundred.
        package var keys: [String] = []
        /// Rows that were written again and again while they were compared.
        package var unsettled = 0
        /// Columns that cannot be compared between two products.
        package var uncompared: [String] = []
        /// Why the table was not compared, or only as a whole; empty: nothing is to be said.
        package var note = ""
        package var isCompared = true

        package init(source: TableName, target: TableName) {
            self.source = source
            self.target = target
        }

        package var isEqual: Bool { isCompared && differing == 0 && unsettled == 0 }
    }

    /// Those that were begun.
    package var tables: [Table] = []
    /// How many there are, and an estimate of their rows.
    package var tablesTotal = 0
    package var rowsTotal = 0
    package var isDone = false

    /// Nothing that was compared is equal to nothing.
    package var isEqual: Bool { isDone && !tables.isEmpty && tables.allSatisfy(\.isEqual) }

    package init() {}

    /// What came of it.
    package var sentence: String {
        if isEqual { return "both sides are equal" }
        if tables.isEmpty { return "nothing was compared: no table is selected" }
        return "different: " + tables.filter { !$0.isEqual }.map { "\($0.source)" }.joined(separator: ", ")
    }

    package var json: JSONValue {
        .object([
            "done": .bool(isDone), "equal": .bool(isEqual), "tablesTotal": .int(Int64(tablesTotal)),
            "rowsTotal": .int(Int64(rowsTotal)), "tables": .array(tables.map(\.json)),
        ])
    }
}

extension VerifyReport.Table {
    fileprivate var json: JSONValue {
        .object([
            "schema": .string(source.schema), "table": .string(source.table), "target": .string(target.description),
            "rows": .int(Int64(rows)), "chunks": .int(Int64(chunks)), "differing": .int(Int64(differing)),
            "keys": .array(keys.map(JSONValue.string)), "unsettled": .int(Int64(unsettled)),
            "uncompared": .array(uncompared.map(JSONValue.string)), "note": .string(note), "equal": .bool(isEqual),
        ])
    }
}
