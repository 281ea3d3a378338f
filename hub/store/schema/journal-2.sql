-- What a row says is sealed (hub/store/key.py), for its number.

CREATE TABLE seal (word BLOB NOT NULL);  -- opens with the right key only
INSERT INTO seal VALUES (sealed('hjemmehub', 'seal'));
UPDATE entry SET body = sealed(body, 'entry', number);
