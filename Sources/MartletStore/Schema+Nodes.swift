extension Schema {
    /// Machines with an agent, and copies of what they ran. `record`: the whole of it; `revision`: the run's version there.
    static let nodes = """
        CREATE TABLE volume_nodes (
          name TEXT NOT NULL PRIMARY KEY CHECK (name <> ''),
          address TEXT NOT NULL,
          instance TEXT,
          cursor INTEGER NOT NULL DEFAULT 0 CHECK (cursor >= 0),
          plan TEXT,
          heard_at INTEGER
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE volume_records (
          run BLOB NOT NULL PRIMARY KEY CHECK (length(run) = 16),
          node TEXT NOT NULL CHECK (node <> ''),
          app TEXT NOT NULL CHECK (app <> ''),
          state TEXT NOT NULL,
          started_at INTEGER,
          ended_at INTEGER,
          revision INTEGER NOT NULL CHECK (revision >= 1),
          record TEXT NOT NULL,
          CHECK ((ended_at IS NOT NULL) = (state IN ('succeeded','failed','cancelled','lost')))
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX volume_records_app ON volume_records (app, run);
        CREATE INDEX volume_records_open ON volume_records (node, run) WHERE ended_at IS NULL;
        CREATE INDEX volume_records_age ON volume_records (ended_at) WHERE ended_at IS NOT NULL;
        """
}
