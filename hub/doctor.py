"""`hub doctor`: check everything a technician can mend, and say how.

Each check is one function that yields facts; none changes anything.
"""

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from hub import clock, state
from hub.health import Fact, storage
from hub.settings import Settings, SettingsError, load
from hub.store.database import open_reader
from hub.store.errors import KeyUnusable, NotThereYet, StoreError
from hub.store.readings import LedgerReader

BLUETOOTH = Path("/sys/class/bluetooth")
CONNECT_TIMEOUT_S = 5.0


def doctor(config: Path, out: TextIO) -> int:
    """Exit 0 when all is well."""
    try:
        settings = load(config)
    except SettingsError as error:
        facts = [Fact("settings", False, str(error))]
    else:
        facts = [Fact("settings", True, str(config)), *examine(settings)]
    for fact in facts:
        out.write(f"{'ok ' if fact.ok else 'BAD'} {fact.name}: {fact.detail}\n")
    return 0 if all(fact.ok for fact in facts) else 1


def examine(settings: Settings) -> Iterator[Fact]:
    yield from _books(settings)
    yield _clock(settings)
    yield from _radio(settings)
    yield from _ports(settings)
    yield _broker(settings)
    yield _pages(settings)


def _books(settings: Settings) -> Iterator[Fact]:
    folder = settings.hub.state_dir
    if not folder.is_dir():
        yield Fact("storage", False, f"{folder} is missing; start the hub once")
        return
    yield storage(folder)
    ledger = folder / "ledger.db"
    try:
        key = state.key(settings)
        database = open_reader(ledger, key)
        found = database.value("PRAGMA integrity_check(1)")
        database.close()
        yield Fact("ledger", found == "ok", str(found))
        yield from _ledger(LedgerReader(ledger, key))
        devices = state.documents(settings).devices()
        yield Fact("devices", True, f"{len(devices)} joined")
    except NotThereYet:
        yield Fact("ledger", False, "not there yet; start the hub once")
    except KeyUnusable as error:
        yield Fact("key", False, str(error))
    except StoreError as error:
        yield Fact("ledger", False, str(error))


def _ledger(reader: LedgerReader) -> Iterator[Fact]:
    counts = reader.counts()
    yield Fact("outbox", True, f"{counts.waiting} waiting")
    yield Fact(
        "parked",
        counts.parked == 0,
        "nothing" if counts.parked == 0 else f"{counts.parked}: see the setup page for the reasons",
    )
    doubt = (reader.state("clock") or {}).get("doubt")
    yield Fact(
        "time",
        not doubt,
        f"{doubt}: compare the hub's clock on the setup page" if doubt else "fits what is known",
    )
    rejected = reader.rejected(1)
    detail = f"the newest: {rejected[0].reason}" if rejected else "none"
    yield Fact("unreadable payloads", not rejected, detail)
    reader.close()


def _clock(settings: Settings) -> Fact:
    if settings.clock.trust == "always":
        return Fact("clock", True, "kept from outside")
    good = clock.synchronised()
    return Fact("clock", good, "synchronised" if good else "not synchronised: check UDP port 123")


def _radio(settings: Settings) -> Iterator[Fact]:
    if not settings.ble.enabled or settings.ble.radio != "system":
        return
    adapters = sorted(path.name for path in BLUETOOTH.glob("hci*"))
    yield Fact(
        "bluetooth",
        bool(adapters),
        ", ".join(adapters) or "no adapter: pull the plug for ten seconds",
    )


def _ports(settings: Settings) -> Iterator[Fact]:
    for port in settings.serial:
        if port.path is not None:  # a Bluetooth device is there when it is switched on
            there = port.path.exists()
            yield Fact(f"port {port.path}", there, "there" if there else "not plugged in")


def _broker(settings: Settings) -> Fact:
    where = f"{settings.mqtt.host}:{settings.mqtt.port}"
    try:
        socket.create_connection(
            (settings.mqtt.host, settings.mqtt.port), CONNECT_TIMEOUT_S
        ).close()
    except OSError as error:
        return Fact("broker", False, f"{where} cannot be reached: {error}")
    return Fact("broker", True, f"{where} answers")


def _pages(settings: Settings) -> Fact:
    address = ("127.0.0.1", settings.web.kiosk_port)
    try:
        socket.create_connection(address, CONNECT_TIMEOUT_S).close()
    except OSError as error:
        return Fact("pages", False, f"the web process does not answer: {error}")
    return Fact("pages", True, f"http://127.0.0.1:{settings.web.kiosk_port}/")
