"""Measurements of one connection → the transaction bundle that tells the central service of them.

Pure: the same input gives the same bytes and the same names. What the bundle must hold is in the
contract (contract.md §4, fhir.md), after the HL7 Personal Health Device guide 2.0.0.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

import msgspec

from hub.records import Device, Kept
from hub.settings import Patient
from hub.uplink.identifiers import urn, urn_name
from hub.uplink.measured import measured
from hub.uplink.observations import drafts
from hub.uplink.resources import Gateway, Json, device_entry, gateway_entry, identifier
from hub.uplink.sessions import batteries, clock_reports
from hub.uplink.setting import Setting, Timed
from hub.uplink.timing import Bounds, LeftOut, instant, taken

encoder = msgspec.json.Encoder(decimal_format="number")


@dataclass(frozen=True, slots=True)
class Composed:
    """A bundle ready for the outbox.

    id        `Bundle.identifier`, `urn:uuid:…`; also the message id
    entries   the fullUrls, which the receipt names
    left_out  (`Kept.id`, why) of what is not in it; the technician is told, not the nurse
    """

    id: str
    body: bytes
    entries: tuple[str, ...]
    left_out: tuple[tuple[str, LeftOut], ...]


def compose(
    gateway: Gateway,
    patient: Patient,
    device: Device,
    kept: Sequence[Kept],
    *,
    bounds: Bounds,
    zone: ZoneInfo,
    at: datetime,
) -> Composed:
    """One outbox row. What cannot be told truly is left out and named in `left_out`.

    bounds  for a measurement whose time nobody knows: (not before, not after), where known
    zone    of the patient's home, and so of the devices' clocks
    at      now, aware
    """
    setting = Setting(gateway, patient, device, bounds, zone)
    ordered = sorted(kept, key=lambda one: one.number)
    timed: Timed = [(one, taken(one, bounds, zone)) for one in ordered if not one.disowned]
    found = list(measured(setting, timed))
    left_out = tuple(_left_out(ordered, timed))
    entries = [
        gateway_entry(gateway, setting.gateway_urn),
        device_entry(gateway.hub, device, [one.measurement for one in ordered]),
        *clock_reports(setting, timed),
        *found,
        *batteries(setting, timed, at),
    ]
    urns = tuple(each["fullUrl"] for each in entries)
    # A bundle that tells of a session only must not take the name of its next one.
    id = urn(*urns) if found else urn(*urns, *(each for each, _ in left_out))
    return Composed(id, bundle(id, entries, at, zone), urns, left_out)


def observation_names(
    gateway: Gateway,
    patient: Patient,
    device: Device,
    kept: Kept,
    *,
    bounds: Bounds,
    zone: ZoneInfo,
) -> list[str]:
    """The fullUrls that this measurement's observations have in a bundle; none if it is left out.

    A measurement that was disowned since still has the names that it left with.
    """
    own = replace(kept, disowned=False)
    setting = Setting(gateway, patient, device, bounds, zone)
    return [each["fullUrl"] for each in measured(setting, [(own, taken(own, bounds, zone))])]


def bundle(id: str, entries: Sequence[Json], at: datetime, zone: ZoneInfo) -> bytes:
    return encoder.encode(
        {
            "resourceType": "Bundle",
            "identifier": identifier(urn_name(id)),
            "type": "transaction",
            "timestamp": instant(at, zone),
            "entry": entries,
        }
    )


def _left_out(kept: Sequence[Kept], timed: Timed) -> Iterator[tuple[str, LeftOut]]:
    whens = {one.id: when for one, when in timed}
    for one in kept:
        if one.disowned:
            yield one.id, LeftOut.DISOWNED
        elif why := whens[one.id].left_out:
            yield one.id, why
        elif not drafts(one.measurement):
            yield one.id, LeftOut.NOTHING_CODED
