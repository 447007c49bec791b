internal import SQLClient

/// A table whose place in the target is ready.
struct CopiedTable: Sendable {
    let transfer: TableTransfer
    let ledger: CopyLedger.Table
    /// An earlier run had begun it.
    let isRepeated: Bool
    /// Nothing of it is in the target, nor anything else.
    let isFresh: Bool
}

extension FullCopy {
    /// Makes schemas and tables where they are not there yet; all of them before any row.
    func create(_ source: SQLSession, _ target: SQLSession, snapshot: Int) throws -> [CopiedTable] {
        for name in try Catalogue.versionedTables(source) where try plan.selection.route(name) != nil {
            throw CopyError(name, Catalogue.versionedProblem)
        }
        let known = try ledger.tables(target)
        var tables: [CopiedTable] = []
        if !plan.skipsCreation { try createSchemas(source, target) }
        for name in try Catalogue.sequences(source) where try plan.selection.route(name) != nil {
            note("the sequence \(name) is left out: make it in the target")
        }
        for name in try Catalogue.tables(source) {
            guard let route = try plan.selection.route(name) else { continue }
            if let table = try create(route, source, target, known[name], snapshot) { tables.append(table) }
        }
        return tables
    }

    private func createSchemas(_ source: SQLSession, _ target: SQLSession) throws {
        for name in try Catalogue.schemas(source) {
            guard let other = try plan.selection.schema(name) else { continue }
            let shown = try source.value(
                "SELECT DEFAULT_COLLATION_NAME FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = \(SQLText.quoted(name))"
            )
            let collations = ForeignCollations(from: source.flavor, to: target.flavor).names
            let collation = shown.map { collations[$0] ?? $0 }
            let isKnown = try target.value(
                "SELECT 1 FROM information_schema.COLLATIONS WHERE COLLATION_NAME = \(SQLText.quoted(collation ?? ""))")
            let clause = isKnown == nil ? "" : " COLLATE \(collation ?? "")"
            try target.run("CREATE DATABASE IF NOT EXISTS \(other.asSQLName)\(clause)")
        }
    }

    /// Nil: it is gone from the source.
    private func create(
        _ route: TableRoute, _ source: SQLSession, _ target: SQLSession, _ known: CopyLedger.Table?, _ snapshot: Int
    ) throws -> CopiedTable? {
        guard let shape = try Catalogue.shape(route.source, source),
            let shown = try source.rows("SHOW CREATE TABLE \(route.source.quoted)").first?[1]
        else { return nil }
        let fingerprint = CreateStatement.fingerprint(shown)
        let isSame = known?.definition == fingerprint
        if !isSame {
            if known != nil { note("\(route.source) is copied anew: its definition has changed") }
            try ledger.forget(route.source, target)
            try make(route, shown, (source.flavor, target), isDropped: plan.dropsTables || known != nil)
            try ledger.begin(route.source, definition: fingerprint, snapshot: snapshot, target)
        }
        guard let other = try Catalogue.shape(route.target, target) else {
            throw CopyError(route.target, "is not there in the target: make it, or leave SkipCreateDbTable out")
        }
        if !shape.isTransactional {
            note("\(route.source) has no transactions at the source: rows that are written meanwhile may differ")
        }
        let transfer = try TableTransfer(route, source: shape, target: other)
        try checkFollowing(transfer, source)
        let done = isSame ? known ?? CopyLedger.Table() : CopyLedger.Table()
        let isFresh = try done.chunks.isEmpty && target.value("SELECT 1 FROM \(route.target.quoted) LIMIT 1") == nil
        return CopiedTable(transfer: transfer, ledger: done, isRepeated: isSame, isFresh: isFresh)
    }

    /// What is copied comes as texts of a known character set; changes that follow come as the binlog has them.
    private func checkFollowing(_ transfer: TableTransfer, _ source: SQLSession) throws {
        // MySQL 5.7 has no such variable and logs as little as NO_LOG.
        let metadata = try source.rows("SHOW GLOBAL VARIABLES LIKE 'binlog_row_metadata'").first?.last ?? nil
        let isSilent = ["NO_LOG", nil].contains(metadata)
        for pair in transfer.pairs {
            let name = pair.target.name
            if let label = pair.source.movedLabel(in: pair.target) {
                throw CopyError(
                    transfer.target.name,
                    "column \(name) has another label in place of '\(label)', and what follows comes by number: "
                        + "define it as at the source")
            }
            guard isSilent, pair.source.isReadWrongly(by: pair.target) else { continue }
            throw CopyError(
                transfer.target.name,
                "column \(name) has another sign or character set than at the source, and the binlog does not say it: "
                    + "define it as there, or set binlog_row_metadata=FULL at the source")
        }
    }

    private func make(
        _ route: TableRoute, _ shown: String, _ servers: (source: Flavor, target: SQLSession), isDropped: Bool
    ) throws {
        if plan.skipsCreation { return }
        if isDropped { try servers.target.run("DROP TABLE IF EXISTS \(route.target.quoted)") }
        let statement = try CreateStatement.text(
            shown, for: route.target, in: route.source.schema, from: servers.source, to: servers.target.flavor
        ) { try plan.selection.route($0)?.target }
        do {
            try servers.target.run(statement)
        } catch {
            guard !error.isTransient, error.kind != .denied else { throw error }
            throw CopyError(route.target, "cannot be made in the target: \(error)")
        }
    }
}
