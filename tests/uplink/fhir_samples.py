"""Measurements, devices and sessions for the tests of FHIR."""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5
from zoneinfo import ZoneInfo

from drivers.measurement import (
    Absent,
    Comparator,
    DeviceInfo,
    Kind,
    Measurement,
    Quantity,
    Status,
    Unit,
    Value,
)
from hub.clock import ClockState, Moment
from hub.records import Device, Kept, Reception
from hub.settings import Patient
from hub.uplink.fhir import Composed, compose
from hub.uplink.resources import Gateway

SHARED = Path(__file__).parents[2] / ".." / "shared"
EXAMPLES = SHARED / "contract" / "examples"

OSLO = ZoneInfo("Europe/Oslo")
PATIENT = Patient(system="urn:oid:2.999.1.2.3.4", value="p-7f3a9c")
GATEWAY = Gateway(
    hub="020000FFFE123456",
    software="0.1.0",
    manufacturer="example",
    model="dho-hub",
    serial="0001",
)
JOINED = datetime(2026, 11, 1, tzinfo=UTC)
RECEIVED = datetime(2026, 11, 22, 7, 16, 4, tzinfo=UTC)
STAMP = datetime(2026, 11, 22, 8, 15, 38)  # noqa: DTZ001 - a device's own clock

Json = dict[str, Any]

CUFF = Device(
    key="C4F312FFFE53F2C9",
    address="C4:F3:12:53:F2:C9",
    transport="ble",
    driver="gatt-blood-pressure",
    name="Blodtrykk",
    info=DeviceInfo(
        manufacturer="A&D Medical",
        model="UA-651BLE",
        serial="5181000124",
        firmware="BLP009_02_005",
        system_id="C4F312FFFE53F2C9",
        battery_percent=95,
    ),
    joined_at=JOINED,
)
SILENT = Device(
    key="A1B2C3D4E5F6",
    address="A1:B2:C3:D4:E5:F6",
    transport="ble",
    driver="gatt-weight-scale",
    name="Vekt",
    joined_at=JOINED,
)
WIRED = Device(
    key="00000000DEADBEEF",
    address="/dev/serial/by-id/usb-1",
    transport="serial",
    driver="nonin-8",
    name="Oksymeter",
    joined_at=JOINED,
)


def value(
    number: str | None,
    unit: Unit,
    *,
    comparator: Comparator | None = None,
    absent: Absent | None = None,
) -> Value:
    return Value(None if number is None else Decimal(number), unit, comparator, absent)


def measured(
    kind: Kind,
    values: Mapping[Quantity, Value],
    *status: Status,
    stamp: datetime | None = STAMP,
    details: Mapping[str, str] | None = None,
    series: Mapping[Quantity, tuple[Value, ...]] | None = None,
) -> Measurement:
    return Measurement(
        kind,
        values,
        (b"\x00",),
        stamp,
        status=status,
        details=details or {},
        series=series or {},
    )


def pressure(*status: Status, stamp: datetime | None = STAMP) -> Measurement:
    return measured(
        Kind.BLOOD_PRESSURE,
        {
            Quantity.SYSTOLIC: value("118", Unit.MM_HG),
            Quantity.DIASTOLIC: value("87", Unit.MM_HG),
            Quantity.MEAN_ARTERIAL_PRESSURE: value("99", Unit.MM_HG),
            Quantity.PULSE_RATE: value("93", Unit.PER_MINUTE),
        },
        *status,
        stamp=stamp,
    )


def temperature(number: str | None = "37.9", *status: Status, **more: Any) -> Measurement:
    shown = value(number, Unit.CELSIUS, absent=None if number else Absent.NOT_A_NUMBER)
    return measured(Kind.BODY_TEMPERATURE, {Quantity.BODY_TEMPERATURE: shown}, *status, **more)


def heart_rate(*intervals: str | None) -> Measurement:
    """Of a chest strap, which has no clock."""
    return measured(
        Kind.HEART_RATE,
        {
            Quantity.HEART_RATE: value("72", Unit.PER_MINUTE),
            Quantity.ENERGY_EXPENDED: value("31", Unit.KILOJOULE),
        },
        stamp=None,
        series={Quantity.RR_INTERVAL: tuple(value(one, Unit.MILLISECOND) for one in intervals)},
    )


def sensor(*status: Status) -> Measurement:
    return measured(
        Kind.CONTINUOUS_GLUCOSE,
        {
            Quantity.GLUCOSE: value("123", Unit.MG_PER_DL),
            Quantity.GLUCOSE_TREND: value("-0.7", Unit.MG_PER_DL_PER_MINUTE),
            Quantity.GLUCOSE_QUALITY: value("97", Unit.PERCENT),
        },
        *status,
    )


def ketone(number: str = "0.4") -> Measurement:
    return measured(Kind.KETONE, {Quantity.KETONE: value(number, Unit.MMOL_PER_L)})


def breath(*more: Quantity) -> Measurement:
    litres = {quantity: value("1.92", Unit.LITRE) for quantity in (Quantity.FEV1, *more)}
    return measured(Kind.SPIROMETRY, {Quantity.PEF: value("312", Unit.LITRE_PER_MINUTE), **litres})


def moment(at: datetime = RECEIVED, *, trusted: bool = True) -> Moment:
    state = ClockState.NTP if trusted else ClockState.RESTORED
    return Moment(at, mono_ms=1_000, boot_id="boot", state=state)


def kept(
    measurement: Measurement,
    number: int = 1,
    *,
    device: Device = CUFF,
    received: Moment | None = None,
    offset_s: float | None = 9.0,
    live: bool = True,
    session: str = "session-1",
    disowned: bool = False,
) -> Kept:
    reception = Reception(device.key, device.driver, session, received or moment(), offset_s, live)
    name = f"{number} {measurement.kind} {measurement.device_time} {session}"
    return Kept(str(uuid5(NAMESPACE_URL, name)), number, measurement, reception, disowned)


Ends = tuple[datetime | None, datetime | None]


def nothing_known(_: Kept) -> Ends:
    return None, None


def composed(
    *rows: Kept,
    device: Device = CUFF,
    bounds: Callable[[Kept], Ends] = nothing_known,
    zone: ZoneInfo = OSLO,
    at: datetime = datetime(2026, 11, 22, 7, 16, 5, tzinfo=UTC),
) -> Composed:
    return compose(GATEWAY, PATIENT, device, rows, bounds=bounds, zone=zone, at=at)


def resources(bundle: Composed) -> list[Json]:
    """Exact: numbers keep their decimals."""
    whole = json.loads(bundle.body, parse_float=Decimal)
    return [entry["resource"] for entry in whole["entry"]]


def observations(bundle: Composed) -> dict[str, Json]:
    """By the MDC code, or the text; the clock comparison and the battery are among them."""
    return {
        each["code"]["coding"][0]["code"]
        if "coding" in each["code"]
        else each["code"]["text"]: each
        for each in resources(bundle)
        if each["resourceType"] == "Observation"
    }


def one_observation(measurement: Measurement, **more: Any) -> Json:
    """The first observation of the patient."""
    device = more.get("device", CUFF)
    found = [
        each
        for each in resources(composed(kept(measurement, **more), device=device))
        if "category" in each
    ]
    return found[0]


def names(observation: Json) -> list[str]:
    return [each["value"] for each in observation["identifier"]]


def only(found: Sequence[Json]) -> Json:
    (one,) = found
    return one
