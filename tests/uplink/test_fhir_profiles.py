"""Every kind of measurement, in every state of the clocks, is what the guide's profiles ask for."""

import asyncio
import json
import os
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import chain, product
from pathlib import Path

import pytest

from drivers.measurement import Absent, Comparator, Kind, Measurement, Quantity, Status, Unit
from drivers.replay import load_trace
from hub.records import Kept, Source
from hub.replay import play
from hub.uplink import codes, flags
from hub.uplink.alerts import AlertCode, alert
from hub.uplink.answers import questionnaire_response, taken_back
from tests.uplink.fhir_samples import (
    CUFF,
    GATEWAY,
    OSLO,
    PATIENT,
    RECEIVED,
    SHARED,
    SILENT,
    STAMP,
    WIRED,
    breath,
    composed,
    heart_rate,
    kept,
    ketone,
    measured,
    moment,
    nothing_known,
    pressure,
    sensor,
    temperature,
    value,
)

TRACES = Path(__file__).parents[1] / "traces"
CHECK = SHARED / "phd" / "check"
CACHE = Path(os.environ.get("PHDCHECK_CACHE", Path.home() / ".cache" / "phdcheck"))
DAY_S = 86_400.0
RESET = datetime(2000, 1, 1, 0, 1, 10)  # noqa: DTZ001 - a device's own clock
pytestmark = [
    pytest.mark.skipif(
        not CHECK.is_file(), reason="the guide's checker is not beside this checkout"
    ),
    pytest.mark.skipif(
        not CACHE.is_dir(),
        reason="the guide's checker has not been set up: run ../shared/phd/check once",
    ),
]


def of_every_kind() -> Iterator[Measurement]:
    yield pressure()
    yield measured(
        Kind.BLOOD_PRESSURE,
        {
            Quantity.SYSTOLIC: value("16.0", Unit.K_PA),
            Quantity.DIASTOLIC: value("11.60", Unit.K_PA),
            Quantity.MEAN_ARTERIAL_PRESSURE: value(None, Unit.K_PA, absent=Absent.NOT_A_NUMBER),
        },
    )
    yield measured(
        Kind.BODY_WEIGHT,
        {
            Quantity.BODY_WEIGHT: value("74.00", Unit.KILOGRAM),
            Quantity.BODY_MASS_INDEX: value("24.2", Unit.KG_PER_M2),
            Quantity.HEIGHT: value("1.750", Unit.METRE),
        },
    )
    yield measured(
        Kind.BODY_WEIGHT,
        {
            Quantity.BODY_WEIGHT: value("163.14", Unit.POUND),
            Quantity.HEIGHT: value("68.9", Unit.INCH),
        },
    )
    for site in codes.TEMPERATURE_SITES:
        yield temperature(details={"temperature_type": site})
    yield measured(
        Kind.PULSE_OXIMETRY,
        {
            Quantity.OXYGEN_SATURATION: value("94", Unit.PERCENT),
            Quantity.PULSE_RATE: value("88", Unit.PER_MINUTE),
            Quantity.PULSE_AMPLITUDE_INDEX: value("4.2", Unit.PERCENT),
        },
    )
    yield measured(
        Kind.PULSE_OXIMETRY,
        {quantity: value("90", Unit.PERCENT) for quantity in codes.OXIMETRY},
    )
    yield from glucose()
    yield from (ketone(), sensor(), sensor(Status.QUESTIONABLE), breath(), breath(Quantity.FVC))
    yield from (heart_rate(), heart_rate("812.5", None, "799"))
    yield sensor(Status.UNAUTHENTICATED, Status.CONTROL_SOLUTION)
    for quantity in codes.QUANTITIES:
        unit = UNITS.get(quantity, Unit.PERCENT)
        yield measured(Kind.BODY_COMPOSITION, {quantity: value("12.3", unit)}, stamp=None)


UNITS = {
    Quantity.BODY_WEIGHT: Unit.KILOGRAM,
    Quantity.HEIGHT: Unit.METRE,
    Quantity.BODY_MASS_INDEX: Unit.KG_PER_M2,
    Quantity.BODY_TEMPERATURE: Unit.CELSIUS,
    Quantity.PULSE_RATE: Unit.PER_MINUTE,
    Quantity.HEART_RATE: Unit.PER_MINUTE,
    Quantity.RESPIRATORY_RATE: Unit.PER_MINUTE,
}
"""Where R4 demands one."""


