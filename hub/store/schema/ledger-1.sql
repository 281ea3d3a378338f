-- The hub's book. Written by the hub process only, over one connection.
-- Times: …_wall is UTC in ISO 8601, …_mono_ms counts from the boot …_boot.

CREATE TABLE outbox (          -- what must reach the central service; a row leaves only by a receipt
    seq           INTEGER PRIMARY KEY,  -- never given twice: the newest row is never deleted
    kind          TEXT NOT NULL,
    urgent        INTEGER NOT NULL DEFAULT 0,
    session       TEXT,        -- of the measurements in it; NULL for answers and alerts
    state         TEXT NOT NULL DEFAULT 'due' CHECK (state IN ('due', 'deferred', 'acknowledged', 'parked')),
    reason        TEXT,        -- why it is parked
    attempts      INTEGER NOT NULL DEFAULT 0,
    created_wall  TEXT NOT NULL,
    created_mono  INTEGER NOT NULL,
    created_boot  TEXT NOT NULL,
    created_state TEXT NOT NULL,
    sent_at       TEXT,        -- the broker has it
    received_at   TEXT,        -- the central service has stored it
    seen_at       TEXT,        -- a nurse has opened it
    done_at       TEXT         -- acknowledged: retention counts from here
);
CREATE INDEX outbox_due      ON outbox (seq) WHERE state = 'due';
CREATE INDEX outbox_urgent   ON outbox (seq) WHERE state = 'due' AND urgent = 1;
CREATE INDEX outbox_deferred ON outbox (seq) WHERE state = 'deferred';
CREATE INDEX outbox_parked   ON outbox (seq) WHERE state = 'parked';

CREATE TABLE bundle (          -- the very bytes of a sealed row: written once, before the first publish
    seq   INTEGER PRIMARY KEY REFERENCES outbox (seq) ON DELETE CASCADE,
    id    TEXT NOT NULL UNIQUE,
    body  BLOB NOT NULL,
    crc32 INTEGER NOT NULL
);

CREATE TABLE measurement (
    number         INTEGER PRIMARY KEY,
    id             TEXT NOT NULL UNIQUE,
    seq            INTEGER REFERENCES outbox (seq),  -- NULL: disowned before it was sealed
    kind           TEXT NOT NULL,
    device_key     TEXT NOT NULL,
    driver         TEXT NOT NULL,
    session        TEXT NOT NULL,
    received_wall  TEXT NOT NULL,
    received_mono  INTEGER NOT NULL,
    received_boot  TEXT NOT NULL,
    received_state TEXT NOT NULL,
    clock_offset_s REAL,
    live           INTEGER NOT NULL,
    disowned       INTEGER NOT NULL DEFAULT 0,
    body           BLOB NOT NULL,                    -- the Measurement as JSON, raw bytes in base64
    crc32          INTEGER NOT NULL                  -- of body
);
CREATE INDEX measurement_seq  ON measurement (seq);
CREATE INDEX measurement_kind ON measurement (kind, received_wall);

CREATE TABLE pruned (          -- a device may offer a record for years after we let go of it
    id TEXT PRIMARY KEY
) WITHOUT ROWID;

CREATE TABLE rejected (        -- payloads that could not be decoded, as they came
    number        INTEGER PRIMARY KEY,
    device_key    TEXT NOT NULL,
    driver        TEXT NOT NULL,
    session       TEXT NOT NULL,
    source        TEXT NOT NULL,
    payload       BLOB NOT NULL,
    reason        TEXT NOT NULL,
    received_wall TEXT NOT NULL
);
CREATE INDEX rejected_device ON rejected (device_key);

CREATE TABLE boot (            -- when a boot first and last knew the time; number: the newest measurement then
    boot_id      TEXT PRIMARY KEY,
    first_number INTEGER NOT NULL,
    first_wall   TEXT NOT NULL,
    last_number  INTEGER NOT NULL,
    last_wall    TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE counter (         -- taken: the last journal row; session: of MQTT; dropped:KEY: rejected payloads let go
    name  TEXT PRIMARY KEY,
    value INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE outcome (         -- what came of journal row `number`
    number INTEGER PRIMARY KEY,
    ok     INTEGER NOT NULL,
    detail TEXT NOT NULL,
    data   TEXT NOT NULL
);

CREATE TABLE state (           -- what the pages show
    key   TEXT PRIMARY KEY,
    value TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE device_status (
    device_key TEXT PRIMARY KEY,
    value      TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE command (         -- so that a repeated one is answered, not run
    id      TEXT PRIMARY KEY,
    ack     TEXT NOT NULL,
    seen_at TEXT NOT NULL
) WITHOUT ROWID;
