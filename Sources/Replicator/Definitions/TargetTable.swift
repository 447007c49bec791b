package import Binlog

/// A column of a table at the target.
package struct TargetColumn: Sendable, Equatable {
    package let name: String
    /// As information_schema has it, in lower case: `varchar`.
    package let dataType: String
    /// With all that belongs to it: `enum('a','b')`.
    package let columnType: String
    /// Most letters and bytes of a text.
    package let letters: Int?
    package let bytes: Int?
    /// Digits after the point.
    package let scale: Int?
    package let definition: ColumnDefinition
    /// nil: not text.
    package let characterSet: String?
    package let collation: String?
    package let isNullable: Bool
    /// The server computes its value.
    package let isGenerated: Bool
    /// `ON UPDATE CURRENT_TIMESTAMP`: an update that does not set it has the server change it.
    package let changesByItself: Bool
}

/// A table at the target, as it is now: what it takes to write its rows and to know which changes depend on each other.
package struct TargetTable: Sendable, Equatable {
    package struct UniqueKey: Sendable, Equatable {
        /// Indexes of columns.
        package let columns: [Int]
        /// Of parts of values, or of an expression: the columns do not say which rows are equal.
        package let isPartial: Bool
    }

    /// A foreign key from either of its ends.
    package struct Link: Sendable, Hashable {
        /// Indexes of columns of this table.
        package let columns: [Int]
        /// Columns of the table that is referred to; it and its columns name the values that both ends share.
        package let parent: TableName
        package let parentColumns: [String]
    }

    package let name: TableName
    package let columns: [TargetColumn]
    /// The primary key first.
    package let uniqueKeys: [UniqueKey]
    package let links: [Link]
    /// Foreign keys change rows by themselves, or refer to what is not unique.
    package let hasCascades: Bool
    /// MariaDB's: its binlog has a change of the history for each delete and update.
    package let isVersioned: Bool

    /// The columns that find one row: the primary key, else a unique one without NULL and without inexact values.
    package var identity: [Int]? {
        uniqueKeys.first { key in
            !key.isPartial
                && key.columns.allSatisfy { index in
                    let column = columns[index]
                    return !column.isNullable && !["float", "double", "json"].contains(column.dataType)
                }
        }?.columns
    }

    package func index(of column: String) -> Int? {
        columns.firstIndex { $0.name == column } ?? columns.firstIndex { $0.name.lowercased() == column.lowercased() }
    }
}
