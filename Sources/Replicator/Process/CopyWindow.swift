import Binlog

/// Between the places at which a full copy read its tables, some tables and rows have seen a change and some have not.
package struct CopyWindow: Sendable {
    /// What becomes of a statement.
    enum Verdict {
        case follow
        /// The copy has read all its tables after it.
        case held
        /// It has read the first after the statement, and not the second.
        case split(TableName, TableName)
    }

    private let tables: [TableName: CopyResult.Table]
    private let last: SnapshotPosition

    /// Nil: the copy was read at one place.
    package init?(_ result: CopyResult) {
        tables = result.tables
        guard let last = result.tables.values.map(\.settled).max(by: { $0 < $1 }), result.start < last else {
            return nil
        }
        self.last = last
    }

    /// Whether a change of the table is in the target already.
    func holds(_ table: TableName, _ origin: Origin) -> Bool {
        tables[table].map { SnapshotPosition(origin) < $0.since } == true
    }

    /// Whether some rows of the table may show a change and some not: it is made so whether or not it was. Tables that were
    /// dropped before they were copied are as the first run left them.
    func isSettling(_ table: TableName, _ origin: Origin) -> Bool {
        SnapshotPosition(origin) < (tables[table]?.settled ?? last)
    }

    /// Whether everything that was copied was read before it.
    func isBehind(_ origin: Origin) -> Bool { !(SnapshotPosition(origin) < last) }

    /// A statement comes again only where its tables are as they were before it.
    func verdict(_ query: QueryEvent, _ origin: Origin, _ selection: Selection) throws -> Verdict {
        let concerned = try self.concerned(query).filter { try selection.route($0) != nil }
        guard let held = concerned.first(where: { holds($0, origin) }) else { return .follow }
        guard let other = concerned.first(where: { !holds($0, origin) }) else { return .held }
        return .split(held, other)
    }

    /// The tables whose rows a statement touches.
    private func concerned(_ query: QueryEvent) -> [TableName] {
        let tokens = SQLTokenizer.tokens(of: query.statement, rules: SQLTokenizer.Rules(query.session))
        let definition = DefinitionParser.definition(of: tokens, schema: query.schema)
        switch definition.kind {
        case .createSchema, .dropSchema:
            return tables.keys.filter { $0.schema == definition.schema?.name.schema }.sorted { $0.table < $1.table }
        case .createTable, .alterTable, .truncate, .createIndex, .dropIndex, .dropTables, .renameTables:
            // ALTER TABLE … RENAME, EXCHANGE and CONVERT move rows to another table; LIKE and REFERENCES only name one.
            let moves = definition.newName != nil || !definition.partners.isEmpty
            return (definition.objects + (moves ? definition.others : [])).map(\.name)
        case .alterSchema, .createView, .dropViews, .createTrigger, .dropTrigger, .routine, .event, .sequence, .account,
            .nothing, .xaCommit, .unknown:
            return []
        }
    }
}

extension SnapshotPosition: Comparable {
    fileprivate init(_ origin: Origin) {
        self.init(gtid: "", file: origin.file, position: Int(clamping: origin.position))
    }

    /// In the order in which a source writes: files by their numbers.
    package static func < (left: SnapshotPosition, right: SnapshotPosition) -> Bool {
        (left.number, left.position) < (right.number, right.position)
    }

    private var number: Int { Int(file.split(separator: ".").last ?? "") ?? 0 }
}
