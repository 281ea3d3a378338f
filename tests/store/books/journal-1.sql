BEGIN TRANSACTION;
CREATE TABLE entry (
    number        INTEGER PRIMARY KEY AUTOINCREMENT,
    kind          TEXT NOT NULL,
    check_in      TEXT,
    body          TEXT NOT NULL,
    form          TEXT,        -- the one-time token of the form: a double tap is one entry
    written_wall  TEXT NOT NULL,
    written_mono  INTEGER NOT NULL,
    written_boot  TEXT NOT NULL,
    written_state TEXT NOT NULL
);
INSERT INTO "entry" VALUES(101,'answer','c1','{"check_in":"c1","questionnaire":"q","link_id":"1","answer":{"valueDecimal":36.70}}','f1','2026-11-22T08:00:00.000000+00:00',0,'11111111-1111-4111-8111-111111111111','ntp');
INSERT INTO "entry" VALUES(102,'help_requested',NULL,'{}',NULL,'2026-11-22T08:00:01.000000+00:00',1000,'11111111-1111-4111-8111-111111111111','ntp');
CREATE UNIQUE INDEX entry_form     ON entry (form) WHERE form IS NOT NULL;
CREATE INDEX entry_check_in ON entry (check_in) WHERE check_in IS NOT NULL;
CREATE INDEX entry_kind     ON entry (kind, number);
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('entry',102);
COMMIT;
PRAGMA user_version = 1;
