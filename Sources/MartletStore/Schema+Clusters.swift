extension Schema {
    /// Clusters with their saved versions, their hosts, and templates of configuration. `content`: JSON with masks for
    /// passwords; `sealed`: the passwords. `deployed`: the version that was deployed last with success.
    static let clusters = """
        CREATE TABLE clusters (
          number INTEGER PRIMARY KEY AUTOINCREMENT,
          id TEXT NOT NULL UNIQUE CHECK (length(id) = 8),
          name TEXT NOT NULL UNIQUE CHECK (name <> ''),
          status TEXT NOT NULL CHECK (status IN ('prepare','cancel','deploysuccess','deployfailure','startsuccess',
            'startfailure','stopsuccess','stopfailure')),
          version INTEGER NOT NULL CHECK (version >= 1),
          deployed INTEGER,
          is_deployed INTEGER NOT NULL DEFAULT 0,
          created_at INTEGER NOT NULL,
          changed_at INTEGER NOT NULL
        ) STRICT;

        CREATE TABLE cluster_versions (
          cluster TEXT NOT NULL REFERENCES clusters (id) ON DELETE CASCADE,
          version INTEGER NOT NULL CHECK (version >= 1),
          content TEXT NOT NULL,
          sealed BLOB,
          saved_at INTEGER NOT NULL,
          saved_by TEXT NOT NULL,
          note TEXT,
          PRIMARY KEY (cluster, version)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE cluster_items (
          number INTEGER PRIMARY KEY AUTOINCREMENT,
          kind TEXT NOT NULL CHECK (kind IN ('host','template')),
          id TEXT NOT NULL UNIQUE CHECK (length(id) = 8),
          space TEXT NOT NULL,
          name TEXT NOT NULL CHECK (name <> ''),
          version INTEGER NOT NULL CHECK (version >= 1),
          content TEXT NOT NULL,
          sealed BLOB,
          changed_at INTEGER NOT NULL,
          UNIQUE (kind, space, name)
        ) STRICT;
        """
}
