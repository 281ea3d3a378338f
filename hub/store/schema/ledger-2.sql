-- held: the device did not know whose it is; in no bundle until the patient says "this was me".

ALTER TABLE measurement ADD COLUMN held INTEGER NOT NULL DEFAULT 0;
CREATE INDEX measurement_held ON measurement (number) WHERE held = 1;
