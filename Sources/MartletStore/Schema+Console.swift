extension Schema {
    /// Browsers that logged in, and what each hour brought: `span` is how long runs took, in milliseconds with all digits
    /// but the first two put to 0, or -1 for those that never started. Kept by a trigger for 90 days, so that figures over
    /// all runs cost no walk over them.
    static let console = """
        CREATE TABLE sessions (
          digest BLOB NOT NULL PRIMARY KEY CHECK (length(digest) = 32),
          token BLOB NOT NULL CHECK (length(token) = 32),
          created_at INTEGER NOT NULL,
          used_at INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE run_hours (
          hour INTEGER NOT NULL,
          state TEXT NOT NULL CHECK (state IN ('succeeded','failed','cancelled','lost')),
          span INTEGER NOT NULL,
          count INTEGER NOT NULL,
          PRIMARY KEY (hour, state, span)
        ) STRICT, WITHOUT ROWID;

        CREATE TRIGGER run_hours_count AFTER UPDATE OF finished_at ON runs
        WHEN NEW.finished_at IS NOT NULL AND OLD.finished_at IS NULL BEGIN
          INSERT INTO run_hours VALUES (
            NEW.finished_at / 3600000, NEW.state,
            \(span("NEW.")), 1)
          ON CONFLICT DO UPDATE SET count = count + 1;
          DELETE FROM run_hours WHERE hour < NEW.finished_at / 3600000 - 2160;
        END;
        """

    /// Runs that ended before hours were counted. Of an hour that was counted in part the greater number is true: runs may
    /// have been removed since, and none was counted twice.
    static let pastHours = """
        INSERT INTO run_hours
          SELECT finished_at / 3600000, state, \(span("")), count(*) FROM runs
          WHERE finished_at / 3600000 >= (SELECT max(finished_at) FROM runs) / 3600000 - 2160
          GROUP BY 1, 2, 3
          ON CONFLICT DO UPDATE SET count = max(count, excluded.count);
        """

    /// How long a run took, as it stands in `run_hours`. `row`: what precedes its columns.
    static func span(_ row: String) -> String {
        """
        CASE WHEN \(row)started_at IS NULL THEN -1
            ELSE CAST(substr(max(\(row)finished_at - \(row)started_at, 0), 1, 2)
              || substr('00000000000000', 1, length(max(\(row)finished_at - \(row)started_at, 0)) - 2) AS INTEGER) END
        """
    }
}
