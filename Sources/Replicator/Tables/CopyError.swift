/// Why a table cannot be copied or compared; another try would not help.
package struct CopyError: Error, Sendable, Hashable, CustomStringConvertible {
    package let table: TableName?
    package let reason: String

    package init(_ table: TableName?, _ reason: String) {
        self.table = table
        self.reason = reason
    }

    package var description: String { table.map { "table \($0): \(reason)" } ?? reason }
}
