"""`hub devices` and `hub status`: what the books say, read only, whether the hub runs or not."""

import http.client
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO

from hub import state
from hub.health import storage
from hub.settings import Settings
from hub.store.errors import NotThereYet
from hub.store.readings import LedgerReader

NOTHING_YET = "the hub has not run yet on this machine"


def devices(settings: Settings, out: TextIO) -> int:
    """One line a device: key, driver, name, state, last measurement."""
    try:
        statuses = state.ledger(settings).device_statuses()
        joined = state.documents(settings).devices()
    except NotThereYet:
        out.write(f"{NOTHING_YET}\n")
        return 1
    for device in joined:
        status = statuses.get(device.key)
        out.write(
            f"{device.key}  {device.driver:22} {device.name:24} "
            f"{status.state if status else 'paired':12} "
            f"{_last(status.last_measurement if status else None)}"
            f"{f'  {status.problem}' if status and status.problem else ''}\n"
        )
    return 0


def documents(settings: Settings, name: str | None, out: TextIO) -> int:
    """One document as text; without a name, which there are."""
    try:
        kept = state.documents(settings)
    except NotThereYet:
        out.write(f"{NOTHING_YET}\n")
        return 1
    out.write(f"{kept.text(name) if name else chr(10).join(kept.names())}\n")
    return 0


def status(settings: Settings, out: TextIO) -> int:
    """Connection, outbox, clock, rejected payloads; exit 1 when something needs a technician."""
    try:
        lines = list(_status_lines(state.ledger(settings), settings.hub.state_dir))
    except NotThereYet:
        out.write(f"{NOTHING_YET}\n")
        return 1
    for good, line in lines:
        out.write(f"{'  ' if good else '! '}{line}\n")
    return 0 if all(good for good, _ in lines) else 1


def setup(settings: Settings, action: str, out: TextIO) -> int:
    """Ask the web process, over loopback, to open or close the setup page."""
    connection = http.client.HTTPConnection("127.0.0.1", settings.web.kiosk_port, timeout=5)
    origin = f"http://127.0.0.1:{settings.web.kiosk_port}"
    try:
        connection.request("POST", f"/setup-door/{action}", headers={"Origin": origin})
        answer = connection.getresponse()
        text = answer.read().decode()
    except OSError as error:
        out.write(f"the web process does not answer: {error}\n")
        return 1
    out.write(f"{text.strip()}\n")
    return 0 if answer.status < http.HTTPStatus.BAD_REQUEST else 1


def _status_lines(reader: LedgerReader, folder: Path) -> Iterator[tuple[bool, str]]:
    connection = reader.state("connection") or {"state": "offline", "reason": "not connected yet"}
    online = connection["state"] == "online"
    yield online, f"central service: {connection['state']}{_because(connection.get('reason'))}"
    counts = reader.counts()
    oldest = f", oldest from {counts.oldest_at:%Y-%m-%d %H:%M} UTC" if counts.oldest_at else ""
    yield True, f"outbox: {counts.waiting} waiting{oldest}"
    yield counts.parked == 0, f"parked: {counts.parked}"
    room = storage(folder)
    yield room.ok, f"storage: {room.detail}"
    clock = reader.state("clock") or {"synchronised": False}
    doubt = f", doubted: {clock['doubt']}" if clock.get("doubt") else ""
    yield (
        clock["synchronised"],
        f"clock: {'' if clock['synchronised'] else 'not '}synchronised{doubt}",
    )
    radio = reader.state("radio") or {"problem": None}
    yield radio["problem"] is None, f"radio: {radio['problem'] or 'listening'}"
    rejected = reader.rejected(1)
    yield not rejected, f"unreadable payloads: {'see the setup page' if rejected else 'none'}"


def _because(reason: Any) -> str:
    return f" ({reason})" if reason else ""


def _last(at: Any) -> str:
    return f"last measured {at:%Y-%m-%d %H:%M} UTC" if at else "nothing measured yet"
