-- The pages' book: what patient and technician said. Written by the web process only.

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
CREATE UNIQUE INDEX entry_form     ON entry (form) WHERE form IS NOT NULL;
CREATE INDEX        entry_check_in ON entry (check_in) WHERE check_in IS NOT NULL;
CREATE INDEX        entry_kind     ON entry (kind, number);
