"""What a row says, as it stands in its book: sealed for its table and its keys, with a checksum.

The checksum is of the stored bytes. It tells a damaged row, as the seal does; without it a row
could not be told from one that was sealed with another key.
"""

import sqlite3
import zlib
from contextlib import suppress
from sqlite3 import Row

from hub.records import Kept
from hub.store.encoding import to_kept
from hub.store.key import Broken, Key

WORD = b"hjemmehub"  # stands sealed in every book, so that another key is noticed at once


def teach(connection: sqlite3.Connection, key: Key) -> None:
    """SQL functions, for the steps of a schema and for searches: sealed and unsealed (text; NULL
    where it cannot be unsealed), each with the place; keyed; crc32."""

    def sealed(plain: str | bytes, *place: object) -> bytes:
        return key.seal(plain.encode() if isinstance(plain, str) else plain, *place)

    def unsealed(content: bytes, *place: object) -> str | None:
        try:
            return key.unseal(content, *place).decode()
        except (Broken, UnicodeDecodeError, TypeError):  # TypeError: not sealed, but text
            return None

    connection.create_function("sealed", -1, sealed)
    connection.create_function("unsealed", -1, unsealed, deterministic=True)
    connection.create_function("keyed", 1, key.keyed, deterministic=True)
    connection.create_function("crc32", 1, _crc32, deterministic=True)


def measurement(key: Key, row: Row) -> Kept | None:
    """None where the stored bytes are not those that were written."""
    body = _content(key, row, "measurement", row["id"], row["number"])
    with suppress(ValueError):  # of a time or a state, which stand beside what is sealed
        return None if body is None else to_kept(row, body)
    return None


def bundle_body(key: Key, row: Row) -> bytes | None:
    """The same of a sealed row of the outbox."""
    return _content(key, row, "bundle", row["id"], row["seq"])


def reason(key: Key, row: Row) -> str | None:
    """Why a row of the outbox is parked."""
    content = opened(key, row["reason"], "reason", row["seq"])
    return None if content is None else content.decode()


def opened(key: Key, sealed: bytes | None, *place: object) -> bytes | None:
    """None where there is nothing, or nothing that can be unsealed."""
    try:
        return None if sealed is None else key.unseal(sealed, *place)
    except Broken:
        return None


def _content(key: Key, row: Row, *place: object) -> bytes | None:
    whole = _crc32(row["body"]) == row["crc32"]
    return opened(key, row["body"], *place) if whole else None


def _crc32(content: str | bytes) -> int:
    return zlib.crc32(content.encode() if isinstance(content, str) else content)
