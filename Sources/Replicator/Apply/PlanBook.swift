import Binlog
import Replication
import SQLClient

/// The way of each table's rows to the target, by what the target's tables are now. Statements that change tables empty it.
struct PlanBook {
    private let options: ApplyOptions
    private let selection: Selection
    private var characterSets: CharacterSets
    private var conditions: [TableRoute: Condition] = [:]
    private var tables: [TableName: TargetTable] = [:]
    private var families: TableFamilies?
    /// nil: the table is not replicated. Plans keep their table maps alive, so an identifier stays theirs.
    private var plans: [ObjectIdentifier: (map: TableMap, plan: RowPlan?)] = [:]
    private static let mostPlans = 10_000

    init(_ options: ApplyOptions, _ selection: Selection, _ session: SQLSession) throws {
        self.options = options
        self.selection = selection
        characterSets = options.characterSets
        characterSets.formUnion(try CharacterSets(session))
    }

    mutating func forget() {
        tables = [:]
        families = nil
        plans = [:]
    }

    /// nil: its rows are not replicated. The session is asked for only where a table is not known yet.
    mutating func plan(for event: RowsEvent, _ target: TargetSession) throws -> RowPlan? {
        let map = event.table
        if let known = plans[ObjectIdentifier(map)] { return known.plan }
        let plan = try make(event, target)
        if plans.count >= Self.mostPlans { plans = [:] }
        plans[ObjectIdentifier(map)] = (map, plan)
        return plan
    }

    private mutating func make(_ event: RowsEvent, _ target: TargetSession) throws -> RowPlan? {
        let map = event.table
        guard let route = try selection.route(TableName(map.schema, map.table)) else { return nil }
        guard let table = try tables[route.target] ?? target.perform({ try TableReader($0).table(route.target) }) else {
            if passesOver(event) { return nil }
            throw ApplyError("there is no table \(route.target) at the target", map.name, event.origin)
        }
        if table.isSequence { return nil }
        tables[route.target] = table
        let family = try family(of: table, target)
        do {
            return try plan(map, route, table, family: family)
        } catch let error as InvalidSetting {
            throw error
        } catch let error as BinlogError {
            throw ApplyError(error.description, map.name, event.origin)
        } catch let error as PlanProblem {
            throw ApplyError(error.reason, map.name, event.origin)
        }
    }

    /// All foreign keys are read at once, where there are any.
    private mutating func family(of table: TargetTable, _ target: TargetSession) throws -> String {
        guard !table.links.isEmpty else { return TableFamilies.name(table.name) }
        let families = try families ?? target.perform { TableFamilies(try TableReader($0).links()) }
        self.families = families
        return families.family(of: table.name)
    }

    /// MariaDB's sequences log their state as rows; the copy leaves them out, and so does this.
    private func passesOver(_ event: RowsEvent) -> Bool {
        guard options.sourceFlavor.isMaria, event.kind == .insert, event.table.isLikeSequence else { return false }
        let name = "\(event.table.schema).\(event.table.table)"
        options.report(.skipped(statement: name, reason: "sequences are not followed, make it in the target"))
        return true
    }

    private struct PlanProblem: Error {
        let reason: String
    }

    private mutating func plan(
        _ map: TableMap, _ route: TableRoute, _ table: TargetTable, family: String
    ) throws -> RowPlan {
        if table.isVersioned { throw PlanProblem(reason: Catalogue.versionedProblem) }
        let columns = try sourceColumns(map, route, table)
        let layout = try RowLayout(map, definitions: definitions(map, columns))
        let names = columns.map(\.name)
        var pairs: [RowPlan.Pair] = []
        for (target, source) in try places(route, names, table) where !table.columns[target].isGenerated {
            try checkLoss(map.columns[source], table.columns[target])
            pairs.append(
                RowPlan.Pair(
                    source: source, target: target,
                    literal: try literal(map.columns[source], columns[source], table.columns[target])))
        }
        var condition: BoundCondition?
        if !route.condition.isEmpty { condition = try BoundCondition(self.condition(route), columns) }
        return try RowPlan(route, table, family: family, layout, pairs: pairs, condition: condition)
    }

    private mutating func condition(_ route: TableRoute) throws -> Condition {
        if let known = conditions[route] { return known }
        let condition = try Condition(route.condition, field: route.conditionField)
        conditions[route] = condition
        return condition
    }

