/// One step from a schema version to the next. Append-only: a released step never changes.
struct Migration: Sendable {
    /// The version the step leads to, from 1.
    let version: Int
    let sql: String
}

enum Schema {
    /// Marks our files (`PRAGMA application_id`): "mrtl".
    static let applicationID: Int32 = 0x6D72_746C

    static let migrations = [
        Migration(version: 1, sql: tables + "\n" + indexes + "\n" + triggers),
        Migration(
            version: 2,
            sql: [access, claims, notices, schedules, volumes, nodes, clusters, nomad, marks].joined(separator: "\n")),
        Migration(version: 3, sql: [nomadTimes, console, checkpoints].joined(separator: "\n")),
        Migration(version: 4, sql: [fireTimes, pastHours].joined(separator: "\n")),
    ]

    /// What changes often is in `runs`, in short rows; what never changes is in `run_inputs`: SQLite writes
    /// a whole row anew whenever one of its columns changes.
    private static let tables = """
        CREATE TABLE runs (
          id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
          job TEXT NOT NULL,
          driver TEXT NOT NULL,
          state TEXT NOT NULL CHECK (state IN
            ('pending','running','stopping','paused','succeeded','failed','cancelled','lost')),
          outcome TEXT CHECK (outcome IN ('ok','warning','partial','nothingToDo','timeout','exit','signal',
            'spawnFailed','interrupted','skipped','unkillable')),
          attempt INTEGER NOT NULL CHECK (attempt >= 0),
          task INTEGER NOT NULL CHECK (task >= 0),
          created_at INTEGER NOT NULL,
          due_at INTEGER NOT NULL,
          started_at INTEGER,
          finished_at INTEGER,
          exit_code INTEGER,
          signal INTEGER,
          key TEXT,
          live_key TEXT CHECK (live_key = key),
          concurrency INTEGER CHECK (concurrency >= 1),
          log_bytes INTEGER NOT NULL DEFAULT 0 CHECK (log_bytes >= 0),
          version INTEGER NOT NULL CHECK (version >= 1),
          detail TEXT NOT NULL,
          CHECK ((finished_at IS NOT NULL) = (state IN ('succeeded','failed','cancelled','lost'))),
          CHECK (state IN ('succeeded','failed','cancelled','lost') OR live_key IS key)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE run_inputs (
          run BLOB NOT NULL UNIQUE REFERENCES runs (id) ON DELETE CASCADE,
          job TEXT NOT NULL,
          params TEXT NOT NULL,
          labels TEXT NOT NULL,
          trigger TEXT NOT NULL,
          secrets BLOB
        ) STRICT;

        CREATE TABLE run_groups (
          group_name TEXT NOT NULL,
          run BLOB NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
          batch TEXT NOT NULL,
          PRIMARY KEY (group_name, run, batch)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE run_labels (
          name TEXT NOT NULL,
          value TEXT NOT NULL,
          run BLOB NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
          PRIMARY KEY (name, value, run)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE run_aliases (
          alias TEXT NOT NULL,
          facade TEXT NOT NULL,
          run BLOB NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
          PRIMARY KEY (alias, facade)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE run_attempts (
          run BLOB NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
          attempt INTEGER NOT NULL,
          task INTEGER NOT NULL,
          record TEXT NOT NULL,
          PRIMARY KEY (run, attempt, task)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE events (
          number INTEGER PRIMARY KEY AUTOINCREMENT,
          run BLOB NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
          kind TEXT NOT NULL,
          from_state TEXT,
          to_state TEXT NOT NULL,
          attempt INTEGER NOT NULL,
          task INTEGER NOT NULL,
          reason TEXT,
          note TEXT,
          at INTEGER NOT NULL
        ) STRICT;

        CREATE TABLE jobs (
          name TEXT NOT NULL PRIMARY KEY CHECK (name <> ''),
          version INTEGER NOT NULL CHECK (version >= 1),
          definition TEXT NOT NULL,
          source TEXT NOT NULL,
          updated_at INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE idempotency (
          key TEXT NOT NULL PRIMARY KEY,
          body_hash BLOB NOT NULL CHECK (length(body_hash) = 32),
          runs BLOB NOT NULL CHECK (length(runs) % 16 = 0),
          created_at INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;

        -- A lane is the pending runs of one job under one driver; its row holds when its first run is due.
        -- Kept by triggers, so that a claim walks lanes and never all pending runs.
        CREATE TABLE lanes (
          driver TEXT NOT NULL,
          job TEXT NOT NULL,
          due_at INTEGER NOT NULL,
          PRIMARY KEY (driver, job)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE totals (one INTEGER PRIMARY KEY CHECK (one = 1), log_bytes INTEGER NOT NULL) STRICT;
        INSERT INTO totals VALUES (1, 0);

        CREATE TABLE store (name TEXT NOT NULL PRIMARY KEY, value BLOB NOT NULL) STRICT, WITHOUT ROWID;
        """

