package import Foundation
import GRDB
package import MartletCore

extension SQLiteStore: NomadLedger {
    package func nomadEvaluations(_ selection: NomadSelection) async throws -> NomadList<NomadEvaluation> {
        try await nomadList(.evaluations, selection) { row, _ in try NomadView.evaluation(row) }
    }

    package func nomadDeployments(_ selection: NomadSelection) async throws -> NomadList<NomadDeployment> {
        try await nomadList(.deployments, selection) { row, _ in try NomadView.deployment(row) }
    }

    package func nomadAllocations(
        _ selection: NomadSelection, withHistory: Bool
    ) async throws -> NomadList<NomadAllocationRuns> {
        try await nomadList(.allocations, selection) { row, view in
            let facts = try view.facts(NomadView.allocation(row))
            return NomadAllocationRuns(
                facts: facts, tasks: withHistory ? try facts.record.tasks.map { try view.history($0) } : [])
        }
    }

    package func nomadAllocationIDs() async throws -> Set<String> {
        try await read { db in
            // The index alone is read: rows are long.
            try String.fetchSet(db, sql: "SELECT id FROM nomad_allocations INDEXED BY nomad_allocations_evaluation")
        }
    }

    package func nomadNode(making id: String, at now: Date) async throws -> NomadNode {
        if let node = try await read({ [decoding] in try NomadView(db: $0, decoding: decoding).node() }) { return node }
        let fresh = try NomadRow(NomadNode(id: id, changedAt: now.second))
        return try await writer.write { [decoding] scope in
            let view = NomadView(db: scope.db, decoding: decoding)
            if let node = try view.node() { return node }
            let index = try NomadShelf(db: scope.db).advance([.nodes])
            try scope.db.cachedStatement(sql: "INSERT INTO nomad_node VALUES (1, ?, ?, ?)")
                .execute(arguments: [index, index, fresh.text])
            return try view.node() ?? fresh.value
        }
    }

    package func nomadIndexes() async throws -> [NomadTable: Int64] {
        try await read { db in
            try NomadTable.allCases.reduce(into: [:]) { $0[$1] = try NomadShelf.index($1.rawValue, db) }
        }
    }

    private func nomadList<Element: Sendable>(
        _ table: NomadTable, _ selection: NomadSelection,
        _ element: @escaping @Sendable (Row, NomadView) throws -> Element
    ) async throws -> NomadList<Element> {
        try await read { [decoding] db in
            let view = NomadView(db: db, decoding: decoding)
            let (condition, arguments) = Self.condition(selection, table)
            let rows = try Row.fetchAll(
                db.cachedStatement(sql: "SELECT * FROM nomad_\(table.rawValue) WHERE \(condition) ORDER BY id"),
                arguments: arguments)
            return NomadList(
                index: try NomadShelf.index(table.rawValue, db), items: try rows.map { try element($0, view) })
        }
    }

    private static func condition(_ selection: NomadSelection, _ table: NomadTable) -> (String, StatementArguments) {
        switch selection {
        // Ids are hexadecimal digits and dashes.
        case .prefix(let prefix): ("id >= ? AND id < ?", [prefix, prefix + "~"])
        case .job(let job): ("job = ?", [job])
        case .evaluation(let id): (table == .allocations ? "evaluation = ?" : "id = ?", [id])
        case .deployment(let id):
            table == .allocations ? ("deployment <> '' AND deployment = ?", [id]) : ("id = ?", [id])
        // There is one node.
        case .node(let node): ("EXISTS (SELECT 1 FROM nomad_node WHERE json_extract(content, '$.id') = ?)", [node])
        }
    }
}

extension NomadView {
    /// A task's run with everything that happened to it.
    fileprivate func history(_ task: NomadTask) throws -> NomadAllocationRuns.Task {
        guard let id = task.run, let run = try decoding.run(id, db) else {
            return NomadAllocationRuns.Task(run: nil, events: [], attempts: [])
        }
        // The newest are shown, and the first two tell when it began.
        let events = try db.cachedStatement(
            sql: """
                SELECT number, run, kind, from_state, to_state, attempt, task, reason, note, at
                FROM events INDEXED BY events_run WHERE run = ? AND number IN (
                  SELECT number FROM (SELECT number FROM events INDEXED BY events_run WHERE run = ? ORDER BY number LIMIT 2)
                  UNION SELECT number FROM
                    (SELECT number FROM events INDEXED BY events_run WHERE run = ? ORDER BY number DESC LIMIT 60))
                ORDER BY number
                """)
        let attempts = try db.cachedStatement(
            sql: "SELECT record FROM run_attempts WHERE run = ? ORDER BY attempt, task")
        return NomadAllocationRuns.Task(
            run: run, events: try Row.fetchAll(events, arguments: [id.blob, id.blob, id.blob]).map(SQLiteStore.event),
            attempts: try String.fetchAll(attempts, arguments: [id.blob]).map { try StoredJSON.value($0) })
    }
}
