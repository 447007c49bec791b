extension Schema {
    /// Schedules and what became of their times. A schedule that is gone leaves its fires.
    ///
    /// `next_due`: the first time that nobody has acted on; NULL: none, or paused. `live`: its run, or the pings of the
    /// work that it watches, may still tell something. `overdue_at`: when it must have ended well; NULL: it needs no more
    /// watching.
    static let schedules = """
        CREATE TABLE schedules (
          id INTEGER PRIMARY KEY,
          name TEXT NOT NULL UNIQUE CHECK (name <> ''),
          version INTEGER NOT NULL CHECK (version >= 1),
          definition TEXT NOT NULL,
          source TEXT NOT NULL,
          anchor INTEGER NOT NULL,
          created_at INTEGER NOT NULL,
          updated_at INTEGER NOT NULL,
          next_due INTEGER,
          paused_at INTEGER,
          CHECK (paused_at IS NULL OR next_due IS NULL)
        ) STRICT;
        CREATE INDEX schedules_due ON schedules (next_due) WHERE next_due IS NOT NULL;

        CREATE TABLE schedule_fires (
          number INTEGER PRIMARY KEY AUTOINCREMENT,
          schedule TEXT NOT NULL CHECK (schedule <> ''),
          due INTEGER NOT NULL,
          kind TEXT NOT NULL CHECK (kind IN ('due','manual','backfill')),
          at INTEGER NOT NULL,
          outcome TEXT NOT NULL CHECK (outcome IN ('waiting','queued','running','succeeded','failed','cancelled',
            'lost','skipped','missed','refused')),
          why TEXT,
          run BLOB CHECK (length(run) = 16),
          live INTEGER NOT NULL CHECK (live IN (0, 1)),
          through INTEGER,
          count INTEGER NOT NULL DEFAULT 1,
          started_at INTEGER,
          ended_at INTEGER,
          overdue_at INTEGER,
          is_overdue INTEGER NOT NULL DEFAULT 0,
          note TEXT
        ) STRICT;
        -- What was missed may come yet, when the clock was set back.
        CREATE UNIQUE INDEX schedule_fires_time ON schedule_fires (schedule, due, kind)
          WHERE outcome <> 'missed' AND through IS NULL;
        CREATE INDEX schedule_fires_live ON schedule_fires (schedule) WHERE live = 1;
        CREATE INDEX schedule_fires_run ON schedule_fires (run) WHERE live = 1 AND run IS NOT NULL;
        CREATE INDEX schedule_fires_queued ON schedule_fires (schedule, number) WHERE outcome = 'queued';
        CREATE INDEX schedule_fires_overdue ON schedule_fires (overdue_at) WHERE overdue_at IS NOT NULL;
        CREATE INDEX schedule_fires_newest ON schedule_fires (schedule, number);
        CREATE INDEX schedule_fires_age ON schedule_fires (at);
        """

    /// All ledgers by time.
    static let fireTimes = "CREATE INDEX schedule_fires_due ON schedule_fires (due, number);"
}
