package import SQLClient

/// Compares what is replicated, piece by piece, while replication may go on: what differs is looked at again once the target has
/// everything that the source had.
package final class Verify {
    static let mostKeys = 100
    private static let tries = 5

    private let selection: Selection
    private let chunkSize: Int
    private let source: SQLSession
    private let target: SQLSession
    /// Returns when the target has all that the source has at the call; false: nobody can say.
    private let catchUp: () throws -> Bool
    /// Shows the report as it grows.
    private let show: (VerifyReport) -> Void

    /// - Parameter catchUp: returns when the target has all that the source has at the call; false: nothing is replicated now.
    package init(
        _ selection: Selection, source: SQLSession, target: SQLSession, chunkSize: Int = 2000,
        catchUp: @escaping () throws -> Bool, show: @escaping (VerifyReport) -> Void = { _ in }
    ) throws {
        self.selection = selection
        self.chunkSize = chunkSize
        self.source = source
        self.target = target
        self.catchUp = catchUp
        self.show = show
        for session in [source, target] {
            try session.prepareForReading()
            try session.run("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED")
        }
    }

    package func run() throws -> VerifyReport {
        var report = VerifyReport()
        let routes = try Catalogue.tables(source).compactMap { try selection.route($0) }
        report.tablesTotal = routes.count
        report.rowsTotal = try estimate(routes)
        show(report)
        for route in routes {
            report.tables.append(VerifyReport.Table(source: route.source, target: route.target))
            do {
                try compare(route, &report)
            } catch let error as CopyError {
                report.tables[report.tables.count - 1].note = error.description
                report.tables[report.tables.count - 1].isCompared = false
            }
            show(report)
        }
        report.tables += try superfluous(Set(routes.map(\.target)))
        report.tablesTotal = report.tables.count
        report.isDone = true
        show(report)
        return report
    }

    /// Tables of the selection that only the target has. They differ where both sides have the schema under one name: one that has
    /// another name at the target, or that only the target has, may be there for others.
    private func superfluous(_ compared: Set<TableName>) throws -> [VerifyReport.Table] {
        let known = Set(try Catalogue.schemas(source))
        let schemas = known.union(try Catalogue.schemas(target)).sorted()
        var found: [VerifyReport.Table] = []
        for name in try Catalogue.tables(target) where !compared.contains(name) {
            for schema in schemas {
                let route = try selection.route(TableName(schema, name.table))
                guard let route, route.target == name else { continue }
                var table = VerifyReport.Table(source: route.source, target: name)
                table.note = "only the target has it"
                table.isCompared = schema != name.schema || !known.contains(schema)
                found.append(table)
                break
            }
        }
        return found
    }

    /// Rows, as the source guesses them.
    private func estimate(_ routes: [TableRoute]) throws -> Int {
        let wanted = Set(routes.map(\.source))
        var rows = 0
        try source.query(
            "SELECT TABLE_SCHEMA, TABLE_NAME, TABLE_ROWS FROM information_schema.TABLES WHERE TABLE_TYPE = 'BASE TABLE'"
        ) { row in
            guard wanted.contains(TableName(row.text(0) ?? "", row.text(1) ?? "")) else { return }
            rows += row.text(2).flatMap { Int($0) } ?? 0
        }
        return rows
    }

    // MARK: One table

    private func compare(_ route: TableRoute, _ report: inout VerifyReport) throws {
        guard let from = try Catalogue.shape(route.source, source) else {
            throw CopyError(route.source, "is gone from the source")
        }
        guard let other = try Catalogue.shape(route.target, target) else {
            throw CopyError(route.target, "is not there in the target")
        }
        let table = try ComparedTable(
            TableTransfer(route, source: from, target: other), (source.flavor, target.flavor))
        let place = report.tables.count - 1
        report.tables[place].uncompared = table.digest.uncompared
        if table.keys == nil {
            report.tables[place].note = "compared as a whole: no key has the same order on both sides"
        }
        var after: [String]?
        repeat {
            let end = try table.keys.flatMap { try boundary($0.source, after, table.transfer) }
            let rows = try compare(KeyRange(after: after, upTo: end), table, &report.tables[place])
            report.tables[place].rows += rows
            report.tables[place].chunks += 1
            after = end
            show(report)
        } while after != nil
    }

    private func boundary(_ key: ChunkKey, _ after: [String]?, _ transfer: TableTransfer) throws -> [String]? {
        let condition = key.condition(KeyRange(after: after, upTo: nil))
        var end: [String]?
        try source.query(
            "SELECT \(key.selected) FROM \(transfer.source.name.quoted) WHERE \(transfer.filter) AND \(condition) "
                + "ORDER BY \(key.order) LIMIT 1 OFFSET \(chunkSize - 1)"
        ) { row in
            end = (0..<row.count).map { column in row[column].map { key.literal(column, $0) } ?? "NULL" }
        }
        return end
    }

    /// The number of rows at the source.
    private func compare(
        _ range: KeyRange, _ table: ComparedTable, _ found: inout VerifyReport.Table
    ) throws -> Int {
        var sums = (try self.sums(range, table, .source), try self.sums(range, table, .target))
        for _ in 1..<Self.tries where sums.0 != sums.1 {
            if table.keys != nil { break }
            guard try catchUp() else { break }
            sums = (try self.sums(range, table, .source), try self.sums(range, table, .target))
        }
        let count = sums.0.first.flatMap { $0 }.flatMap { Int($0) } ?? 0
        if sums.0 == sums.1 { return count }
        guard let keys = table.keys else {
            let others = sums.1.first.flatMap { $0 }.flatMap { Int($0) } ?? 0
            found.differing += max(1, abs(count - others))
            found.note += "; the source has \(count) rows, the target \(others)"
            return count
        }
        try compareRows(range, keys, table, &found)
        return count
    }

    private func sums(_ range: KeyRange, _ table: ComparedTable, _ side: ComparedTable.Side) throws -> [String?] {
        let session = side == .source ? source : target
        return try session.rows(
            RowDigest.sums(table.row(side), from: table.name(side), where: table.condition(range, side))
        ).first ?? []
    }

    // MARK: Rows

    /// A row differs when the target still has another one after it has caught up with what the source had, and the source has
    /// not written it meanwhile.
    private func compareRows(
        _ range: KeyRange, _ keys: ComparedTable.Keys, _ table: ComparedTable, _ found: inout VerifyReport.Table
    ) throws {
        var suspects: Set<String>?
        var differing: Set<String> = []
        for _ in 0..<Self.tries {
            let before = try rows(range, keys.source, table, .source)
            let isCurrent = try catchUp()
            let there = try rows(range, keys.target, table, .target)
            let after = isCurrent ? try rows(range, keys.source, table, .source) : before
            var unsettled: Set<String> = []
            differing = []
            for key in suspects ?? Set(before.keys).union(there.keys).union(after.keys) where after[key] != there[key] {
                if before[key] == after[key] { differing.insert(key) } else { unsettled.insert(key) }
            }
            suspects = unsettled.union(differing)
            if unsettled.isEmpty { break }
        }
        found.differing += differing.count
        let unsettled = (suspects ?? []).count - differing.count
        if unsettled > 0, found.unsettled == 0 { found.note += "; some rows were written whenever they were read" }
        found.unsettled += unsettled
        found.keys += differing.sorted().prefix(Self.mostKeys - found.keys.count)
    }

    /// Digests by key.
    private func rows(
        _ range: KeyRange, _ key: ChunkKey, _ table: ComparedTable, _ side: ComparedTable.Side
    ) throws -> [String: String] {
        var rows: [String: String] = [:]
        let session = side == .source ? source : target
        try session.query(
            "SELECT \(table.row(side)), \(key.selected) FROM \(table.name(side)) WHERE \(table.condition(range, side))"
        ) { row in
            let name = (1..<row.count).map { column in row[column].map { key.literal(column - 1, $0) } ?? "NULL" }
            rows[name.joined(separator: ", ")] = row.text(0) ?? ""
        }
        return rows
    }
}

