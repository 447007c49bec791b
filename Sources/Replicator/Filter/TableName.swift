/// A table and its schema, as the catalogue spells them.
package struct TableName: Sendable, Hashable {
    package let schema: String
    package let table: String

    package init(_ schema: String, _ table: String) {
        self.schema = schema
        self.table = table
    }

    /// For statements: quoted, with its schema.
    package var quoted: String { "\(schema.asSQLName).\(table.asSQLName)" }
}

extension TableName: CustomStringConvertible, Comparable {
    package var description: String { "\(schema).\(table)" }

    package static func < (left: TableName, right: TableName) -> Bool {
        (left.schema, left.table) < (right.schema, right.table)
    }
}

extension String {
    /// In backticks, which every SQL mode takes as the quotes of a name.
    package var asSQLName: String { "`\(replacing("`", with: "``"))`" }
}