def glucose() -> Iterator[Measurement]:
    reading = {Quantity.GLUCOSE: value("6.3", Unit.MMOL_PER_L)}
    for sample in codes.SAMPLE_TYPES:
        yield measured(Kind.GLUCOSE, reading, details={"sample_type": sample})
    for detail, (_, words) in codes.FACTS.items():
        for word in (*words, "bedtime", codes.NOT_AVAILABLE):
            yield measured(Kind.GLUCOSE, reading, details={detail: word})
    context = {
        Quantity.CARBOHYDRATE: value("45", Unit.GRAM),
        Quantity.MEDICATION: value("0.5", Unit.MILLILITRE),
        Quantity.EXERCISE_DURATION: value("1800", Unit.SECOND),
        Quantity.EXERCISE_INTENSITY: value("60", Unit.PERCENT),
        Quantity.HBA1C: value("5.6", Unit.PERCENT),
    }
    high = value("600", Unit.MG_PER_DL, comparator=Comparator.GREATER)
    yield measured(Kind.GLUCOSE, {Quantity.GLUCOSE: high, **context})
    yield measured(Kind.GLUCOSE_CONTEXT, context, details={"carbohydrate_type": "lunch"})
    yield measured(Kind.GLUCOSE, {}, Status.STRIP_INSERTION_ERROR)


def recorded() -> Iterator[Measurement]:
    """What the drivers make of every trace."""
    for path in sorted(TRACES.glob("*.json")):
        for said in asyncio.run(play(load_trace(path))):
            if isinstance(said, Measurement):
                yield said


def special_values() -> Iterator[Measurement]:
    for absent in Absent:
        nothing = value(None, Unit.CELSIUS, absent=absent)
        yield measured(Kind.BODY_TEMPERATURE, {Quantity.BODY_TEMPERATURE: nothing})


def every_status() -> Iterator[Measurement]:
    saturation = {Quantity.OXYGEN_SATURATION: value("94", Unit.PERCENT)}
    for status in Status:
        yield measured(Kind.PULSE_OXIMETRY, saturation, status)
    for kind, bits in flags.BITS.items():
        yield measured(kind, {}, *bits.flags)
    yield pressure(*Status)


def every_clock() -> Iterator[Kept]:
    states = product((STAMP, None, RESET), (9.0, None, 40 * DAY_S), (True, False), (True, False))
    for number, (stamp, offset_s, trusted, live) in enumerate(states):
        yield kept(
            temperature(stamp=stamp),
            number,
            received=moment(trusted=trusted),
            offset_s=offset_s,
            live=live,
            session=f"session-{number}",
        )


def some_bounds(_: Kept) -> tuple[datetime | None, datetime | None]:
    return RECEIVED - timedelta(hours=3), RECEIVED + timedelta(hours=2)


def before_only(_: Kept) -> tuple[datetime | None, datetime | None]:
    return None, RECEIVED + timedelta(hours=2)


def payloads() -> Iterator[bytes]:
    measurements = enumerate(chain(of_every_kind(), recorded(), special_values(), every_status()))
    yield composed(*(kept(each, number) for number, each in measurements)).body
    for bounds in (some_bounds, before_only, nothing_known):
        yield composed(*every_clock(), bounds=bounds).body
    for device in (SILENT, WIRED):
        yield composed(kept(temperature(), device=device), device=device).body
    yield composed().body
    yield from reports()


def reports() -> Iterator[bytes]:
    at = datetime(2026, 11, 22, 11, tzinfo=UTC)
    for code in AlertCode:
        for clearing in (None, "Målt kl. 12.10"):
            yield alert(
                GATEWAY,
                PATIENT,
                code,
                about="one",
                text="Planlagt måling ikke utført",
                severity="moderate",
                at=at,
                zone=OSLO,
                observations=["urn:uuid:6e5120ee-8d61-57c8-9659-c12355c11767"],
                device=CUFF,
                clearing=clearing,
            )[1]
    answered = [{"linkId": "1", "answer": [{"valueDecimal": "37.20"}]}]
    for items, source in product(([], answered), Source):
        body = questionnaire_response(
            PATIENT,
            check_in="check-in-1",
            questionnaire="https://example.org/q|1",
            items=items,
            authored=at,
            zone=OSLO,
            source=source,
        )[1]
        yield from (body, taken_back("check-in-1", body, at, OSLO)[1])


def one_by_one(body: bytes) -> Iterator[bytes]:
    """A large bundle would be checked twice over: as a whole, then each resource in it."""
    payload = json.loads(body)
    resources = [entry["resource"] for entry in payload.get("entry", [])] or [payload]
    yield from (json.dumps(resource).encode() for resource in resources)


def test_every_payload_meets_the_profiles_that_it_names(tmp_path: Path) -> None:
    whole = composed(kept(pressure(Status.IRREGULAR_PULSE))).body
    bodies = dict.fromkeys(chain([whole], *map(one_by_one, payloads())))
    files = [tmp_path / f"{number:04}.json" for number, _ in enumerate(bodies)]
    for path, body in zip(files, bodies, strict=True):
        path.write_bytes(body)
    run = subprocess.run([CHECK, *files], capture_output=True, text=True, check=False)
    lines = run.stdout.splitlines()
    faults = [line for line in lines if line.startswith(("FAIL", "      "))]
    assert faults == [], "\n".join(faults[:40])
    assert sum(line.startswith("ok ") for line in lines) >= len(files), run.stderr
