"""`hub wipe`: nothing of the patient stays on this machine, and it says what it destroyed.

The bonds first, while it is still known with whom; then the key, and from then on nothing that is
left can be read; then every file.
"""

import asyncio
import os
import secrets
import shutil
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from hub import state
from hub.acquire import bonds
from hub.settings import Settings
from hub.store.durable import fsync_directory
from hub.store.errors import Contended, NotThereYet, StoreError
from hub.store.hold import NAME as LOCK
from hub.store.hold import Hold

SURE = "WIPE"
LOOK_S = 1.0
STOP_IT = "stop it first: systemctl stop hub-kiosk hub-web hub"


def wipe(settings: Settings, typed: TextIO, out: TextIO, *, sure: bool) -> int:
    """Exit 0 when everything is gone, 1 when nothing was touched, 2 when something is left."""
    if _pages_answer(settings):
        out.write(f"the pages are running; {STOP_IT}\n")
        return 1
    folder = settings.hub.state_dir
    folder.mkdir(parents=True, exist_ok=True)
    try:
        hold = Hold(folder)
    except Contended:
        out.write(f"the hub is running; {STOP_IT}\n")
        return 1
    try:
        if not sure and not _is_meant(settings, typed, out):
            return 1
        left = sum(not _told(out, *line) for line in _destroy(settings))
    finally:
        hold.release()
    (folder / LOCK).unlink()
    out.write(f"LEFT, for you to take away: {', '.join(_enrolment(settings))}\n")
    return 2 if left else 0


def _is_meant(settings: Settings, typed: TextIO, out: TextIO) -> bool:
    try:
        waiting = state.ledger(settings).counts().waiting
    except NotThereYet:
        out.write("The hub has not run here.\n")
    except StoreError as error:
        out.write(f"what is waiting cannot be known: {error}\n")
    else:
        if waiting:
            out.write(f"{waiting} bundles HAVE NOT REACHED the central service.\n")
    out.write(f"All readings, answers, documents and bonds go. Type {SURE} to go on: ")
    out.flush()
    return typed.readline().strip() == SURE


def _destroy(settings: Settings) -> Iterator[tuple[bool, str]]:
    """(gone, what), one after the other as it happens."""
    yield from _bonds(settings)
    yield _key(settings.hub.key_path)
    for folder in (settings.web.state_dir, settings.hub.state_dir):
        yield from _files(folder)


def _bonds(settings: Settings) -> Iterator[tuple[bool, str]]:
    try:
        devices = state.documents(settings).devices()
    except NotThereYet:
        yield True, "bonds (none are known here)"
        return
    except StoreError as error:
        yield False, f"bonds: which there are cannot be known ({error})"
        return
    addresses = [device.address for device in devices if device.transport == "ble"]
    if not addresses:
        return
    for address, problem in asyncio.run(bonds.forget(settings.ble.adapter, addresses)).items():
        yield problem is None, f"bond with {address}{f' ({problem})' if problem else ''}"


def _key(path: Path) -> tuple[bool, str]:
    try:
        with path.open("r+b") as file:  # a card may keep the old block; then its seal is 256 bits
            file.write(secrets.token_bytes(path.stat().st_size))
            os.fsync(file.fileno())
        path.unlink()
        for copy in path.parent.glob(f"{path.name}.*.new"):  # of a maker that was killed
            copy.unlink()
        fsync_directory(path.parent)
    except FileNotFoundError:
        return True, f"key {path} (was not there)"
    except OSError as error:
        return False, f"key {path} ({error.strerror})"
    return True, f"key {path}"


def _files(folder: Path) -> Iterator[tuple[bool, str]]:
    for path in sorted(folder.glob("*")):
        if path.name == LOCK:
            continue  # it keeps a hub from starting in between; it goes last
        try:
            if path.is_dir():
                count = sum(one.is_file() for one in path.rglob("*"))
                shutil.rmtree(path)
                yield True, f"{path} ({count} files)"
            else:
                size = path.stat().st_size
                path.unlink()
                yield True, f"{path} ({size} bytes)"
        except OSError as error:
            yield False, f"{path} ({error.strerror})"
    if folder.is_dir():
        fsync_directory(folder)


def _told(out: TextIO, gone: bool, what: str) -> bool:
    out.write(f"{'destroyed' if gone else 'LEFT'}: {what}\n")
    out.flush()
    return gone


def _enrolment(settings: Settings) -> list[str]:
    mqtt = settings.mqtt
    files = (mqtt.ca_file, mqtt.certificate_file, mqtt.key_file)
    return ["the settings file", *(str(file) for file in files if file is not None)]


def _pages_answer(settings: Settings) -> bool:
    try:
        socket.create_connection(("127.0.0.1", settings.web.kiosk_port), LOOK_S).close()
    except OSError:
        return False
    return True
