"""`hub demo --once`: one reading from each device, one check-in, and the proof that each arrived
exactly once. Every stored bundle is one JSON line on stdout; progress goes to stderr.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TextIO

import msgspec

from hub import state
from hub.demo.central_bundle import OBSERVATION, QUESTIONNAIRE_RESPONSE
from hub.demo.central_store import Arrival
from hub.demo.central_view import numbers
from hub.demo.household import NONIN_KEY, Numbers
from hub.demo.visitor import VisitError, Visitor, check_in
from hub.settings import load

if TYPE_CHECKING:
    from hub.demo.world import World

DEADLINE_S = 120.0
POLL_S = 0.1
LOG_LINES = 20


@dataclass(frozen=True, slots=True)
class Expected:
    """Something that must be stored once: a reading by its numbers, or the check-in."""

    what: str
    numbers: Numbers | None

    def is_in(self, arrival: Arrival) -> bool:
        if self.numbers is None:
            return arrival.kind == QUESTIONNAIRE_RESPONSE
        return arrival.kind == OBSERVATION and self.numbers.items() <= numbers(arrival).items()


async def run(world: "World", out: TextIO, progress: TextIO) -> int:
    """The exit status."""
    expected: list[Expected] = []
    problems: list[str] = []
    try:
        async with asyncio.timeout(DEADLINE_S):
            await _ready(world, progress)
            expected = await _do_everything(world, progress)
            await _stored_and_receipted(world, expected, progress)
    except TimeoutError:
        problems.append(f"not finished after {DEADLINE_S:.0f} s")
    except VisitError as error:
        problems.append(f"the check-in failed: {error}")
    arrivals = world.central.arrivals()
    for arrival in arrivals:
        print(msgspec.json.format(arrival.body, indent=-1).decode(), file=out, flush=True)
    problems += _not_once(expected, arrivals)
    for problem in problems:
        _say(progress, f"FAILED: {problem}")
    if problems:
        _tell_logs(world, progress)
        return 1
    _say(progress, f"all {len(expected)} arrived, once each")
    return 0


def _not_once(expected: list[Expected], arrivals: list[Arrival]) -> list[str]:
    times = {one.what: sum(one.is_in(arrival) for arrival in arrivals) for one in expected}
    return [f"{what} was stored {count} times" for what, count in times.items() if count != 1]


async def _ready(world: "World", progress: TextIO) -> None:
    _say(progress, f"starting in {world.directory}")
    visitor = Visitor(world.addresses.kiosk)

    async def is_online() -> bool:
        return world.hub_is_online

    async def is_served() -> bool:
        return await asyncio.to_thread(_answers, visitor)

    await _until(is_online)
    _say(progress, "the hub is online")
    await _until(is_served)
    _say(progress, "the patient's screen answers")


async def _until(reached: Callable[[], Awaitable[bool]]) -> None:
    while True:
        if await reached():
            return
        await asyncio.sleep(POLL_S)


def _answers(visitor: Visitor) -> bool:
    try:
        return any("/check-in/" in link for link in visitor.get("/check-in").links)
    except VisitError:
        return False


async def _do_everything(world: "World", progress: TextIO) -> list[Expected]:
    keys = [*world.household.on_air, NONIN_KEY]
    taking = [asyncio.create_task(world.household.take(key)) for key in keys]
    visitor = Visitor(world.addresses.kiosk)
    thanks = await asyncio.to_thread(check_in, visitor)
    _say(progress, f"check-in done: {thanks.path}")
    taken = await asyncio.gather(*taking)
    _say(progress, f"readings taken: {', '.join(keys)}")
    readings = [Expected(key, them) for key, them in zip(keys, taken, strict=True)]
    return [*readings, Expected("check-in", None)]


async def _stored_and_receipted(world: "World", expected: list[Expected], progress: TextIO) -> None:
    waiting = list(expected)
    while waiting:
        arrivals = world.central.arrivals()
        for one in [it for it in waiting if any(it.is_in(arrival) for arrival in arrivals)]:
            waiting.remove(one)
            _say(progress, f"stored: {one.what}")
        await asyncio.sleep(POLL_S)
    with contextlib.closing(state.ledger(load(world.directory / "hub.toml"))) as ledger:

        async def is_drained() -> bool:
            return ledger.counts().waiting == 0

        await _until(is_drained)
    _say(progress, "the hub has every receipt")


def _tell_logs(world: "World", progress: TextIO) -> None:
    """The directory may be gone in a moment."""
    for child in (world.hub, world.web):
        lines = child.log_path.read_text("utf-8", "replace").splitlines()[-LOG_LINES:]
        _say(progress, "\n".join([f"--- the last of {child.log_path.name}", *lines]))


def _say(progress: TextIO, text: str) -> None:
    print(text, file=progress, flush=True)
