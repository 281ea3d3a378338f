"""A session's dealings with the device's clock. No radio: a driver that only has a clock."""

from collections.abc import AsyncGenerator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import ClassVar

import pytest

from drivers.contract import BleDriver, BleMatch, Said
from drivers.errors import LinkRefused
from drivers.links import GattLink
from drivers.replay import ReplayGattLink, trace_of
from hub.acquire.session import Report, Session
from hub.clock import ClockState, Moment
from hub.records import Whose
from tests.acquire.conftest import OSLO, Hub

NOW = Moment(datetime(2026, 11, 22, 9, 0, tzinfo=UTC), 0, "boot", ClockState.NTP)
LOCAL = datetime(2026, 11, 22, 10, 0)  # noqa: DTZ001 - as a device shows it
LOST = datetime(2000, 1, 1)  # noqa: DTZ001
SILENT = trace_of({"driver": "", "device": "", "source": "", "steps": [], "expect": []})


class Clocked(BleDriver):
    """shows     what its clock shows
    obeys     whether it keeps what is written
    refuses   says no to being set; `mute` to being read
    """

    id: ClassVar[str] = "clocked"
    match: ClassVar[BleMatch] = BleMatch()
    decoders: ClassVar = {}

    def __init__(
        self,
        shows: datetime | None,
        *,
        obeys: bool = True,
        refuses: bool = False,
        mute: bool = False,
    ) -> None:
        super().__init__()
        self.shows = shows
        self.obeys = obeys
        self.refuses = refuses
        self.mute = mute
        self.written: list[datetime] = []

    async def read(self, link: GattLink) -> AsyncGenerator[Said, None]:
        return
        yield

    async def read_clock(self, link: GattLink) -> datetime | None:
        if self.mute:
            raise LinkRefused("read", "not permitted")
        return self.shows

    async def set_clock(self, link: GattLink, local: datetime) -> None:
        if self.refuses:
            raise LinkRefused("write", "not permitted")
        self.written.append(local)
        if self.obeys:
            self.shows = local


async def run(driver: Clocked, now: Moment = NOW) -> Report:
    async def learn(_: object) -> None: ...

    session = Session("K", Hub(), lambda: now, OSLO, learn, lambda *_: Whose.PATIENT)
    return await session.run(driver, ReplayGattLink(SILENT), 10)


@pytest.mark.parametrize(
    ("driver", "written", "lost", "errors"),
    [
        pytest.param(Clocked(LOCAL), 0, False, 0, id="right"),
        pytest.param(Clocked(LOCAL - timedelta(hours=1)), 1, False, 0, id="an hour slow"),
        pytest.param(Clocked(LOST), 1, False, 0, id="lost and set"),
        pytest.param(Clocked(LOST, refuses=True), 0, True, 1, id="lost and not to be set"),
        pytest.param(Clocked(LOST, obeys=False), 1, True, 1, id="lost, and it stays so"),
        pytest.param(
            Clocked(LOCAL - timedelta(hours=1), refuses=True), 0, False, 1, id="only wrong"
        ),
        pytest.param(Clocked(None), 1, False, 0, id="it does not know its date"),
        pytest.param(Clocked(None, obeys=False), 1, False, 0, id="it has no clock"),
        pytest.param(Clocked(None, refuses=True), 0, False, 0, id="it neither tells nor takes it"),
        pytest.param(Clocked(LOST, mute=True), 0, False, 1, id="it lets nobody look"),
    ],
)
async def test_what_becomes_of_a_clock(
    driver: Clocked, written: int, lost: bool, errors: int
) -> None:
    report = await run(driver)
    assert driver.written == [LOCAL] * written
    assert report.clock_is_lost is lost
    assert len(report.errors) == errors
    assert report.problem is None


async def test_a_hub_that_does_not_know_the_time_says_nothing_about_clocks() -> None:
    driver = Clocked(LOST)
    report = await run(driver, replace(NOW, state=ClockState.RESTORED))
    assert not driver.written
    assert not report.clock_is_lost
