"""What a bundle tells of the session itself: how the clocks compared, and the battery."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal

from drivers.measurement import Unit, Value
from hub.records import Kept
from hub.uplink import codes
from hub.uplink.identifiers import urn, urn_name
from hub.uplink.observations import NUMERIC
from hub.uplink.resources import (
    ABSENT_REASON,
    PROFILES,
    Json,
    coded,
    concept,
    entry,
    identifier,
    mdc,
    number,
    patient_reference,
    reference,
)
from hub.uplink.setting import PERSONAL_HEALTH, Setting, Timed, clock_urn
from hub.uplink.timing import (
    ClockReport,
    LeftOut,
    clock_offset,
    effective,
    instant,
    local,
    on_hub_clock,
)

CLOCK_PROFILE = "PhdCoincidentTimeStampObservation"

# The battery is known as it was at the last connection, so an older session must not claim it.
BATTERY_IS_FRESH = timedelta(hours=1)


def clock_reports(setting: Setting, timed: Timed) -> Iterator[Json]:
    """The comparison of clocks behind the measurements: once for each session."""
    told: set[str] = set()
    for one, when in timed:
        if when.clock is None or when.left_out is LeftOut.TIME_UNKNOWN:
            continue
        own = clock_urn(one.reception.session, when.clock)
        if own not in told:
            told.add(own)
            yield entry(own, _clock_report(setting, one, when.clock, own), urn_name(own))


def _clock_report(setting: Setting, one: Kept, report: ClockReport, own: str) -> Json:
    return {
        "resourceType": "Observation",
        "meta": {"profile": [PROFILES + CLOCK_PROFILE]},
        "identifier": [identifier(urn_name(own))],
        "status": "final",
        "code": {"coding": [mdc(codes.ABSOLUTE_TIME)]},
        "subject": reference(setting.device_urn),
        **_received(setting, one),
        "device": reference(setting.gateway_urn),
        **_shown(setting, one, report),
    }


def _shown(setting: Setting, one: Kept, report: ClockReport) -> Json:
    offset, received = clock_offset(one), one.reception.received
    if report is ClockReport.FAULT or offset is None:
        return {"dataAbsentReason": coded(ABSENT_REASON, "unknown")}
    shown = on_hub_clock(local(received.wall, setting.zone) - offset, one, setting.zone)
    return {"valueDateTime": instant(shown, setting.zone)}


def _received(setting: Setting, one: Kept) -> Json:
    """When the session was; nothing at all where not even bounds are known."""
    received = one.reception.received
    if received.trusted:
        return effective(received.wall, None, None, setting.zone)
    after, before = setting.bounds(one)
    return effective(None, after, before, setting.zone) if after or before else {}


def batteries(setting: Setting, timed: Timed, at: datetime) -> Iterator[Json]:
    percent = setting.device.info.battery_percent
    sessions: set[str] = set()
    for one, _ in timed:
        received, session = one.reception.received, one.reception.session
        fresh = received.trusted and at - received.wall <= BATTERY_IS_FRESH
        if percent is not None and fresh and session not in sessions:
            sessions.add(session)
            yield _battery(setting, one, Value(Decimal(percent), Unit.PERCENT))


def _battery(setting: Setting, one: Kept, percent: Value) -> Json:
    own = urn("battery", one.reception.session)
    resource = {
        "resourceType": "Observation",
        "meta": {"profile": [PROFILES + NUMERIC]},
        "extension": setting.extensions(),
        "identifier": [identifier(urn_name(own))],
        "status": "final",
        "category": [PERSONAL_HEALTH],
        "code": concept(codes.BATTERY),
        "subject": patient_reference(setting.patient),
        **_received(setting, one),
        "device": reference(setting.device_urn),
        **number(percent),
    }
    return entry(own, resource, urn_name(own))
