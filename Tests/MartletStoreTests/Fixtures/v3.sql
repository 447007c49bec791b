-- A database of schema 3 as `sqlite3 martlet.db .dump` prints it: that of schema 2, with a run that succeeded and was counted for
-- its hour. Of the runs that failed in that hour three were counted; one is left.
PRAGMA application_id = 1836217452;
PRAGMA user_version = 3;
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
INSERT INTO runs VALUES(X'01a203c3f3be700186001f3c36b3c26e','','command','running',NULL,1,0,1795359503294,1795359503294,1795359503324,NULL,NULL,NULL,'lock','lock',NULL,0,3,'{"reason":{"runningTask":{"name":"main","number":1,"of":1}},"attemptStartedAt":1795359503324,"handle":{"bootID":"8da9e308-23b5-41ed-ab86-ae7fe9f9fb05","keeperPID":1282,"keeperStart":437537,"protocolVersion":1},"cutShort":false,"retries":{"used":0},"report":{"results":{},"warnings":[],"badLines":0,"offset":0},"secretNames":[],"worked":"0s"}');
INSERT INTO runs VALUES(X'01a203c3f3ee7001b336bd5c90a46daa','','command','failed','exit',1,0,1795359503342,1795359503342,1795359503345,1795359503513,1,NULL,NULL,NULL,NULL,0,4,'{"reason":{"exited":{"task":"main","code":1}},"attemptStartedAt":1795359503345,"failure":{"task":0,"verdict":{"outcome":"exit"},"reason":{"exited":{"task":"main","code":1}}},"cutShort":false,"retries":{"used":0},"report":{"results":{},"warnings":[],"badLines":0,"offset":0},"secretNames":[],"worked":"23ms"}');
INSERT INTO runs VALUES(X'01a203c3f4007000b336bd5c90a46d01','','command','succeeded','ok',1,0,1795359503342,1795359503342,1795359503345,1795359503513,0,NULL,NULL,NULL,NULL,0,4,'{"reason":{"exited":{"task":"main","code":1}},"attemptStartedAt":1795359503345,"failure":{"task":0,"verdict":{"outcome":"exit"},"reason":{"exited":{"task":"main","code":1}}},"cutShort":false,"retries":{"used":0},"report":{"results":{},"warnings":[],"badLines":0,"offset":0},"secretNames":[],"worked":"23ms"}');
INSERT INTO runs VALUES(X'01a203c3f47170009fe5517ec31ffa80','nomad.echo1','raw_exec','running',NULL,1,0,1795359503473,1795359503473,1795359503531,NULL,NULL,NULL,NULL,NULL,NULL,0,3,'{"reason":{"runningTask":{"name":"t","number":1,"of":1}},"attemptStartedAt":1795359503531,"handle":{"bootID":"8da9e308-23b5-41ed-ab86-ae7fe9f9fb05","keeperPID":1304,"keeperStart":437556,"protocolVersion":1},"cutShort":false,"retries":{"used":0},"report":{"results":{},"warnings":[],"badLines":0,"offset":0},"secretNames":[],"worked":"0s"}');
CREATE TABLE run_inputs (
  run BLOB NOT NULL UNIQUE REFERENCES runs (id) ON DELETE CASCADE,
  job TEXT NOT NULL,
  params TEXT NOT NULL,
  labels TEXT NOT NULL,
  trigger TEXT NOT NULL,
  secrets BLOB
) STRICT;
INSERT INTO run_inputs VALUES(X'01a203c3f3be700186001f3c36b3c26e','{"tasks":[{"name":"main","driver":"command","spec":{"command":["sleep","600"]},"environment":{},"when":"success","onFailure":"stop","stopSignal":"TERM","process":{}}],"params":{},"labels":{},"retryLost":false,"notify":[]}','{}','{}','{"source":"api","caller":"admin"}',NULL);
INSERT INTO run_inputs VALUES(X'01a203c3f3ee7001b336bd5c90a46daa','{"tasks":[{"name":"main","driver":"command","spec":{"command":["/bin/false"]},"environment":{},"when":"success","onFailure":"stop","stopSignal":"TERM","process":{}}],"params":{},"labels":{},"retryLost":false,"notify":[]}','{}','{}','{"source":"api","caller":"admin"}',NULL);
INSERT INTO run_inputs VALUES(X'01a203c3f47170009fe5517ec31ffa80','{"name":"nomad.echo1","tasks":[{"name":"t","driver":"raw_exec","spec":{"command":["/bin/sleep","600"]},"environment":{"NOMAD_ALLOC_INDEX":"0","NOMAD_REGION":"global","NOMAD_CPU_LIMIT":"100","NOMAD_TASK_NAME":"t","NOMAD_JOB_NAME":"echo1","NOMAD_MEMORY_LIMIT":"300","NOMAD_DC":"dc1","NOMAD_ALLOC_NAME":"echo1.g[0]","NOMAD_JOB_ID":"echo1","NOMAD_ALLOC_ID":"a82132df-d3aa-40fa-986f-5c9c56701961","NOMAD_GROUP_NAME":"g"},"when":"success","onFailure":"stop","grace":"5s","stopSignal":"INT","process":{}}],"params":{},"labels":{},"retry":{"limit":3,"on":"failure","window":"1d","mode":"fail","delay":"15s","backoff":"constant","maxDelay":"15s"},"retryLost":false,"notify":[]}','{}','{"nomad/alloc":"a82132df-d3aa-40fa-986f-5c9c56701961","nomad/job":"echo1","nomad/task":"t"}','{"source":"nomad","caller":"f692aaa0-5a1e-44e5-ac17-1321b2ac90e5"}',NULL);
INSERT INTO run_inputs VALUES(X'01a203c3f4007000b336bd5c90a46d01','{"tasks":[{"name":"main","driver":"command","spec":{"command":["/bin/false"]},"environment":{},"when":"success","onFailure":"stop","stopSignal":"TERM","process":{}}],"params":{},"labels":{},"retryLost":false,"notify":[]}','{}','{}','{"source":"api","caller":"admin"}',NULL);
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
INSERT INTO run_labels VALUES('nomad/alloc','a82132df-d3aa-40fa-986f-5c9c56701961',X'01a203c3f47170009fe5517ec31ffa80');
INSERT INTO run_labels VALUES('nomad/job','echo1',X'01a203c3f47170009fe5517ec31ffa80');
INSERT INTO run_labels VALUES('nomad/task','t',X'01a203c3f47170009fe5517ec31ffa80');
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
INSERT INTO run_attempts VALUES(X'01a203c3f3ee7001b336bd5c90a46daa',1,0,'{"attempt":1,"task":0,"name":"main","exit":{"ending":{"exited":{"code":1}},"timedOut":false,"stopped":false,"startedAt":1795359503415,"endedAt":1795359503438,"logBytes":0,"keptBytes":0,"droppedBytes":0,"strays":0,"warnings":[]},"verdict":{"outcome":"exit"}}');
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
INSERT INTO events VALUES(1,X'01a203c3f3be700186001f3c36b3c26e','created',NULL,'pending',0,0,'{"queued":{}}',NULL,1795359503294);
INSERT INTO events VALUES(2,X'01a203c3f3be700186001f3c36b3c26e','state','pending','running',1,0,'{"runningTask":{"name":"main","number":1,"of":1}}',NULL,1795359503324);
INSERT INTO events VALUES(3,X'01a203c3f3ee7001b336bd5c90a46daa','created',NULL,'pending',0,0,'{"queued":{}}',NULL,1795359503342);
INSERT INTO events VALUES(4,X'01a203c3f3ee7001b336bd5c90a46daa','state','pending','running',1,0,'{"runningTask":{"name":"main","number":1,"of":1}}',NULL,1795359503345);
INSERT INTO events VALUES(5,X'01a203c3f3be700186001f3c36b3c26e','taskStarted','running','running',1,0,'{"runningTask":{"name":"main","number":1,"of":1}}',NULL,1795359503423);
INSERT INTO events VALUES(6,X'01a203c3f3ee7001b336bd5c90a46daa','taskStarted','running','running',1,0,'{"runningTask":{"name":"main","number":1,"of":1}}',NULL,1795359503423);
INSERT INTO events VALUES(7,X'01a203c3f3ee7001b336bd5c90a46daa','state','running','failed',1,0,'{"exited":{"task":"main","code":1}}',NULL,1795359503513);
INSERT INTO events VALUES(8,X'01a203c3f47170009fe5517ec31ffa80','created',NULL,'pending',0,0,'{"queued":{}}',NULL,1795359503473);
INSERT INTO events VALUES(9,X'01a203c3f47170009fe5517ec31ffa80','state','pending','running',1,0,'{"runningTask":{"name":"t","number":1,"of":1}}',NULL,1795359503531);
INSERT INTO events VALUES(10,X'01a203c3f47170009fe5517ec31ffa80','taskStarted','running','running',1,0,'{"runningTask":{"name":"t","number":1,"of":1}}',NULL,1795359503613);
CREATE TABLE jobs (
  name TEXT NOT NULL PRIMARY KEY CHECK (name <> ''),
  version INTEGER NOT NULL CHECK (version >= 1),
  definition TEXT NOT NULL,
  source TEXT NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO jobs VALUES('nightly',1,'{"name":"nightly","tasks":[{"name":"main","driver":"command","spec":{"command":["/bin/true"]},"environment":{},"when":"success","onFailure":"stop","stopSignal":"TERM","process":{}}],"params":{},"labels":{},"retryLost":false,"notify":[]}','api',1795359503213);
CREATE TABLE idempotency (
  key TEXT NOT NULL PRIMARY KEY,
  body_hash BLOB NOT NULL CHECK (length(body_hash) = 32),
  runs BLOB NOT NULL CHECK (length(runs) % 16 = 0),
  created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE lanes (
  driver TEXT NOT NULL,
  job TEXT NOT NULL,
  due_at INTEGER NOT NULL,
  PRIMARY KEY (driver, job)
) STRICT, WITHOUT ROWID;
CREATE TABLE totals (one INTEGER PRIMARY KEY CHECK (one = 1), log_bytes INTEGER NOT NULL) STRICT;
INSERT INTO totals VALUES(1,0);
CREATE TABLE store (name TEXT NOT NULL PRIMARY KEY, value BLOB NOT NULL) STRICT, WITHOUT ROWID;
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
INSERT INTO tokens VALUES('d6f7758e','reader',X'04e2bb4892b6a8374c13c55b5f96588a3ffb7b9bf80d4404563e7da3b4c508e0','{"role":"read","jobs":[],"labels":{},"readsSecrets":false}',1795359503463,'admin',1803135503463,NULL,NULL);
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
INSERT INTO audit VALUES(1,1795359503227,'admin',NULL,'127.0.0.1','PUT /api/jobs/{name}','job nightly','done','8ae5abb5cb23768c90ab03011305c5a5',NULL,X'fc9a7437d436479c81602c19eae91ce5c24c7a60e43cfa70ba4517b31b3bef3f',X'a36552eef7e181997c80e68ecab04a456fa6f944067db4b6adf02b186ea606fa');
INSERT INTO audit VALUES(2,1795359503275,'admin',NULL,'127.0.0.1','PUT /api/schedules/{schedule}','schedule night','done','8ae5abb5cb23768c90ab03011305c5a6',NULL,X'22e55155ef59a20ab6b5a1318e08bc064639c8c238faf758232fcb1176ee718b',X'c48f14e1f4b82c9f7c5464025a505b17e7aac936a7845bfab6d4845eb4b8d8df');
INSERT INTO audit VALUES(3,1795359503322,'admin',NULL,'127.0.0.1','POST /api/runs','run 01a203c3-f3be-7001-8600-1f3c36b3c26e','done','8ae5abb5cb23768c90ab03011305c5a7',NULL,X'a095d3a9327f04b4d34c478f0184c668c14b904054d2c5a986b5e213dcaa1209',X'8ab6fbfa479fe00c1756e8122737d4a2a4a837dab78f462d33c628ae4df7c4fd');
INSERT INTO audit VALUES(4,1795359503343,'admin',NULL,'127.0.0.1','POST /api/runs','run 01a203c3-f3ee-7001-b336-bd5c90a46daa','done','8ae5abb5cb23768c90ab03011305c5a8',NULL,X'7ee015484327dd19b9c40e93a62a3cb41c02d3d6b74f885d87d9a8860faec6b8',X'131a5addbc9ce34c506e9f30210a1114c6898a579786342d57ebd71c40a3ed5d');
INSERT INTO audit VALUES(5,1795359503406,'admin',NULL,'127.0.0.1','PUT /v1/jobs','nomad job echo1','done','8ae5abb5cb23768c90ab03011305c5a9',NULL,X'3a8f610c9eecb8f846300328b447be14810dd3a3a39df98841d741053640f53c',X'592e0f303902011678086380e2f071846078272d03b5b111f71cf97474afe860');
INSERT INTO audit VALUES(6,1795359503464,'admin',NULL,'127.0.0.1','POST /api/tokens','token reader','done','8ae5abb5cb23768c90ab03011305c5aa',NULL,X'51c8477c070fe1dc20992accd864548f67522470c69f15bb1f934945c61b820d',X'8b5530150d98748b374d853b91d30cfbc17e8329b971616dbd36800c6bace81c');
CREATE TABLE run_claims (
  space TEXT NOT NULL,
  path TEXT NOT NULL,
  run BLOB NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
  PRIMARY KEY (space, path, run)
) STRICT, WITHOUT ROWID;
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
INSERT INTO schedules VALUES(1,'night',1,'{"name":"night","work":{"job":{"_0":"nightly","params":{}}},"cadence":{"cron":"0 3 * * *"},"zone":"UTC","missed":"latest","window":"7d","overlap":"skip","dst":"once","isPaused":false,"labels":{},"notify":[]}','api',1795359503261,1795359503261,1795359503261,1795402800000,NULL);
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
CREATE TABLE nomad_state (
  name TEXT NOT NULL PRIMARY KEY,
  value INTEGER NOT NULL CHECK (value >= 1)
) STRICT, WITHOUT ROWID;
INSERT INTO nomad_state VALUES('allocations',6);
INSERT INTO nomad_state VALUES('deployments',1);
INSERT INTO nomad_state VALUES('evaluations',4);
INSERT INTO nomad_state VALUES('index',6);
INSERT INTO nomad_state VALUES('jobs',6);
INSERT INTO nomad_state VALUES('nodes',2);
CREATE TABLE nomad_subjects (
  job TEXT NOT NULL PRIMARY KEY CHECK (job <> ''),
  revision INTEGER NOT NULL,
  owed INTEGER
) STRICT, WITHOUT ROWID;
INSERT INTO nomad_subjects VALUES('echo1',4,NULL);
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
, is_paused INTEGER NOT NULL DEFAULT 0, launch_at INTEGER) STRICT, WITHOUT ROWID;
INSERT INTO nomad_jobs VALUES('echo1','batch',50,'',0,0,0,3,4,3,6,1795359503400,0,NULL);
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
INSERT INTO nomad_versions VALUES('echo1',3,0,'{"Affinities":null,"AllAtOnce":false,"Constraints":null,"Datacenters":["dc1"],"ID":"echo1","Meta":null,"Name":"echo1","Namespace":"default","ParameterizedJob":null,"Payload":null,"Periodic":null,"Priority":50,"Region":"global","Spreads":null,"TaskGroups":[{"Affinities":null,"Constraints":null,"Count":1,"EphemeralDisk":{"Migrate":false,"SizeMB":300,"Sticky":false},"Meta":null,"Migrate":null,"Name":"g","Networks":null,"ReschedulePolicy":{"Attempts":1,"Delay":5000000000,"DelayFunction":"constant","Interval":86400000000000,"MaxDelay":0,"Unlimited":false},"RestartPolicy":{"Attempts":3,"Delay":15000000000,"Interval":86400000000000,"Mode":"fail"},"Scaling":null,"Services":null,"ShutdownDelay":null,"Spreads":null,"StopAfterClientDisconnect":null,"Tasks":[{"Affinities":null,"Artifacts":null,"CSIPluginConfig":null,"Config":{"args":["600"],"command":"/bin/sleep"},"Constraints":null,"DispatchPayload":null,"Driver":"raw_exec","Env":null,"KillSignal":"","KillTimeout":5000000000,"Kind":"","Leader":false,"Lifecycle":null,"LogConfig":{"MaxFileSizeMB":10,"MaxFiles":10},"Meta":null,"Name":"t","Resources":{"CPU":100,"Devices":null,"DiskMB":0,"IOPS":0,"MemoryMB":300,"Networks":null},"RestartPolicy":{"Attempts":3,"Delay":15000000000,"Interval":86400000000000,"Mode":"fail"},"Services":null,"ShutdownDelay":0,"Templates":null,"User":"","Vault":null,"VolumeMounts":null}],"Update":null,"Volumes":null}],"Type":"batch","Update":{"AutoPromote":false,"AutoRevert":false,"Canary":0,"HealthCheck":"","HealthyDeadline":0,"MaxParallel":0,"MinHealthyTime":0,"ProgressDeadline":0,"Stagger":0}}',NULL,X'f43e1d5bf3f63f959560aa43435ef9df17af1e28a51c483048ada3bb964a36a5',0,1795359503400000000,3);
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
INSERT INTO nomad_evaluations VALUES('f692aaa0-5a1e-44e5-ac17-1321b2ac90e5','echo1','complete',50,NULL,3,4,1795359503443000000,'{"id":"f692aaa0-5a1e-44e5-ac17-1321b2ac90e5","jobID":"echo1","type":"batch","priority":50,"cause":"job-register","status":"complete","statusDescription":"","nodeID":"","previous":"","next":"","blocked":"","deploymentID":"","failedGroups":{},"queued":{"g":0},"jobModifyIndex":0,"nodeModifyIndex":0,"snapshotIndex":3,"createIndex":3,"modifyIndex":3,"createTime":1795359503400000000,"modifyTime":1795359503443000000}');
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
INSERT INTO nomad_allocations VALUES('a82132df-d3aa-40fa-986f-5c9c56701961','echo1',3,0,'f692aaa0-5a1e-44e5-ac17-1321b2ac90e5','',1,100,300,4,6,4,NULL,1795359503613000000,'{"id":"a82132df-d3aa-40fa-986f-5c9c56701961","edition":{"job":"echo1","created":3,"version":0},"type":"batch","group":"g","slot":0,"evaluationID":"f692aaa0-5a1e-44e5-ac17-1321b2ac90e5","nodeID":"726a837c-be5c-4333-a5f7-89c2fbd81b13","desired":"run","desiredDescription":"","stoppedBy":"","previous":"","next":"","followup":"","reschedules":[],"deploymentID":"","transition":{},"restarts":[],"fingerprint":"20f2ec8fbe4e50cd","ask":{"cpu":100,"memory":300},"tasks":[{"name":"t","isLeader":false,"ask":{"cpu":100,"memory":300},"killTimeout":5000000000,"restart":{"attempts":3,"interval":86400000000000,"delay":15000000000,"mode":"fail"},"run":"01a203c3-f471-7000-9fe5-517ec31ffa80"}],"metrics":{"nodesEvaluated":1,"nodesFiltered":0,"nodesAvailable":{"dc1":1},"constraintFiltered":{},"nodesExhausted":0,"dimensionExhausted":{},"coalescedFailures":0},"createIndex":0,"modifyIndex":0,"allocModifyIndex":0,"createTime":1795359503443000000,"modifyTime":1795359503443000000}');
CREATE TABLE nomad_tasks (
  allocation TEXT NOT NULL REFERENCES nomad_allocations (id) ON DELETE CASCADE,
  task TEXT NOT NULL,
  run BLOB NOT NULL UNIQUE CHECK (length(run) = 16),
  end TEXT CHECK (end IN ('complete','failed','lost')),
  ended_at INTEGER,
  PRIMARY KEY (allocation, task),
  CHECK ((end IS NULL) = (ended_at IS NULL))
) STRICT, WITHOUT ROWID;
INSERT INTO nomad_tasks VALUES('a82132df-d3aa-40fa-986f-5c9c56701961','t',X'01a203c3f47170009fe5517ec31ffa80',NULL,NULL);
CREATE TABLE nomad_deployments (
  id TEXT NOT NULL PRIMARY KEY CHECK (length(id) = 36),
  job TEXT NOT NULL,
  created INTEGER NOT NULL,
  status TEXT NOT NULL,
  create_index INTEGER NOT NULL,
  modify_index INTEGER NOT NULL,
  content TEXT NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO nomad_deployments VALUES('0f3c1a52-7d0e-4c65-9d8e-3f5a1d2b4c6e','web',3,'failed',5,6,'{"id":"0f3c1a52-7d0e-4c65-9d8e-3f5a1d2b4c6e","edition":{"job":"web","created":3,"version":1},"jobModifyIndex":4,"jobSpecModifyIndex":4,"status":"failed","statusDescription":"Failed due to progress deadline","groups":{"g":{"desired":1,"placed":1,"healthy":0,"unhealthy":1,"autoRevert":true,"progressDeadline":600000000000}},"createIndex":0,"modifyIndex":0,"isRevertDecided":true}');
CREATE TABLE nomad_node (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  create_index INTEGER NOT NULL,
  modify_index INTEGER NOT NULL,
  content TEXT NOT NULL
) STRICT;
INSERT INTO nomad_node VALUES(1,2,2,'{"id":"726a837c-be5c-4333-a5f7-89c2fbd81b13","isEligible":true,"isDraining":false,"changedAt":1795359500,"createIndex":0,"modifyIndex":0}');
CREATE TABLE version_marks (
  kind TEXT NOT NULL PRIMARY KEY CHECK (kind IN ('job','schedule','secret')),
  version INTEGER NOT NULL CHECK (version >= 1)
) STRICT, WITHOUT ROWID;
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
INSERT INTO run_hours VALUES(498710,'failed',160,3);
INSERT INTO run_hours VALUES(498710,'succeeded',160,1);
CREATE TABLE checkpoint_keys (
  key TEXT NOT NULL UNIQUE CHECK (key <> ''),
  value BLOB NOT NULL CHECK (length(value) <= 524288),
  flags INTEGER NOT NULL,
  create_index INTEGER NOT NULL,
  modify_index INTEGER NOT NULL CHECK (modify_index >= create_index)
) STRICT;
CREATE TABLE checkpoint_state (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  newest INTEGER NOT NULL CHECK (newest >= 1),
  removed INTEGER NOT NULL CHECK (removed <= newest)
) STRICT;
INSERT INTO checkpoint_state VALUES(1,1,1);
DELETE FROM sqlite_sequence;
INSERT INTO sqlite_sequence VALUES('events',10);
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
CREATE INDEX audit_target ON audit (target);
CREATE TRIGGER audit_is_append_only BEFORE UPDATE ON audit BEGIN
  SELECT RAISE(ABORT, 'the audit trail is append-only');
END;
CREATE INDEX run_claims_run ON run_claims (run);
CREATE INDEX run_groups_newest ON run_groups (group_name, batch);
CREATE INDEX notices_due ON notices (channel, due_at, number) WHERE state = 'waiting';
CREATE INDEX notices_expiry ON notices (expires_at) WHERE state = 'waiting';
CREATE INDEX notices_sending ON notices (number) WHERE state = 'sending';
CREATE INDEX notices_state ON notices (state, number);
CREATE INDEX notices_channel ON notices (channel, number);
CREATE INDEX notices_group ON notices (group_name, number) WHERE group_name IS NOT NULL;
CREATE INDEX notices_settled ON notices (settled_at) WHERE settled_at IS NOT NULL;
CREATE INDEX notice_verdicts_age ON notice_verdicts (at);
CREATE INDEX schedules_due ON schedules (next_due) WHERE next_due IS NOT NULL;
CREATE UNIQUE INDEX schedule_fires_time ON schedule_fires (schedule, due, kind)
  WHERE outcome <> 'missed' AND through IS NULL;
CREATE INDEX schedule_fires_live ON schedule_fires (schedule) WHERE live = 1;
CREATE INDEX schedule_fires_run ON schedule_fires (run) WHERE live = 1 AND run IS NOT NULL;
CREATE INDEX schedule_fires_queued ON schedule_fires (schedule, number) WHERE outcome = 'queued';
CREATE INDEX schedule_fires_overdue ON schedule_fires (overdue_at) WHERE overdue_at IS NOT NULL;
CREATE INDEX schedule_fires_newest ON schedule_fires (schedule, number);
CREATE INDEX schedule_fires_age ON schedule_fires (at);
CREATE UNIQUE INDEX volume_versions_snapshot ON volume_versions
  (app, substr(json_extract(content, '$.snapshot'), 1, 8));
CREATE INDEX volume_versions_volume ON volume_versions (app, proc, instance, volume, number);
CREATE INDEX volume_versions_run ON volume_versions (run);
CREATE INDEX volume_records_app ON volume_records (app, run);
CREATE INDEX volume_records_open ON volume_records (node, run) WHERE ended_at IS NULL;
CREATE INDEX volume_records_age ON volume_records (ended_at) WHERE ended_at IS NOT NULL;
CREATE TRIGGER nomad_index_rises BEFORE UPDATE ON nomad_state WHEN NEW.value < OLD.value BEGIN
  SELECT RAISE(ABORT, 'an index never falls');
END;
CREATE INDEX nomad_subjects_owed ON nomad_subjects (owed) WHERE owed IS NOT NULL;
CREATE INDEX nomad_jobs_parent ON nomad_jobs (parent) WHERE parent <> '';
CREATE INDEX nomad_evaluations_job ON nomad_evaluations (job);
CREATE INDEX nomad_evaluations_open ON nomad_evaluations (job) WHERE status IN ('pending','blocked');
CREATE INDEX nomad_evaluations_blocked ON nomad_evaluations (priority DESC, create_index)
  WHERE status = 'blocked';
CREATE INDEX nomad_evaluations_due ON nomad_evaluations (wait_until)
  WHERE status = 'pending' AND wait_until IS NOT NULL;
CREATE INDEX nomad_evaluations_age ON nomad_evaluations (modify_time);
CREATE INDEX nomad_allocations_job ON nomad_allocations (job, created, version);
CREATE INDEX nomad_allocations_evaluation ON nomad_allocations (evaluation);
CREATE INDEX nomad_allocations_open ON nomad_allocations (open, cpu, memory, job) WHERE open > 0;
CREATE INDEX nomad_deployments_job ON nomad_deployments (job, create_index);
CREATE TRIGGER jobs_leave_a_mark AFTER DELETE ON jobs BEGIN
  INSERT INTO version_marks VALUES ('job', OLD.version)
  ON CONFLICT (kind) DO UPDATE SET version = max(version, excluded.version);
END;
CREATE TRIGGER schedules_leave_a_mark AFTER DELETE ON schedules BEGIN
  INSERT INTO version_marks VALUES ('schedule', OLD.version)
  ON CONFLICT (kind) DO UPDATE SET version = max(version, excluded.version);
END;
CREATE TRIGGER secrets_leave_a_mark AFTER DELETE ON secrets BEGIN
  INSERT INTO version_marks VALUES ('secret', OLD.version)
  ON CONFLICT (kind) DO UPDATE SET version = max(version, excluded.version);
END;
CREATE INDEX nomad_jobs_launch ON nomad_jobs (launch_at) WHERE launch_at IS NOT NULL;
CREATE INDEX nomad_allocations_deployment ON nomad_allocations (deployment) WHERE deployment <> '';
CREATE TRIGGER run_hours_count AFTER UPDATE OF finished_at ON runs
WHEN NEW.finished_at IS NOT NULL AND OLD.finished_at IS NULL BEGIN
  INSERT INTO run_hours VALUES (
    NEW.finished_at / 3600000, NEW.state,
    CASE WHEN NEW.started_at IS NULL THEN -1
    ELSE CAST(substr(max(NEW.finished_at - NEW.started_at, 0), 1, 2)
      || substr('00000000000000', 1, length(max(NEW.finished_at - NEW.started_at, 0)) - 2) AS INTEGER) END, 1)
  ON CONFLICT DO UPDATE SET count = count + 1;
  DELETE FROM run_hours WHERE hour < NEW.finished_at / 3600000 - 2160;
END;
CREATE TRIGGER checkpoint_index_rises BEFORE UPDATE ON checkpoint_state WHEN NEW.newest < OLD.newest BEGIN
  SELECT RAISE(ABORT, 'an index never falls');
END;
COMMIT;
