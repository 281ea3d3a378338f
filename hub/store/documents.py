"""The documents: few, small, JSON, each sealed in a file. The only importer of tinydb.

The hub writes them; the web process reads the same files and sees a change at its next look.
`hub documents` shows them to a technician.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

import msgspec
from tinydb import Query, TinyDB

from hub.records import Device
from hub.store.durable import fsync_directory, write_durably
from hub.store.encoding import to_bytes
from hub.store.jsonfile import Damage, JsonFile
from hub.store.key import Key

SINGLE = "document"
SEALED = ".sealed"
MESSAGES_KEPT = 200

T = TypeVar("T")


class _Single(msgspec.Struct, frozen=True):
    """A document of which there is one, as it stands in its file."""

    content: dict[str, Any]
    version: str = ""


class Documents:
    """One folder. `report` hears of a damaged file, which was set aside (the writer only)."""

    def __init__(
        self,
        folder: Path,
        key: Key,
        *,
        writable: bool,
        report: Callable[[Damage], None] = lambda damage: None,
    ) -> None:
        self._folder = folder
        self._key = key
        self._writable = writable
        self._report = report
        if writable:
            folder.mkdir(parents=True, exist_ok=True)
            seal_plain_files(folder, key)

    def changed(self) -> str:
        """Another text whenever a document was written; cheap enough to ask every second."""
        seen = [(path.name, path.stat().st_mtime_ns) for path in self._folder.glob(f"*{SEALED}")]
        return repr(sorted(seen))

    def get(self, name: str) -> dict[str, Any] | None:
        """The document, or None when there is none (yet, or any more)."""
        single = self._single(name)
        return None if single is None else single.content

    def names(self) -> list[str]:
        return sorted(path.stem for path in self._folder.glob(f"*{SEALED}"))

    def text(self, name: str) -> str:
        """The whole file, for a technician; empty where there is none."""
        content = to_bytes(self._open(name).storage.read() or {})
        return msgspec.json.format(content, indent=2).decode()

    def version(self, name: str) -> str | None:
        single = self._single(name)
        return None if single is None else single.version

    def put(self, name: str, content: dict[str, Any], *, version: str = "") -> None:
        self._write_single(name, {"version": version, "content": content})

    def withdraw(self, name: str) -> None:
        self._write_single(name, None)

    def devices(self) -> list[Device]:
        """Every device of this patient, in the order of joining."""
        rows = self._open("devices").table("devices").all()
        found = [self._read("devices", row, Device) for row in rows]
        return [device for device in found if device is not None]

    def put_device(self, device: Device) -> None:
        """Add it, or replace the one with the same key."""
        row = msgspec.to_builtins(device)
        self._open("devices").table("devices").upsert(row, Query().key == device.key)

    def remove_device(self, key: str) -> bool:
        """False when there is no such device."""
        return bool(self._open("devices").table("devices").remove(Query().key == key))

    def messages(self) -> list[dict[str, Any]]:
        """Every message from the nurses, oldest first; `read_at` once the patient has read it."""
        return [dict(row) for row in self._open("messages").table("messages").all()]

    def put_message(self, message: dict[str, Any]) -> None:
        """Add it, or replace the one with the same `id`. The newest 200 are kept."""
        table = self._open("messages").table("messages")
        table.upsert(message, Query().id == message["id"])
        table.remove(doc_ids=[row.doc_id for row in table.all()[:-MESSAGES_KEPT]])

    def mark_message_read(self, id: str, at: datetime) -> bool:
        """False when there is no such message."""
        table = self._open("messages").table("messages")
        return bool(table.update({"read_at": at.isoformat()}, Query().id == id))

    def remove_message(self, id: str) -> bool:
        return bool(self._open("messages").table("messages").remove(Query().id == id))

    def _single(self, name: str) -> _Single | None:
        rows = self._open(name).table(SINGLE).all()
        return self._read(name, rows[0], _Single) if rows else None

    def _read(self, name: str, row: Mapping[str, Any], kind: type[T]) -> T | None:
        try:
            return msgspec.convert(dict(row), kind)
        except msgspec.ValidationError as error:
            # It stays in the file: whoever edited it, or a newer hub, can still read it.
            self._report(Damage(self._folder / f"{name}{SEALED}", None, False, str(error)))
            return None

    def _write_single(self, name: str, row: dict[str, Any] | None) -> None:
        database = self._open(name)
        database.storage.write({} if row is None else {SINGLE: {"1": row}})

    def _open(self, name: str) -> TinyDB:
        # Opened anew each time: nothing is cached, so the other process's writes are seen.
        path = self._folder / f"{name}{SEALED}"
        return TinyDB(
            path, self._key, writable=self._writable, report=self._report, storage=JsonFile
        )


def seal_plain_files(folder: Path, key: Key) -> None:
    """Until version 0.1 the documents stood there as text."""
    for plain in sorted(folder.glob("*.json*")):
        name, _, generation = plain.name.partition(".json")
        sealed = key.seal(plain.read_bytes(), "document", name)
        write_durably(folder / f"{name}{SEALED}{generation}", sealed)
        fsync_directory(folder)
        plain.unlink()
