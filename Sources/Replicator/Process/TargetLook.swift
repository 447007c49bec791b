internal import SQLClient

/// What the target is at for this job, as its own list of processes says.
enum TargetLook {
    /// Nil: it does nothing for us.
    static func find(_ settings: SQLSettings, job: String) throws -> String? {
        var settings = settings
        settings.connectTimeout = .seconds(3)
        settings.readTimeout = .seconds(3)
        let session = try SQLSession(settings)
        defer { session.close() }
        let rows = try session.rows(
            "SELECT TIME, STATE, LEFT(INFO, 200) FROM information_schema.PROCESSLIST WHERE ID <> CONNECTION_ID() "
                + "AND USER = SUBSTRING_INDEX(CURRENT_USER(), '@', 1) AND COMMAND = 'Query' ORDER BY TIME DESC LIMIT 1")
        guard let row = rows.first else { return nil }
        return "the target is at it since \(row[0] ?? "?") s: \(row[1] ?? "") (\(row[2] ?? ""))"
    }
}
