-- What a row says is sealed (hub/store/key.py), for its table and its keys; so are the ids made from what it says.
-- A measurement or bundle whose checksum does not hold stays as it is: damaged, and known to be.

CREATE TABLE seal (word BLOB NOT NULL);  -- opens with the right key only
INSERT INTO seal VALUES (sealed('hjemmehub', 'seal'));

UPDATE measurement SET id = keyed(id);
UPDATE measurement SET body = sealed(body, 'measurement', id, number) WHERE crc32(body) = crc32;
UPDATE measurement SET crc32 = crc32(body) WHERE unsealed(body, 'measurement', id, number) IS NOT NULL;
CREATE TABLE keyed_pruned (id TEXT PRIMARY KEY) WITHOUT ROWID;
INSERT INTO keyed_pruned SELECT keyed(id) FROM pruned;
DROP TABLE pruned;
ALTER TABLE keyed_pruned RENAME TO pruned;

UPDATE bundle SET body = sealed(body, 'bundle', id, seq) WHERE crc32(body) = crc32;
UPDATE bundle SET crc32 = crc32(body) WHERE unsealed(body, 'bundle', id, seq) IS NOT NULL;
UPDATE outbox SET reason = sealed(reason, 'reason', seq) WHERE reason IS NOT NULL;
UPDATE rejected SET payload = sealed(payload, 'payload', number), reason = sealed(reason, 'rejected', number);
UPDATE outcome SET detail = sealed(detail, 'detail', number), data = sealed(data, 'outcome', number);
UPDATE state SET value = sealed(value, 'state', key);
UPDATE device_status SET value = sealed(value, 'device_status', device_key);
UPDATE command SET ack = sealed(ack, 'command', id);