    /// The columns of the rows. By their names where the binlog has them; else they must be those of the target, one by one.
    private func sourceColumns(_ map: TableMap, _ route: TableRoute, _ table: TargetTable) throws -> [TargetColumn] {
        let shapes = map.columns
        if shapes.allSatisfy({ $0.name != nil }) {
            return try shapes.map { shape in
                let name = shape.name ?? ""
                guard let index = Self.place(of: name, route, table) else {
                    if !route.columns.isEmpty { return TargetColumn.unused(name) }
                    throw PlanProblem(reason: "the target has no column \(name)")
                }
                return table.columns[index].renamed(name)
            }
        }
        guard route.columns.isEmpty else {
            throw PlanProblem(
                reason: "ColumnMapFrom needs names in the binlog: set binlog_row_metadata=FULL at the source")
        }
        guard shapes.count == table.columns.count else {
            throw PlanProblem(
                reason: "the row has \(shapes.count) columns, the target's table \(table.columns.count): "
                    + "set binlog_row_metadata=FULL at the source, or make the tables equal")
        }
        let isSelfContained = TableFit.isSelfContained(map)
        for (shape, column) in zip(shapes, table.columns) where !isSelfContained && !TableFit.fits(shape, column) {
            throw PlanProblem(
                reason: "column \(column.name) of the target is of another type (\(column.dataType)): "
                    + "set binlog_row_metadata=FULL at the source, or make the tables equal")
        }
        return table.columns
    }

    /// nil: there is none.
    private static func place(of name: String, _ route: TableRoute, _ table: TargetTable) -> Int? {
        guard !route.columns.isEmpty else { return table.index(of: name) }
        let place = route.columns.firstIndex { $0.lowercased() == name.lowercased() }
        return place.flatMap { table.columns.indices.contains($0) ? $0 : nil }
    }

    /// MySQL says all itself; of MariaDB, only its catalogue tells a UUID from 16 bytes.
    private func definitions(_ map: TableMap, _ columns: [TargetColumn]) -> [ColumnDefinition]? {
        if TableFit.isSelfContained(map), !options.sourceFlavor.isMaria || columns.contains(where: \.isUnused) {
            return nil
        }
        return zip(map.columns, columns).map { shape, column in
            var definition = column.definition
            // What the binlog says counts: the target's column may be of a wider kind.
            if let isUnsigned = shape.isUnsigned {
                definition.isUnsigned = isUnsigned
                definition.kind = .number
            } else if let collation = shape.collation, ![.uuid, .inet4, .inet6].contains(definition.kind) {
                definition.kind = collation == 63 ? .bytes : .characters
            }
            return definition
        }
    }

    /// Where each column of the target comes from.
    private func places(_ route: TableRoute, _ names: [String], _ table: TargetTable) throws -> [(Int, Int)] {
        if !route.columns.isEmpty {
            guard route.columns.count <= table.columns.count else {
                throw PlanProblem(
                    reason: "ColumnMapFrom names \(route.columns.count) columns, the target has \(table.columns.count)")
            }
            return try route.columns.enumerated().map { target, name in
                guard let source = names.firstIndex(where: { $0.lowercased() == name.lowercased() }) else {
                    throw PlanProblem(reason: "ColumnMapFrom names \(name), which the source's table does not have")
                }
                return (target, source)
            }
        }
        return try names.enumerated().map { source, name in
            guard let target = table.index(of: name) else {
                throw PlanProblem(reason: "the target has no column \(name)")
            }
            return (target, source)
        }
    }

    /// A column of the target that is not defined as that of the source must not change its values in silence.
    private func checkLoss(_ shape: ColumnShape, _ column: TargetColumn) throws {
        let characterSet = shape.collation.flatMap { characterSets.name($0) } ?? ""
        guard let loss = TableFit.loss(shape, column, isUTF8: characterSet.hasPrefix("utf8")) else { return }
        throw PlanProblem(
            reason: "column \(column.name) of the target (\(column.columnType)) \(loss): define it as at the source")
    }

    private func literal(_ shape: ColumnShape, _ source: TargetColumn, _ target: TargetColumn) throws -> SQLLiteral {
        guard source.definition.kind == .characters || target.characterSet != nil else { return .plain }
        guard let collation = shape.collation, collation != 63 else {
            return source.characterSet.map { SQLLiteral(characterSet: $0) } ?? .plain
        }
        guard let name = characterSets.name(collation) else {
            throw PlanProblem(
                reason: "the character set of column \(target.name) is not known (collation \(collation))")
        }
        return SQLLiteral(characterSet: name)
    }
}

extension TargetColumn {
    /// Of the source, and left out.
    static func unused(_ name: String) -> TargetColumn {
        TargetColumn(
            name: name, dataType: "", columnType: "", letters: nil, bytes: nil, scale: nil,
            definition: ColumnDefinition(name: name, kind: .other), characterSet: nil, collation: nil,
            isNullable: true, isGenerated: false, changesByItself: false)
    }

    var isUnused: Bool { dataType.isEmpty }

    func renamed(_ name: String) -> TargetColumn {
        var definition = definition
        definition.name = name
        return TargetColumn(
            name: name, dataType: dataType, columnType: columnType, letters: letters, bytes: bytes, scale: scale,
            definition: definition, characterSet: characterSet, collation: collation,
            isNullable: isNullable, isGenerated: isGenerated, changesByItself: changesByItself)
    }
}
