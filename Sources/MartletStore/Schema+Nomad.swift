extension Schema {
    /// Jobs of the Nomad API, and what comes of them. Runs may be gone: their ids are no references.
    static let nomad = """
        -- The index that rises with every change, and the one of each list's newest change.
        CREATE TABLE nomad_state (
          name TEXT NOT NULL PRIMARY KEY,
          value INTEGER NOT NULL CHECK (value >= 1)
        ) STRICT, WITHOUT ROWID;
        INSERT INTO nomad_state VALUES
          ('index', 1), ('jobs', 1), ('evaluations', 1), ('allocations', 1), ('deployments', 1), ('nodes', 1);
        CREATE TRIGGER nomad_index_rises BEFORE UPDATE ON nomad_state WHEN NEW.value < OLD.value BEGIN
          SELECT RAISE(ABORT, 'an index never falls');
        END;

        -- One row for each job that decisions are made about, registered or not. `revision`: of the newest decision or
        -- order; `owed`: the index at which the next decision was asked for.
        CREATE TABLE nomad_subjects (
          job TEXT NOT NULL PRIMARY KEY CHECK (job <> ''),
          revision INTEGER NOT NULL,
          owed INTEGER
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX nomad_subjects_owed ON nomad_subjects (owed) WHERE owed IS NOT NULL;

        CREATE TABLE nomad_jobs (
          id TEXT NOT NULL PRIMARY KEY CHECK (id <> ''),
          type TEXT NOT NULL CHECK (type IN ('service','batch','system')),
          priority INTEGER NOT NULL,
          parent TEXT NOT NULL,
          is_template INTEGER NOT NULL,
          is_stopped INTEGER NOT NULL,
          version INTEGER NOT NULL CHECK (version >= 0),
          create_index INTEGER NOT NULL,
          modify_index INTEGER NOT NULL,
          job_modify_index INTEGER NOT NULL,
          summary_index INTEGER NOT NULL,
          changed_at INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX nomad_jobs_parent ON nomad_jobs (parent) WHERE parent <> '';

        CREATE TABLE nomad_versions (
          job TEXT NOT NULL,
          created INTEGER NOT NULL,
          version INTEGER NOT NULL,
          content TEXT NOT NULL,
          sealed BLOB,
          digest BLOB NOT NULL CHECK (length(digest) = 32),
          is_stable INTEGER NOT NULL DEFAULT 0,
          submit_time INTEGER NOT NULL,
          job_modify_index INTEGER NOT NULL,
          PRIMARY KEY (job, created, version)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE nomad_evaluations (
          id TEXT NOT NULL PRIMARY KEY CHECK (length(id) = 36),
          job TEXT NOT NULL,
          status TEXT NOT NULL,
          priority INTEGER NOT NULL,
          wait_until INTEGER,
          create_index INTEGER NOT NULL,
          modify_index INTEGER NOT NULL,
          modify_time INTEGER NOT NULL,
          content TEXT NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX nomad_evaluations_job ON nomad_evaluations (job);
        CREATE INDEX nomad_evaluations_open ON nomad_evaluations (job) WHERE status IN ('pending','blocked');
        CREATE INDEX nomad_evaluations_blocked ON nomad_evaluations (priority DESC, create_index)
          WHERE status = 'blocked';
        CREATE INDEX nomad_evaluations_due ON nomad_evaluations (wait_until)
          WHERE status = 'pending' AND wait_until IS NOT NULL;
        CREATE INDEX nomad_evaluations_age ON nomad_evaluations (modify_time);

        -- `open`: tasks that are not over.
        CREATE TABLE nomad_allocations (
          id TEXT NOT NULL PRIMARY KEY CHECK (length(id) = 36),
          job TEXT NOT NULL,
          created INTEGER NOT NULL,
          version INTEGER NOT NULL,
          evaluation TEXT NOT NULL,
          deployment TEXT NOT NULL,
          open INTEGER NOT NULL CHECK (open >= 0),
          cpu INTEGER NOT NULL,
          memory INTEGER NOT NULL,
          create_index INTEGER NOT NULL,
          modify_index INTEGER NOT NULL,
          alloc_modify_index INTEGER NOT NULL,
          health_index INTEGER,
          modify_time INTEGER NOT NULL,
          content TEXT NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX nomad_allocations_job ON nomad_allocations (job, created, version);
        CREATE INDEX nomad_allocations_evaluation ON nomad_allocations (evaluation);
        CREATE INDEX nomad_allocations_open ON nomad_allocations (open, cpu, memory, job) WHERE open > 0;

        -- `end`: complete, failed or lost; null: its run is not over.
        CREATE TABLE nomad_tasks (
          allocation TEXT NOT NULL REFERENCES nomad_allocations (id) ON DELETE CASCADE,
          task TEXT NOT NULL,
          run BLOB NOT NULL UNIQUE CHECK (length(run) = 16),
          end TEXT CHECK (end IN ('complete','failed','lost')),
          ended_at INTEGER,
          PRIMARY KEY (allocation, task),
          CHECK ((end IS NULL) = (ended_at IS NULL))
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE nomad_deployments (
          id TEXT NOT NULL PRIMARY KEY CHECK (length(id) = 36),
          job TEXT NOT NULL,
          created INTEGER NOT NULL,
          status TEXT NOT NULL,
          create_index INTEGER NOT NULL,
          modify_index INTEGER NOT NULL,
          content TEXT NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX nomad_deployments_job ON nomad_deployments (job, create_index);

        CREATE TABLE nomad_node (
          one INTEGER PRIMARY KEY CHECK (one = 1),
          create_index INTEGER NOT NULL,
          modify_index INTEGER NOT NULL,
          content TEXT NOT NULL
        ) STRICT;
        """

    /// `launch_at`: nanoseconds since 1970 at which a periodic job makes the next one.
    static let nomadTimes = """
        ALTER TABLE nomad_jobs ADD COLUMN is_paused INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE nomad_jobs ADD COLUMN launch_at INTEGER;
        CREATE INDEX nomad_jobs_launch ON nomad_jobs (launch_at) WHERE launch_at IS NOT NULL;
        CREATE INDEX nomad_allocations_deployment ON nomad_allocations (deployment) WHERE deployment <> '';
        -- What failed before anything went back to an older version stays as it is.
        UPDATE nomad_deployments SET content = json_set(content, '$.isRevertDecided', json('true'))
          WHERE status = 'failed';
        """
}
