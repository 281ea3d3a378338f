"""`up/status` and `up/device/{deviceKey}`: how the hub and its devices are, retained at the broker.

No readings and nothing about the patient: the broker keeps these.
"""

from datetime import UTC, datetime
from typing import Any, Literal

import msgspec
from msgspec import Struct

from hub.clock import Moment
from hub.records import OutboxCounts
from hub.uplink.envelope import CONTRACT

_encode = msgspec.json.Encoder().encode


class Facts(Struct, frozen=True, kw_only=True):
    """What health knows. Each object goes into the status as it is (contract, hub-status example).

    sw        {"name", "version", "channel"}
    clock     {"synced", "source"}
    storage   {"freePct"}
    net       {"type", "rssi"}
    power     {"mains"}
    anomalies counters by kind, never contents
    """

    sw: dict[str, str]
    clock: dict[str, Any] = {}
    storage: dict[str, Any] = {}
    net: dict[str, Any] = {}
    power: dict[str, Any] = {}
    drivers: tuple[str, ...] = ()
    questionnaires: tuple[str, ...] = ()  # features of SDC that the pages can show
    anomalies: dict[str, int] = {}


class DeviceStatus(Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """`dho.device.status/1.0`. `fhir`: the fullUrl of the Device in the bundles."""

    device_key: str
    state: Literal["paired", "unreachable", "auth-failed", "unsupported"]
    last_seen: datetime | None = None
    last_measurement: datetime | None = None
    battery_pct: int | None = None
    clock_offset_s: float | None = msgspec.field(default=None, name="clockOffsetS")
    fhir: str | None = None
    task: str | None = None  # a `records.Task`

    def payload(self) -> bytes:
        return _encode({"schema": "dho.device.status/1.0"} | msgspec.to_builtins(self))


def online(
    hub: str,
    session: int,
    now: Moment,
    facts: Facts,
    outbox: OutboxCounts,
    reported: dict[str, Any],
) -> bytes:
    """`bootId` and `session` let the reader discard the Will of an older session."""
    oldest = outbox.oldest_at
    document: dict[str, Any] = {
        **_begin(hub, "online", session, now.boot_id),
        "ts": _text(now.wall),
        "sw": facts.sw,
        "clock": facts.clock,
        "outbox": {
            "pending": outbox.waiting,
            "parked": outbox.parked,
            "oldest": _text(oldest) if oldest else None,
        },
        "storage": facts.storage,
        "net": facts.net,
        "power": facts.power,
        "reported": reported,
        "supports": {
            "sv": [CONTRACT],
            "questionnaire": facts.questionnaires,
            "drivers": facts.drivers,
        },
        "anomalies": facts.anomalies,
    }
    return _encode({key: value for key, value in document.items() if value != {}})


def offline(
    hub: str,
    session: int,
    boot_id: str,
    reason: Literal["connection-lost", "shutdown", "reboot", "update"],
) -> bytes:
    """The Will (`connection-lost`), or the last word before an end that we chose."""
    return _encode(_begin(hub, "offline", session, boot_id) | {"reason": reason})


def _begin(hub: str, state: str, session: int, boot_id: str) -> dict[str, Any]:
    return {
        "schema": "dho.hub.status/1.0",
        "hub": "-".join(hub[i : i + 2] for i in range(0, len(hub), 2)),
        "state": state,
        "bootId": boot_id,
        "session": session,
    }


def _text(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