    private static let indexes = """
        CREATE INDEX runs_state ON runs (state);
        CREATE INDEX runs_driver ON runs (driver, state);
        CREATE INDEX runs_job ON runs (job, state) WHERE job <> '';
        CREATE INDEX runs_key ON runs (key) WHERE key IS NOT NULL;
        CREATE UNIQUE INDEX runs_live_key ON runs (live_key) WHERE live_key IS NOT NULL;
        CREATE INDEX runs_live ON runs (driver, job) WHERE state IN ('running','stopping');
        CREATE INDEX runs_pending ON runs (driver, job, due_at, id, concurrency) WHERE state = 'pending';
        CREATE INDEX runs_ended ON runs (state, finished_at) WHERE finished_at IS NOT NULL;
        CREATE INDEX runs_unkillable ON runs (outcome)
          WHERE outcome = 'unkillable' AND live_key IS NOT NULL;
        CREATE INDEX run_groups_batch ON run_groups (batch, run);
        CREATE INDEX run_groups_run ON run_groups (run);
        CREATE INDEX run_labels_run ON run_labels (run);
        CREATE INDEX run_aliases_run ON run_aliases (run);
        CREATE INDEX events_run ON events (run);
        CREATE INDEX idempotency_age ON idempotency (created_at);
        CREATE INDEX lanes_due ON lanes (driver, due_at);
        """

    private static let triggers = """
        CREATE TRIGGER lanes_enter_new AFTER INSERT ON runs WHEN NEW.state = 'pending' BEGIN
          INSERT INTO lanes VALUES (NEW.driver, NEW.job, NEW.due_at)
            ON CONFLICT DO UPDATE SET due_at = excluded.due_at WHERE excluded.due_at < due_at;
        END;

        CREATE TRIGGER lanes_enter AFTER UPDATE OF state, due_at ON runs WHEN NEW.state = 'pending' BEGIN
          INSERT INTO lanes VALUES (NEW.driver, NEW.job, NEW.due_at)
            ON CONFLICT DO UPDATE SET due_at = excluded.due_at WHERE excluded.due_at < due_at;
        END;

        CREATE TRIGGER lanes_leave AFTER UPDATE OF state, due_at ON runs WHEN OLD.state = 'pending' BEGIN
          DELETE FROM lanes WHERE driver = OLD.driver AND job = OLD.job AND due_at = OLD.due_at;
          INSERT INTO lanes
            SELECT driver, job, due_at FROM runs
            WHERE state = 'pending' AND driver = OLD.driver AND job = OLD.job
            ORDER BY due_at LIMIT 1
            ON CONFLICT DO NOTHING;
        END;

        CREATE TRIGGER lanes_remove AFTER DELETE ON runs WHEN OLD.state = 'pending' BEGIN
          DELETE FROM lanes WHERE driver = OLD.driver AND job = OLD.job AND due_at = OLD.due_at;
          INSERT INTO lanes
            SELECT driver, job, due_at FROM runs
            WHERE state = 'pending' AND driver = OLD.driver AND job = OLD.job
            ORDER BY due_at LIMIT 1
            ON CONFLICT DO NOTHING;
        END;

        CREATE TRIGGER totals_insert AFTER INSERT ON runs WHEN NEW.log_bytes <> 0 BEGIN
          UPDATE totals SET log_bytes = log_bytes + NEW.log_bytes;
        END;

        CREATE TRIGGER totals_update AFTER UPDATE OF log_bytes ON runs WHEN NEW.log_bytes <> OLD.log_bytes BEGIN
          UPDATE totals SET log_bytes = log_bytes + NEW.log_bytes - OLD.log_bytes;
        END;

        CREATE TRIGGER totals_delete AFTER DELETE ON runs WHEN OLD.log_bytes <> 0 BEGIN
          UPDATE totals SET log_bytes = log_bytes - OLD.log_bytes;
        END;
        """

    /// Who may call, what is kept secret, and what was done.
    private static let access = """
        CREATE TABLE tokens (
          id TEXT NOT NULL PRIMARY KEY CHECK (length(id) = 8),
          name TEXT NOT NULL CHECK (name <> ''),
          digest BLOB NOT NULL UNIQUE CHECK (length(digest) = 32),
          rights TEXT NOT NULL,
          created_at INTEGER NOT NULL,
          created_by TEXT NOT NULL,
          expires_at INTEGER,
          last_used_at INTEGER,
          revoked_at INTEGER
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE secrets (
          name TEXT NOT NULL PRIMARY KEY CHECK (name <> ''),
          version INTEGER NOT NULL CHECK (version >= 1),
          sealed BLOB NOT NULL,
          description TEXT NOT NULL,
          updated_at INTEGER NOT NULL,
          updated_by TEXT NOT NULL
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE audit (
          number INTEGER PRIMARY KEY CHECK (number >= 1),
          at INTEGER NOT NULL,
          caller TEXT NOT NULL,
          token TEXT,
          address TEXT,
          action TEXT NOT NULL,
          target TEXT NOT NULL,
          outcome TEXT NOT NULL,
          request TEXT NOT NULL,
          before BLOB CHECK (length(before) = 32),
          after BLOB CHECK (length(after) = 32),
          hash BLOB NOT NULL CHECK (length(hash) = 32)
        ) STRICT;
        CREATE INDEX audit_target ON audit (target);

        CREATE TRIGGER audit_is_append_only BEFORE UPDATE ON audit BEGIN
          SELECT RAISE(ABORT, 'the audit trail is append-only');
        END;
        """

