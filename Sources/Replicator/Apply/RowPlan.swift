import Binlog

/// How the rows of one table map become statements at the target. Made once for a map and a state of the target's table.
final class RowPlan: Sendable {
    /// A column of the rows and where it goes.
    struct Pair: Sendable {
        let source: Int
        let target: Int
        let literal: SQLLiteral
    }

    let route: TableRoute
    let table: TargetTable
    let layout: RowLayout
    /// What is written: every column that the server does not compute.
    let pairs: [Pair]
    /// What finds a row; nil: the table has no key, and all columns do.
    let key: [Pair]?
    let condition: BoundCondition?
    let writeSet: WriteSet
    /// Several updates can go as one statement: no other unique key could catch a row.
    let canUpsert: Bool
    let texts: PlanTexts

    init(
        _ route: TableRoute, _ table: TargetTable, family: String, _ layout: RowLayout, pairs: [Pair],
        condition: BoundCondition?
    ) throws {
        self.route = route
        self.table = table
        self.layout = layout
        self.pairs = pairs
        self.condition = condition
        let all = Dictionary(uniqueKeysWithValues: pairs.map { ($0.target, $0) })
        let key = table.identity.map { $0.compactMap { all[$0] } }
        self.key = key?.count == table.identity?.count ? key : nil
        writeSet = WriteSet(table, family: family, all)
        canUpsert =
            self.key != nil && table.uniqueKeys.count == 1
            && pairs.count == table.columns.count(where: { !$0.isGenerated })
        texts = PlanTexts(route.target, table, pairs, key: self.key)
    }
}

/// The parts of statements that do not change from row to row.
struct PlanTexts: Sendable {
    let insert: [UInt8]
    let replace: [UInt8]
    /// After the rows of an insert that updates what is there.
    let update: [UInt8]
    let name: [UInt8]
    /// Of columns of the target, quoted.
    let columns: [[UInt8]]

    init(_ target: TableName, _ table: TargetTable, _ pairs: [RowPlan.Pair], key: [RowPlan.Pair]?) {
        name = Array(target.quoted.utf8)
        columns = table.columns.map { Array($0.name.asSQLName.utf8) }
        let list = pairs.map { table.columns[$0.target].name.asSQLName }.joined(separator: ",")
        insert = Array("INSERT INTO \(target.quoted)(\(list))VALUES".utf8)
        replace = Array("REPLACE INTO \(target.quoted)(\(list))VALUES".utf8)
        let keys = Set((key ?? []).map(\.target))
        var changed = pairs.filter { !keys.contains($0.target) || table.columns[$0.target].changesByItself }
            .map { table.columns[$0.target].name.asSQLName }
        if changed.isEmpty, let first = key?.first { changed = [table.columns[first.target].name.asSQLName] }
        update = Array(
            "ON DUPLICATE KEY UPDATE \(changed.map { "\($0)=VALUES(\($0))" }.joined(separator: ","))".utf8)
    }
}
