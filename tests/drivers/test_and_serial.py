"""A&D's scales and blood pressure monitors on a serial port."""

from decimal import Decimal

import pytest

from drivers.contract import Reading, SerialSettings
from drivers.errors import BadChecksum, LinkLost, PayloadError
from drivers.measurement import Measurement, Quantity, Rejected, Status, Unit
from drivers.replay import ReplaySerialLink, Step, Trace
from drivers.wired.and_scale import AndScale, decode_weight
from drivers.wired.and_tm2657 import AndTm2657, decode_pressure

SILENCE: Step = {"silence": True}
ZERO = "ST,+00000.00  kg"
CAPTURED = (
    b"\x0100\x02TM2657\x1e2411121014\x1eRA\x1eM\x1eE00\x1eS127\x1eM 97\x1eD 76\x1eP 78\x1eI00\x1e"
    b"L232\x1ep173\x1ei 0\x1em0\x1er0\x1et 35\x1ecN\x1el  \x1ed\x1eh     \x1es     \x1ew      \x1e"
    b"f      \x1ee      \x1eb     \x1e\x03J"
)


async def stored(*lines: str | Step) -> list[Reading]:
    steps = tuple(
        {"receive": f"{line}\r\n".encode().hex()} if isinstance(line, str) else line
        for line in lines
    )
    seen: list[Reading] = []
    with pytest.raises(LinkLost):
        async for reading in AndScale().read(ReplaySerialLink(Trace("", "", "", steps))):
            seen.append(reading)
    return seen


def weights(readings: list[Reading]) -> list[Decimal | None]:
    return [
        one.values[Quantity.BODY_WEIGHT].number for one in readings if isinstance(one, Measurement)
    ]


async def test_one_load_is_one_weight_the_last_stable_one() -> None:
    load = ("ST,+00071.00  kg", "US,+00072.00  kg", "ST,+00072.50  kg", "ST,+00072.50  kg")
    assert weights(await stored(*load, "US,+00031.00  kg", ZERO, ZERO)) == [Decimal("72.50")]
    assert weights(await stored(*load, ZERO, *load, "ST,-00000.05  kg")) == [Decimal("72.50")] * 2


async def test_a_scale_that_sends_on_a_key_falls_silent() -> None:
    seen = await stored("ST,+00072.50  kg", SILENCE, SILENCE, "ST,+00072.50  kg", SILENCE)
    assert weights(seen) == [Decimal("72.50")] * 2


async def test_an_unplugged_scale_does_not_lose_the_weight() -> None:
    assert weights(await stored("ST,+00072.50  kg")) == [Decimal("72.50")]


async def test_what_never_became_stable_is_no_weight() -> None:
    assert await stored("US,+00072.50  kg", ZERO, "OL,+99999999  kg", "QT,+00000012  PC") == []


async def test_a_damaged_stable_weight_is_kept_as_it_came() -> None:
    (seen,) = await stored("ST,+0007#.50  kg")
    assert isinstance(seen, Rejected)
    assert await stored("hello world", "ST,+00072.50  stone ZZ" + "Z" * 40) == []


@pytest.mark.parametrize(
    ("text", "unit"), [("kg", Unit.KILOGRAM), ("lb", Unit.POUND), ("g", Unit.GRAM)]
)
def test_units(text: str, unit: Unit) -> None:
    seen = decode_weight(f"ST,+00012.30{text:>4}\r\n".encode())
    assert seen.values[Quantity.BODY_WEIGHT].unit is unit


def test_line_settings() -> None:
    assert AndScale.settings == SerialSettings(2400, data_bits=7, parity="E")
    assert AndTm2657.settings == SerialSettings(2400)


def test_the_captured_measurement() -> None:
    seen = decode_pressure(CAPTURED)
    assert seen.values[Quantity.SYSTOLIC].number == Decimal(127)
    assert seen.status == ()
    with pytest.raises(BadChecksum):
        decode_pressure(CAPTURED[:-1] + b"K")


def changed(old: bytes, new: bytes) -> bytes:
    """The captured frame with a field exchanged and its right sum."""
    frame = CAPTURED[:-1].replace(old, new)
    total = 0
    for octet in frame:
        total ^= octet
    return frame + bytes((total,))


@pytest.mark.parametrize(
    ("old", "new", "status"),
    [
        (b"i 0", b"i12", (Status.IRREGULAR_PULSE,)),
        (b"m0", b"m1", (Status.BODY_MOVEMENT,)),
        (b"2411121014", b"2400001014", (Status.TIME_FAULT,)),
        (b"E00", b"E42", (Status.UNSUCCESSFUL,)),
    ],
)
def test_marks(old: bytes, new: bytes, status: tuple[Status, ...]) -> None:
    assert decode_pressure(changed(old, new)).status == status


@pytest.mark.parametrize(
    ("old", "new"), [(b"S127", b"Sxyz"), (b"\x1eD 76", b""), (b"TM2657", b"XX2657")]
)
def test_what_is_not_a_measurement(old: bytes, new: bytes) -> None:
    with pytest.raises(PayloadError):
        decode_pressure(changed(old, new))


async def test_monitors_are_waited_for() -> None:
    steps: tuple[Step, ...] = (SILENCE, {"receive": "1616" + CAPTURED.hex()}, SILENCE)
    readings = AndTm2657().read(ReplaySerialLink(Trace("", "", "", steps)))
    assert await anext(readings) == decode_pressure(CAPTURED)
    with pytest.raises(LinkLost):
        await anext(readings)
