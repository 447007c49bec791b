import Foundation
import GRDB
import MartletCore

/// What no index knows: it is looked for in the runs that the other filters leave, so many of them at once.
struct RunSearch {
    /// Runs looked at for one page. Whoever wants more asks for the next page.
    static let most = 20_000
    /// As many as are compared with one statement.
    private static let slice = 500

    private let conditions: [String]
    private let arguments: [String]

    /// Nil when the query searches for nothing.
    init?(_ query: RunQuery) {
        var conditions: [String] = []
        var arguments: [String] = []
        if let target = query.target {
            let below = target.hasSuffix("/") ? target : target + "/"
            conditions.append(
                "EXISTS (SELECT 1 FROM run_claims c WHERE c.run = r.id AND (c.path = ? OR substr(c.path, 1, ?) = ?))")
            arguments += [target, "\(below.unicodeScalars.count)", below]
        }
        if let text = query.text {
            let columns = ["r.job", "r.driver", "r.key", "r.detail", "i.job", "i.params", "i.labels", "i.trigger"]
            conditions.append("(\(columns.map { "\($0) LIKE ? ESCAPE '\\'" }.joined(separator: " OR ")))")
            arguments += columns.map { _ in Self.pattern(text) }
        }
        guard !conditions.isEmpty else { return nil }
        self.conditions = conditions
        self.arguments = arguments
    }

    /// The newest of `listing` that match, and where the search ended when there may be more.
    func ids(of listing: RunListing, limit: Int, _ db: Database) throws -> (found: [RunID], end: RunID?) {
        var rest = try listing.ids(limit: Self.most + 1, db)[...]
        let isMore = rest.count > Self.most
        rest = rest.prefix(Self.most)
        var found: [RunID] = []
        var last: RunID?
        while !rest.isEmpty {
            let slice = rest.prefix(Self.slice)
            for id in try matching(Array(slice), db) {
                found.append(id)
                if found.count == limit { return (found, id) }
            }
            last = slice.last
            rest = rest.dropFirst(Self.slice)
        }
        return (found, isMore ? last : nil)
    }

    func sql(_ count: Int) -> String {
        """
        SELECT r.id FROM runs r JOIN run_inputs i ON i.run = r.id
        WHERE r.id IN (\(Array(repeating: "?", count: count).joined(separator: ","))) \
        AND \(conditions.joined(separator: " AND ")) ORDER BY r.id DESC
        """
    }

    private func matching(_ ids: [RunID], _ db: Database) throws -> [RunID] {
        let statement = try db.cachedStatement(sql: sql(ids.count))
        let arguments = StatementArguments(ids.map(\.blob)) + StatementArguments(arguments)
        return try Data.fetchAll(statement, arguments: arguments).map(RunID.init(blob:))
    }

    private static func pattern(_ text: String) -> String {
        let escaped = text.map { "\\%_".contains($0) ? "\\\($0)" : String($0) }.joined()
        return "%\(escaped)%"
    }
}
