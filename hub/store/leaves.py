"""Rows read from the pages of a damaged SQLite file themselves, without the way that leads to them.

A table is a tree: one bad page near its root hides every row below it from SQL, and each of those
rows is whole. Format: https://www.sqlite.org/fileformat2.html, §1.5, §1.6 and §2.1. What is deleted
is overwritten (secure_delete), so what is found was there.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from mmap import ACCESS_READ, mmap
from pathlib import Path

TABLE_LEAF = 0x0D
FILE_HEADER_BYTES = 100
PAGE_HEADER_BYTES = 8
WAL_HEADER_BYTES = 32
FRAME_HEADER_BYTES = 24
PAGE_BYTES = 2048  # of our books, where the file does not tell
PAGE_SIZES = frozenset(1 << power for power in range(9, 16))
LARGEST_ROW_BYTES = 1 << 24
INTEGER_BYTES = (0, 1, 2, 3, 4, 6, 8)

Value = int | float | str | bytes | None


@dataclass(frozen=True, slots=True)
class Row:
    rowid: int
    values: tuple[Value, ...]


class _Torn(Exception):
    """This is no row, or not a whole one."""


class Pages:
    """Of the file at `path` and its -wal, as they are now."""

    def __init__(self, path: Path) -> None:
        wal = path.with_name(path.name + "-wal")
        self._content: mmap | bytes = b""
        if path.stat().st_size > 0:  # mapped: a book may be larger than the memory of the hub
            with path.open("rb") as file:
                self._content = mmap(file.fileno(), 0, access=ACCESS_READ)
        found = int.from_bytes(self._content[16:18], "big")
        self._bytes = found if found in PAGE_SIZES else PAGE_BYTES
        self._newer = self._written(wal.read_bytes() if wal.exists() else b"")

    def close(self) -> None:
        if isinstance(self._content, mmap):
            self._content.close()

    def rows(self) -> Iterator[Row]:
        """Of every table, in the order of the pages."""
        count = max(len(self._content) // self._bytes, *self._newer, 0)
        for number in range(1, count + 1):
            yield from self._rows_on(number)

    def _rows_on(self, number: int) -> Iterator[Row]:
        page = self._page(number)
        header = FILE_HEADER_BYTES if number == 1 else 0
        if page[header] != TABLE_LEAF:
            return
        (count,) = struct.unpack_from(">H", page, header + 3)
        cells = page[header + PAGE_HEADER_BYTES :][: 2 * count]
        for (cell,) in struct.iter_unpack(">H", cells[: len(cells) // 2 * 2]):
            try:
                yield self._row(page, cell)
            except (_Torn, IndexError, struct.error, UnicodeDecodeError):
                continue

    def _page(self, number: int) -> bytes:
        start = (number - 1) * self._bytes
        page = self._newer.get(number) or self._content[start : start + self._bytes]
        return page if len(page) == self._bytes else bytes(self._bytes)

    def _written(self, wal: bytes) -> dict[int, bytes]:
        """The newest of each page that was committed and is not in the file yet (§4.1)."""
        newer: dict[int, bytes] = {}
        pending: dict[int, bytes] = {}
        for at in range(WAL_HEADER_BYTES, len(wal), FRAME_HEADER_BYTES + self._bytes):
            frame = wal[at : at + FRAME_HEADER_BYTES + self._bytes]
            if len(frame) < FRAME_HEADER_BYTES + self._bytes or frame[8:16] != wal[16:24]:
                break  # of an earlier round
            number, committed = struct.unpack_from(">II", frame)
            pending[number] = frame[FRAME_HEADER_BYTES:]
            if committed:
                newer |= pending
                pending = {}
        return newer

    def _row(self, page: bytes, at: int) -> Row:
        size, at = _varint(page, at)
        rowid, at = _varint(page, at)
        if not 0 < size <= LARGEST_ROW_BYTES:
            raise _Torn
        return Row(rowid, tuple(_values(self._payload(page, at, size))))

    def _payload(self, page: bytes, at: int, size: int) -> bytes:
        here = self._local(size)
        payload = page[at : at + here]
        if len(payload) < here:
            raise _Torn
        further = page[at + here : at + here + 4]
        while len(payload) < size:
            number = int.from_bytes(further, "big")
            if number == 0:
                raise _Torn
            more = self._page(number)
            payload, further = payload + more[4 : 4 + size - len(payload)], more[:4]
        return payload

    def _local(self, size: int) -> int:
        """How much of a payload is on the leaf itself (§1.6); the rest is on overflow pages."""
        largest, least = self._bytes - 35, (self._bytes - 12) * 32 // 255 - 23
        if size <= largest:
            return size
        wanted = least + (size - least) % (self._bytes - 4)
        return wanted if wanted <= largest else least


def _varint(content: bytes, at: int) -> tuple[int, int]:
    value = 0
    for number in range(9):
        octet = content[at + number]
        if number == 8:
            return value << 8 | octet, at + 9
        value = value << 7 | octet & 0x7F
        if octet < 0x80:
            return value, at + number + 1
    raise AssertionError("unreachable")


def _values(payload: bytes) -> Iterator[Value]:
    header_bytes, at = _varint(payload, 0)
    kinds = []
    while at < header_bytes:
        kind, at = _varint(payload, at)
        kinds.append(kind)
    if at != header_bytes or header_bytes + sum(map(_size, kinds)) != len(payload):
        raise _Torn
    for kind in kinds:
        yield _value(kind, payload[at : at + _size(kind)])
        at += _size(kind)


def _size(kind: int) -> int:
    if kind < len(INTEGER_BYTES):
        return INTEGER_BYTES[kind]
    if kind in (10, 11):  # reserved
        raise _Torn
    return {7: 8, 8: 0, 9: 0}[kind] if kind < 10 else (kind - 12) // 2


def _value(kind: int, content: bytes) -> Value:
    if kind >= 12:
        return content if kind % 2 == 0 else content.decode()
    if kind == 0:
        return None
    if kind == 7:
        (real,) = struct.unpack(">d", content)
        return float(real)
    return kind - 8 if kind in (8, 9) else int.from_bytes(content, "big", signed=True)
