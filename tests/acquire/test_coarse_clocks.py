"""A clock without seconds is right within its minute; a device is told goodbye after its clock."""

from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta
from typing import ClassVar

import pytest

from drivers.contract import BleDriver, BleMatch, Said
from drivers.errors import LinkLost
from drivers.links import GattLink
from drivers.replay import ReplayGattLink, Trace
from hub.acquire.session import Session, is_right
from hub.clock import ClockState, Moment
from hub.records import Whose
from tests.acquire.conftest import OSLO, Hub

NOW = Moment(datetime(2026, 11, 22, 9, 0, 42, tzinfo=UTC), 0, "boot", ClockState.NTP)
MINUTE = datetime(2026, 11, 22, 10, 0)  # noqa: DTZ001 - as a device shows it


class Minutes(BleDriver):
    """Shows no seconds."""

    id: ClassVar[str] = "minutes"
    match: ClassVar[BleMatch] = BleMatch()
    decoders: ClassVar = {}
    clock_step_s = 60

    def __init__(self, shows: datetime) -> None:
        super().__init__()
        self.shows = shows
        self.done: list[str] = []

    async def read(self, link: GattLink) -> AsyncGenerator[Said, None]:
        self.done.append("read")
        nothing: list[Said] = []
        for reading in nothing:
            yield reading

    async def read_clock(self, link: GattLink) -> datetime | None:
        return self.shows

    async def set_clock(self, link: GattLink, local: datetime) -> None:
        self.done.append("set")
        self.shows = local.replace(second=0)

    async def part(self, link: GattLink) -> None:
        self.done.append("part")
        raise LinkLost("write", "it was faster")


@pytest.mark.parametrize(
    ("offset_s", "step_s", "right"),
    [
        (5, 1, True),
        (6, 1, False),
        (-5, 1, True),
        (-6, 1, False),
        (64, 60, True),
        (65, 60, False),
        (-6, 60, False),
    ],
)
def test_how_far_off_is_right(offset_s: float, step_s: int, right: bool) -> None:
    assert is_right(offset_s, step_s) is right


@pytest.mark.parametrize(
    ("shows", "done"),
    [
        (MINUTE, ["read", "part"]),
        (MINUTE - timedelta(minutes=2), ["read", "set", "part"]),
        (MINUTE + timedelta(minutes=1), ["read", "set", "part"]),
    ],
)
async def test_a_session_with_a_clock_without_seconds(shows: datetime, done: list[str]) -> None:
    async def learn(_: object) -> None: ...

    driver = Minutes(shows)
    session = Session("K", Hub(), lambda: NOW, OSLO, learn, lambda *_: Whose.PATIENT)
    report = await session.run(driver, ReplayGattLink(Trace("", "", "", ())), 10)
    assert driver.done == done
    assert (report.errors, report.problem) == ([], None)
