"""A recorded session as a trace that a bug report can carry: blanked, and with what it means."""

from datetime import date
from typing import Any

import msgspec

from drivers.contract import Advertisement, BleDriver
from drivers.errors import DriverError
from drivers.measurement import DeviceInfo
from drivers.recording import (
    RecordingGattLink,
    blanked_address,
    blanked_name,
    blanked_reads,
    blanked_steps,
    short,
)
from drivers.replay import trace_of
from hub import VERSION
from hub.replay import play, shown

SOURCE = "recorded by hjemmehub"

_encoder = msgspec.json.Encoder(decimal_format="number")


def as_trace(
    recording: RecordingGattLink,
    seen: Advertisement,
    driver: BleDriver | None,
    info: DeviceInfo,
    day: date,
) -> dict[str, Any]:
    """As `drivers.replay` reads it, blanked; `about` is for the person who reads the report."""
    maker = " ".join(filter(None, (info.manufacturer, info.model, info.firmware)))
    return {
        "driver": driver.id if driver else "",
        "device": maker or blanked_name(seen.name or "") or "unknown",
        "source": f"{SOURCE} {VERSION}",
        "about": {
            "name": blanked_name(seen.name or ""),
            "address": blanked_address(seen.address),
            "services": sorted(short(one) for one in seen.services),
            "companies": sorted(f"{one:04x}" for one in seen.company_data),
        },
        "quirks": sorted(driver.oddities) if driver else [],
        "reads": blanked_reads(recording.reads, day),
        "offers": recording.offers,
        "steps": blanked_steps(recording.steps, day),
        "expect": [],
    }


async def expected(trace: dict[str, Any]) -> dict[str, Any]:
    """What the trace, blanked as it is, says when it is played again."""
    if not trace["driver"]:
        return {}
    try:
        return {"expect": [shown(said) for said in await play(trace_of(trace))]}
    except DriverError as error:
        return {"ended": str(error)}


def written(trace: dict[str, Any]) -> str:
    """One member a line, and one step."""
    lines = []
    for name, member in trace.items():
        if isinstance(member, list) and member:
            items = ",\n".join(f"    {_json(one)}" for one in member)
            lines.append(f'  "{name}": [\n{items}\n  ]')
        else:
            lines.append(f'  "{name}": {_json(member)}')
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _json(member: object) -> str:
    return _encoder.encode(member).decode()