/// A table on both sides.
struct ComparedTable {
    enum Side { case source, target }

    struct Keys {
        let source: ChunkKey
        let target: ChunkKey
    }

    let transfer: TableTransfer
    let digest: RowDigest
    /// Nil: it cannot be cut into the same pieces on both sides.
    let keys: Keys?

    init(_ transfer: TableTransfer, _ flavors: (source: Flavor, target: Flavor)) {
        self.transfer = transfer
        digest = RowDigest(transfer, flavors)
        keys = Self.keys(transfer)
    }

    /// The source's key, if the target has all of its columns in the same order of values.
    private static func keys(_ transfer: TableTransfer) -> Keys? {
        guard let columns = transfer.source.orderedKey else { return nil }
        var others: [TableShape.Column] = []
        for column in columns {
            guard let other = transfer.pairs.first(where: { $0.source.name == column.name })?.target,
                other.dataType == column.dataType, other.collation == column.collation
            else { return nil }
            others.append(other)
        }
        return Keys(source: ChunkKey(columns: columns), target: ChunkKey(columns: others))
    }

    func row(_ side: Side) -> String { side == .source ? digest.sourceRow : digest.targetRow }

    func name(_ side: Side) -> String { (side == .source ? transfer.source : transfer.target).name.quoted }

    func condition(_ range: KeyRange, _ side: Side) -> String {
        guard let keys else { return side == .source ? transfer.filter : "TRUE" }
        return side == .source
            ? "\(transfer.filter) AND \(keys.source.condition(range))" : keys.target.condition(range)
    }
}
