/// Table map and column list together: how the rows of a table are read. Made once for a table and kept.
package final class RowLayout: Sendable {
    package let table: TableMap
    /// For errors: from the column list, else from the binlog, else the number.
    package let names: [String]
    let codecs: [ColumnCodec]

    /// `definitions`: the columns as they were at the time of the event; nil: what the table map says must do.
    /// - Throws: `definition` when the number of columns differs or a needed fact is missing; `unsupported` for an unknown type.
    package init(_ table: TableMap, definitions: [ColumnDefinition]? = nil) throws(BinlogError) {
        self.table = table
        if let definitions, definitions.count != table.columns.count {
            var error = BinlogError(
                .definition, "the column list has \(definitions.count) columns, the binlog \(table.columns.count)")
            error.table = table.name
            throw error
        }
        let names = table.columns.indices.map { definitions?[$0].name ?? table.columns[$0].name ?? "number \($0 + 1)" }
        var codecs: [ColumnCodec] = []
        for (index, shape) in table.columns.enumerated() {
            do throws(BinlogError) {
                if let definition = definitions?[index], let name = shape.name, name != definition.name {
                    throw BinlogError(.definition, "the column list calls it \(definition.name)")
                }
                codecs.append(try ColumnCodec(shape, definitions?[index]))
            } catch {
                var error = error
                error.table = table.name
                error.column = shape.name ?? names[index]
                throw error
            }
        }
        self.names = names
        self.codecs = codecs
    }
}
