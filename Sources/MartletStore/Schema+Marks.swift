extension Schema {
    /// The greatest version that a deleted job, schedule or secret had: what is made later begins above it, so that nobody's
    /// ETag of before fits an object of the same name that came after.
    static let marks = """
        CREATE TABLE version_marks (
          kind TEXT NOT NULL PRIMARY KEY CHECK (kind IN ('job','schedule','secret')),
          version INTEGER NOT NULL CHECK (version >= 1)
        ) STRICT, WITHOUT ROWID;

        """ + [("job", "jobs"), ("schedule", "schedules"), ("secret", "secrets")].map(trigger).joined(separator: "\n")

    private static func trigger(_ kind: String, _ table: String) -> String {
        """
        CREATE TRIGGER \(table)_leave_a_mark AFTER DELETE ON \(table) BEGIN
          INSERT INTO version_marks VALUES ('\(kind)', OLD.version)
          ON CONFLICT (kind) DO UPDATE SET version = max(version, excluded.version);
        END;
        """
    }
}
