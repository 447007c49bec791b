-- A database of schema 1 as `sqlite3 martlet.db .dump` prints it: one run is running, one is stopping, one
-- failed, one is pending and holds the key "lock". It has no secrets and no canary: its key is gone.
PRAGMA application_id = 1836217452;
PRAGMA user_version = 1;
PRAGMA foreign_keys=OFF;
BEGIN TRANSACTION;
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
INSERT INTO runs VALUES(X'018bcfe5680070018000000000000001','nightly','command','running',NULL,1,0,1700000000000,1700000000000,1700000000000,NULL,NULL,NULL,NULL,NULL,NULL,0,3,'{"reason":{"runningTask":{"name":"main","number":1,"of":1}},"attemptStartedAt":1700000000000,"handle":{"bootID":"1b4e28ba-2fa1-41d2-883f-0016d3cca427","keeperPID":4711,"keeperStart":123456,"protocolVersion":1},"cutShort":false,"retries":{"used":0},"report":{"results":{},"warnings":[],"badLines":0,"offset":0},"secretNames":[]}');
INSERT INTO runs VALUES(X'018bcfe5680070028000000000000002','','command','stopping',NULL,1,0,1700000000000,1700000000000,1700000000000,NULL,NULL,NULL,NULL,NULL,NULL,0,4,'{"reason":{"stopRequested":{"_0":"user"}},"attemptStartedAt":1700000000000,"handle":{"bootID":"1b4e28ba-2fa1-41d2-883f-0016d3cca427","keeperPID":4711,"keeperStart":123456,"protocolVersion":1},"stopReason":"user","cutShort":false,"retries":{"used":0},"report":{"results":{},"warnings":[],"badLines":0,"offset":0},"secretNames":[]}');
INSERT INTO runs VALUES(X'018bcfe5680070038000000000000003','nightly','command','failed','exit',1,0,1700000000000,1700000000000,1700000000000,1700000000000,3,NULL,NULL,NULL,NULL,10,4,'{"reason":{"exited":{"task":"main","code":3}},"attemptStartedAt":1700000000000,"failure":{"task":0,"verdict":{"outcome":"exit"},"reason":{"exited":{"task":"main","code":3}}},"cutShort":false,"retries":{"used":0},"report":{"results":{},"warnings":[],"badLines":0,"offset":0},"secretNames":[]}');
INSERT INTO runs VALUES(X'018bcfe5680070048000000000000004','hourly','command','pending',NULL,0,0,1700000000000,1700000000000,NULL,NULL,NULL,NULL,'lock','lock',NULL,0,1,'{"reason":{"queued":{}},"cutShort":false,"retries":{"used":0},"report":{"results":{},"warnings":[],"badLines":0,"offset":0},"secretNames":[]}');
CREATE TABLE run_inputs (
  run BLOB NOT NULL UNIQUE REFERENCES runs (id) ON DELETE CASCADE,
  job TEXT NOT NULL,
  params TEXT NOT NULL,
  labels TEXT NOT NULL,
  trigger TEXT NOT NULL,
  secrets BLOB
) STRICT;
INSERT INTO run_inputs VALUES(X'018bcfe5680070018000000000000001','{"name":"nightly","tasks":[{"name":"main","driver":"command","spec":{"argv":["/bin/sleep","60"]},"environment":{},"when":"success","onFailure":"stop","timeout":"1m30s","stopSignal":"TERM","process":{}}],"params":{},"labels":{"team":"ops"},"retryLost":false,"notify":[]}','{"path":"/data"}','{"env":"prod"}','{"source":"api","caller":"admin"}',NULL);
INSERT INTO run_inputs VALUES(X'018bcfe5680070028000000000000002','{"tasks":[{"name":"main","driver":"command","spec":{"argv":["/bin/sleep","60"]},"environment":{},"when":"success","onFailure":"stop","timeout":"1m30s","stopSignal":"TERM","process":{}}],"params":{},"labels":{"team":"ops"},"retryLost":false,"notify":[]}','{"path":"/data"}','{"env":"prod"}','{"source":"api","caller":"admin"}',NULL);
INSERT INTO run_inputs VALUES(X'018bcfe5680070038000000000000003','{"name":"nightly","tasks":[{"name":"main","driver":"command","spec":{"argv":["/bin/sleep","60"]},"environment":{},"when":"success","onFailure":"stop","timeout":"1m30s","stopSignal":"TERM","process":{}}],"params":{},"labels":{"team":"ops"},"retryLost":false,"notify":[]}','{"path":"/data"}','{"env":"prod"}','{"source":"api","caller":"admin"}',NULL);
INSERT INTO run_inputs VALUES(X'018bcfe5680070048000000000000004','{"name":"hourly","tasks":[{"name":"main","driver":"command","spec":{"argv":["/bin/sleep","60"]},"environment":{},"when":"success","onFailure":"stop","timeout":"1m30s","stopSignal":"TERM","process":{}}],"params":{},"labels":{"team":"ops"},"retryLost":false,"notify":[]}','{"path":"/data"}','{"env":"prod"}','{"source":"api","caller":"admin"}',NULL);
CREATE TABLE run_groups (
  group_name TEXT NOT NULL,
  run BLOB NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
  batch TEXT NOT NULL,
  PRIMARY KEY (group_name, run, batch)
) STRICT, WITHOUT ROWID;
INSERT INTO run_groups VALUES('all',X'018bcfe5680070018000000000000001','1');
INSERT INTO run_groups VALUES('all',X'018bcfe5680070028000000000000002','1');
INSERT INTO run_groups VALUES('all',X'018bcfe5680070038000000000000003','1');
INSERT INTO run_groups VALUES('all',X'018bcfe5680070048000000000000004','1');
CREATE TABLE run_labels (
  name TEXT NOT NULL,
  value TEXT NOT NULL,
  run BLOB NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
  PRIMARY KEY (name, value, run)
) STRICT, WITHOUT ROWID;
INSERT INTO run_labels VALUES('env','prod',X'018bcfe5680070018000000000000001');
INSERT INTO run_labels VALUES('env','prod',X'018bcfe5680070028000000000000002');
INSERT INTO run_labels VALUES('env','prod',X'018bcfe5680070038000000000000003');
INSERT INTO run_labels VALUES('env','prod',X'018bcfe5680070048000000000000004');
CREATE TABLE run_aliases (
  alias TEXT NOT NULL,
  facade TEXT NOT NULL,
  run BLOB NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
  PRIMARY KEY (alias, facade)
) STRICT, WITHOUT ROWID;
INSERT INTO run_aliases VALUES('a1','jobs',X'018bcfe5680070018000000000000001');
INSERT INTO run_aliases VALUES('a2','jobs',X'018bcfe5680070028000000000000002');
INSERT INTO run_aliases VALUES('a3','jobs',X'018bcfe5680070038000000000000003');
INSERT INTO run_aliases VALUES('a4','jobs',X'018bcfe5680070048000000000000004');
CREATE TABLE run_attempts (
  run BLOB NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
  attempt INTEGER NOT NULL,
  task INTEGER NOT NULL,
  record TEXT NOT NULL,
  PRIMARY KEY (run, attempt, task)
) STRICT, WITHOUT ROWID;
INSERT INTO run_attempts VALUES(X'018bcfe5680070038000000000000003',1,0,'{"attempt":1,"task":0,"name":"main","exit":{"ending":{"exited":{"code":3}},"timedOut":false,"stopped":false,"startedAt":1700000000000,"endedAt":1700000000000,"logBytes":10,"droppedBytes":0,"strays":0,"warnings":[]},"verdict":{"outcome":"exit"}}');
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
INSERT INTO events VALUES(1,X'018bcfe5680070018000000000000001','created',NULL,'pending',0,0,'{"queued":{}}',NULL,1700000000000);
INSERT INTO events VALUES(2,X'018bcfe5680070028000000000000002','created',NULL,'pending',0,0,'{"queued":{}}',NULL,1700000000000);
INSERT INTO events VALUES(3,X'018bcfe5680070038000000000000003','created',NULL,'pending',0,0,'{"queued":{}}',NULL,1700000000000);
INSERT INTO events VALUES(4,X'018bcfe5680070048000000000000004','created',NULL,'pending',0,0,'{"queued":{}}',NULL,1700000000000);
INSERT INTO events VALUES(5,X'018bcfe5680070018000000000000001','state','pending','running',1,0,'{"runningTask":{"name":"main","number":1,"of":1}}',NULL,1700000000000);
INSERT INTO events VALUES(6,X'018bcfe5680070018000000000000001','taskStarted','running','running',1,0,'{"runningTask":{"name":"main","number":1,"of":1}}',NULL,1700000000000);
INSERT INTO events VALUES(7,X'018bcfe5680070028000000000000002','state','pending','running',1,0,'{"runningTask":{"name":"main","number":1,"of":1}}',NULL,1700000000000);
INSERT INTO events VALUES(8,X'018bcfe5680070028000000000000002','taskStarted','running','running',1,0,'{"runningTask":{"name":"main","number":1,"of":1}}',NULL,1700000000000);
INSERT INTO events VALUES(9,X'018bcfe5680070038000000000000003','state','pending','running',1,0,'{"runningTask":{"name":"main","number":1,"of":1}}',NULL,1700000000000);
INSERT INTO events VALUES(10,X'018bcfe5680070038000000000000003','taskStarted','running','running',1,0,'{"runningTask":{"name":"main","number":1,"of":1}}',NULL,1700000000000);
INSERT INTO events VALUES(11,X'018bcfe5680070028000000000000002','state','running','stopping',1,0,'{"stopRequested":{"_0":"user"}}',NULL,1700000000000);
INSERT INTO events VALUES(12,X'018bcfe5680070038000000000000003','state','running','failed',1,0,'{"exited":{"task":"main","code":3}}',NULL,1700000000000);
INSERT INTO events VALUES(13,X'018bcfe5680070038000000000000003','note',NULL,'failed',1,0,NULL,'bye',1700000000000);
CREATE TABLE jobs (
  name TEXT NOT NULL PRIMARY KEY CHECK (name <> ''),
  version INTEGER NOT NULL CHECK (version >= 1),
  definition TEXT NOT NULL,
  source TEXT NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO jobs VALUES('nightly',2,'{"name":"nightly","tasks":[{"name":"main","driver":"command","spec":{"argv":["/bin/sleep","60"]},"environment":{},"when":"success","onFailure":"stop","timeout":"1m30s","stopSignal":"TERM","process":{}}],"params":{},"labels":{"team":"ops"},"retryLost":false,"notify":[]}','file',1700000000000);
CREATE TABLE idempotency (
  key TEXT NOT NULL PRIMARY KEY,
  body_hash BLOB NOT NULL CHECK (length(body_hash) = 32),
  runs BLOB NOT NULL CHECK (length(runs) % 16 = 0),
  created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO idempotency VALUES('k1',X'4bf5122f344554c53bde2ebb8cd2b7e3d1600ad631c385a5d7cce23c7785459a',X'018bcfe5680070018000000000000001',1795263188312);
INSERT INTO idempotency VALUES('k2',X'4bf5122f344554c53bde2ebb8cd2b7e3d1600ad631c385a5d7cce23c7785459a',X'018bcfe5680070028000000000000002',1795263188320);
INSERT INTO idempotency VALUES('k3',X'4bf5122f344554c53bde2ebb8cd2b7e3d1600ad631c385a5d7cce23c7785459a',X'018bcfe5680070038000000000000003',1795263188332);
INSERT INTO idempotency VALUES('k4',X'4bf5122f344554c53bde2ebb8cd2b7e3d1600ad631c385a5d7cce23c7785459a',X'018bcfe5680070048000000000000004',1795263188335);
CREATE TABLE lanes (
  driver TEXT NOT NULL,
  job TEXT NOT NULL,
  due_at INTEGER NOT NULL,
  PRIMARY KEY (driver, job)
) STRICT, WITHOUT ROWID;
INSERT INTO lanes VALUES('command','hourly',1700000000000);
CREATE TABLE totals (one INTEGER PRIMARY KEY CHECK (one = 1), log_bytes INTEGER NOT NULL) STRICT;
INSERT INTO totals VALUES(1,10);
CREATE TABLE store (name TEXT NOT NULL PRIMARY KEY, value BLOB NOT NULL) STRICT, WITHOUT ROWID;
DELETE FROM sqlite_sequence;
INSERT INTO sqlite_sequence VALUES('events',13);
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
COMMIT;
