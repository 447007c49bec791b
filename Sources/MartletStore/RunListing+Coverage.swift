import GRDB
import MartletCore

/// Listings for those who may not see everything: what they may not see is never read.
extension RunListing {
    /// Patterns that stand for more names than this are compared with each run instead.
    private static let mostNames = 200

    static func filters(covering rights: Rights, _ db: Database) throws -> [Filter] {
        var filters: [Filter] = []
        if !rights.jobs.isEmpty { filters.append(try jobs(rights.jobs, db)) }
        for (name, pattern) in rights.labels.sorted(by: { $0.key < $1.key }) {
            filters.append(try label(name, pattern, db))
        }
        return filters
    }

    private static func jobs(_ patterns: [NamePattern], _ db: Database) throws -> Filter {
        let step = try db.cachedStatement(
            sql: "SELECT min(job) FROM runs INDEXED BY runs_job WHERE job <> '' AND job > ?")
        let condition = "(r.job <> '' AND (\(patterns.map { _ in "r.job GLOB ?" }.joined(separator: " OR "))))"
        let names = try names(step, [], patterns)
        let walks = names?.flatMap { name in
            RunState.allCases.map { state in
                Walk(
                    source: "runs r INDEXED BY runs_job", id: "r.id",
                    condition: "r.job <> '' AND r.job = ? AND r.state = ?", arguments: [name, state.rawValue])
            }
        }
        return filter("covered jobs", walks, condition, patterns.map(\.glob))
    }

    private static func label(_ name: String, _ pattern: NamePattern, _ db: Database) throws -> Filter {
        let step = try db.cachedStatement(sql: "SELECT min(value) FROM run_labels WHERE name = ? AND value > ?")
        let condition = "EXISTS (SELECT 1 FROM run_labels x WHERE x.name = ? AND x.value GLOB ? AND x.run = r.id)"
        // No step finds the empty text: it is before all others.
        let empty = pattern.matches("") ? [""] : []
        let walks = try names(step, [name], [pattern]).map { empty + $0 }?.map { value in
            Walk(
                source: "run_labels l", id: "l.run", condition: "l.name = ? AND l.value = ?", arguments: [name, value])
        }
        return filter("covered label \(name)", walks, condition, [name, pattern.glob])
    }

    private static func filter(
        _ name: String, _ walks: [Walk]?, _ condition: String, _ arguments: [String]
    ) -> Filter {
        guard let walks else {
            let walk = Walk(source: "runs r", id: "r.id", condition: condition, arguments: arguments)
            return Filter(walks: [walk], condition: condition, arguments: arguments, covers: [name], name: name)
        }
        return Filter(walks: walks, condition: condition, arguments: arguments, covers: [name], name: name)
    }

    /// The stored names that match, one index step for each stored name; nil when there are too many.
    private static func names(
        _ step: Statement, _ fixed: [String], _ patterns: [NamePattern]
    ) throws -> [String]? {
        var found: [String] = []
        var last = ""
        var seen = 0
        while let name = try String.fetchOne(step, arguments: StatementArguments(fixed + [last])) {
            if patterns.contains(where: { $0.matches(name) }) { found.append(name) }
            (last, seen) = (name, seen + 1)
            if found.count > mostNames || seen > 50 * mostNames { return nil }
        }
        return found
    }
}
