extension Schema {
    /// Keys as Consul's key/value store has them. `newest`: the index of the newest change; `removed`: of the newest removal,
    /// which no row tells of any more.
    static let checkpoints = """
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
        INSERT INTO checkpoint_state VALUES (1, 1, 1);
        CREATE TRIGGER checkpoint_index_rises BEFORE UPDATE ON checkpoint_state WHEN NEW.newest < OLD.newest BEGIN
          SELECT RAISE(ABORT, 'an index never falls');
        END;
        """
}