    /// What runs work on, for submissions that join them.
    private static let claims = """
        CREATE TABLE run_claims (
          space TEXT NOT NULL,
          path TEXT NOT NULL,
          run BLOB NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
          PRIMARY KEY (space, path, run)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX run_claims_run ON run_claims (run);
        CREATE INDEX run_groups_newest ON run_groups (group_name, batch);
        """

    /// The outbox. `notice_parts` is what there is to tell of each run of a cause; `rank`: ``NoticePart/Rank``.
    private static let notices = """
        CREATE TABLE notices (
          number INTEGER PRIMARY KEY AUTOINCREMENT,
          cause TEXT NOT NULL CHECK (cause <> ''),
          channel TEXT NOT NULL CHECK (channel <> ''),
          state TEXT NOT NULL CHECK (state IN ('waiting','sending','sent','gaveUp')),
          group_name TEXT,
          content TEXT NOT NULL,
          attempts INTEGER NOT NULL DEFAULT 0,
          created_at INTEGER NOT NULL,
          due_at INTEGER NOT NULL,
          expires_at INTEGER NOT NULL,
          settled_at INTEGER,
          repeated INTEGER NOT NULL DEFAULT 0,
          error TEXT,
          digest INTEGER,
          UNIQUE (cause, channel),
          CHECK ((settled_at IS NOT NULL) = (state IN ('sent','gaveUp')))
        ) STRICT;
        CREATE INDEX notices_due ON notices (channel, due_at, number) WHERE state = 'waiting';
        CREATE INDEX notices_expiry ON notices (expires_at) WHERE state = 'waiting';
        CREATE INDEX notices_sending ON notices (number) WHERE state = 'sending';
        CREATE INDEX notices_state ON notices (state, number);
        CREATE INDEX notices_channel ON notices (channel, number);
        CREATE INDEX notices_group ON notices (group_name, number) WHERE group_name IS NOT NULL;
        CREATE INDEX notices_settled ON notices (settled_at) WHERE settled_at IS NOT NULL;

        CREATE TABLE notice_parts (
          cause TEXT NOT NULL,
          rank INTEGER NOT NULL CHECK (rank BETWEEN 0 AND 3),
          run BLOB NOT NULL CHECK (length(run) = 16),
          state TEXT NOT NULL,
          outcome TEXT,
          changed INTEGER,
          work TEXT NOT NULL,
          named TEXT NOT NULL,
          part TEXT NOT NULL,
          PRIMARY KEY (cause, rank, run),
          UNIQUE (run, cause)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE notice_channels (
          name TEXT NOT NULL PRIMARY KEY,
          held_until INTEGER,
          is_mute INTEGER NOT NULL DEFAULT 0,
          sends TEXT NOT NULL
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE notice_verdicts (
          subject TEXT NOT NULL PRIMARY KEY,
          is_good INTEGER NOT NULL,
          at INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX notice_verdicts_age ON notice_verdicts (at);
        """

    /// Backups of volumes, and what is proven of them. Of a proof of an app's repository proc, instance and volume are
    /// empty. Runs may be gone: their ids are no references.
    private static let volumes = """
        CREATE TABLE volume_versions (
          number INTEGER PRIMARY KEY AUTOINCREMENT,
          app TEXT NOT NULL CHECK (app <> ''),
          proc TEXT NOT NULL CHECK (proc <> ''),
          instance INTEGER NOT NULL CHECK (instance >= 1),
          volume TEXT NOT NULL CHECK (volume <> ''),
          mode TEXT NOT NULL CHECK (mode IN ('full','increment','safety')),
          name TEXT NOT NULL UNIQUE,
          content TEXT NOT NULL,
          run BLOB NOT NULL CHECK (length(run) = 16),
          created_at INTEGER NOT NULL,
          is_partial INTEGER NOT NULL DEFAULT 0
        ) STRICT;
        CREATE UNIQUE INDEX volume_versions_snapshot ON volume_versions
          (app, substr(json_extract(content, '$.snapshot'), 1, 8));
        CREATE INDEX volume_versions_volume ON volume_versions (app, proc, instance, volume, number);
        CREATE INDEX volume_versions_run ON volume_versions (run);

        CREATE TABLE volume_proofs (
          app TEXT NOT NULL CHECK (app <> ''),
          proc TEXT NOT NULL,
          instance INTEGER NOT NULL,
          volume TEXT NOT NULL,
          kind TEXT NOT NULL CHECK (kind IN ('drill','check')),
          proof TEXT NOT NULL,
          run BLOB NOT NULL CHECK (length(run) = 16),
          PRIMARY KEY (app, proc, instance, volume, kind)
        ) STRICT, WITHOUT ROWID;
        """
}
