"""The clock of i-SENS meters: asked for, set, and only where it is one."""

from datetime import datetime

import pytest

from drivers.contract import Said
from drivers.gatt.glucose import Glucose
from drivers.links import uuid16
from drivers.measurement import Measurement
from drivers.replay import ReplayGattLink, Step, Trace
from drivers.vendor.isens_caresens import CLOCK, shown_by

MOMENT = datetime(2018, 11, 29, 22, 45, 59)  # noqa: DTZ001  a meter's clock has no zone
ASKED = "c003010000000000000000"
SHOWN = "00000000e2070b1d162d3b"
EARLIER = "fff1"


def link_of(*steps: Step, reads: dict[str, str | None] | None = None) -> ReplayGattLink:
    return ReplayGattLink(Trace("", "", "", steps, reads=reads))


def asked(clock: str, answer: str = SHOWN) -> tuple[Step, ...]:
    return {"write": clock, "payload": ASKED}, {"notify": clock, "payload": answer}


async def test_the_clock_is_asked_for() -> None:
    link = link_of(*asked(CLOCK))
    assert await Glucose().read_clock(link) == MOMENT
    assert link.written == [(CLOCK, bytes.fromhex(ASKED))]
    assert link.subscribed == [CLOCK]


async def test_it_is_set_and_asked_again_without_a_second_subscription() -> None:
    link, meter = link_of(*asked(CLOCK), *asked(CLOCK)), Glucose()
    await meter.read_clock(link)
    await meter.set_clock(link, MOMENT)
    assert link.written[1] == (CLOCK, bytes.fromhex("c0030100e2070b1d162d3b"))
    assert await meter.read_clock(link) == MOMENT
    assert link.subscribed == [CLOCK]


async def test_the_earlier_clock_needs_to_be_told_of() -> None:
    told = Glucose(oddities=("isens-clock",))
    assert await told.read_clock(link_of(*asked(EARLIER))) == MOMENT
    stranger = link_of(*asked(EARLIER))
    assert await Glucose().read_clock(stranger) is None
    await Glucose().set_clock(stranger, MOMENT)
    assert stranger.written == []


async def test_a_meter_with_a_standard_clock_is_set_as_such() -> None:
    link = link_of(reads={"2a08": "e2070b1d162d3b"})
    meter = Glucose(oddities=("isens-clock",))
    assert await meter.read_clock(link) == MOMENT
    await meter.set_clock(link, MOMENT)
    assert link.written == [(uuid16(0x2A08), bytes.fromhex("e2070b1d162d3b"))]


async def test_a_clock_that_does_not_answer_is_none() -> None:
    assert await Glucose().read_clock(link_of({"write": CLOCK, "payload": ASKED})) is None


@pytest.mark.parametrize("answer", ["", "00000000", "00000000e2070b1d162d", SHOWN + "00"])
def test_what_is_no_time_is_none(answer: str) -> None:
    assert shown_by(bytes.fromhex(answer)) is None


async def test_a_late_answer_of_the_clock_is_no_record() -> None:
    """It confirms a new time when it likes, also between the records."""
    steps: tuple[Step, ...] = (
        *asked(CLOCK),
        {"write": "2a52", "payload": "0101"},
        {"notify": "2a18", "payload": "020700ea070b16080f2f6fb011"},
        {"notify": CLOCK, "payload": SHOWN},
        {"notify": "2a52", "payload": "06000101"},
    )
    link, meter = link_of(*steps), Glucose()
    await meter.read_clock(link)
    said: list[Said] = [one async for one in meter.read(link)]
    assert [one.sequence for one in said if isinstance(one, Measurement)] == [7]
    assert len(said) == 2
