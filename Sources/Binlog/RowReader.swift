/// Walks the rows of an event. A row costs its walk: where each column starts; values are decoded on demand.
///
///     var reader = try RowReader(event, layout: layout)
///     while try reader.next() { use(reader.before, reader.after) }
package struct RowReader {
    package let event: RowsEvent
    package let layout: RowLayout
    /// The row before an update or delete; nothing for an insert.
    package private(set) var before: RowImage
    /// The row after an insert or update; nothing for a delete.
    package private(set) var after: RowImage
    private let extents: [ColumnCodec.Extent]
    private var position: Int

    /// - Throws: `definition` when the layout belongs to another table map.
    package init(_ event: RowsEvent, layout: RowLayout) throws(BinlogError) {
        guard layout.table === event.table || layout.table.source == event.table.source else {
            throw BinlogError(.definition, "the layout is that of another table map").at(
                event.origin, table: event.table.name)
        }
        self.event = event
        self.layout = layout
        before = RowImage(event, layout)
        after = RowImage(event, layout)
        position = event.rows.lowerBound
        var extents: [ColumnCodec.Extent] = []
        for shape in event.table.columns { extents.append(try ColumnCodec.extent(of: shape)) }
        self.extents = extents
    }

    /// Goes to the next row; false after the last.
    /// - Throws: `truncated` or `malformed` with table, column, file and position.
    package mutating func next() throws(BinlogError) -> Bool {
        guard position < event.rows.upperBound else { return false }
        let start = position
        if event.kind != .insert { position = try before.walk(extents, event.before, from: position, event) }
        if event.kind != .delete { position = try after.walk(extents, event.after, from: position, event) }
        // A row without any column would be read for ever.
        guard position > start else {
            throw BinlogError(.malformed, "a row without bytes").at(event.origin, table: event.table.name)
        }
        return true
    }
}
