import GRDB

/// Versions of objects that were deleted.
enum VersionMark: String {
    case job, schedule, secret

    /// Of an object that has `version` now; nil: there is none, so that the new one begins above all that are gone.
    func next(after version: Int?, _ db: Database) throws -> Int {
        if let version { return version + 1 }
        let statement = try db.cachedStatement(sql: "SELECT version FROM version_marks WHERE kind = ?")
        return try (Int.fetchOne(statement, arguments: [rawValue]) ?? 0) + 1
    }
}
