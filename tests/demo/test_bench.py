"""The bench's buttons on a real broker, real devices and a real central service."""

import asyncio
import sys
import urllib.error
import urllib.request
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from hub.demo.child import Child
from hub.demo.visitor import Form, Page, VisitError, Visitor
from hub.demo.world import DemoError, World
from hub.settings import load

SLEEP = [sys.executable, "-c", "import time; time.sleep(600)"]


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    world = World(tmp_path, arrived=lambda _: None, ports=False)
    # The bench is tested here, not the hub: it is a process that can be killed, no more.
    world.hub = Child("hub", SLEEP, tmp_path / "hub.log")
    world.web = Child("web", SLEEP, tmp_path / "web.log")
    world.household.nonin.frame_s = 0
    async with world:
        yield world


@pytest.fixture
def bench(world: World) -> Visitor:
    return Visitor(world.addresses.bench)


async def press(bench: Visitor, action: str) -> Page:
    page = await asyncio.to_thread(bench.get, "/")
    form = next(it for it in page.forms if it.action == f"/do/{action}")
    return await asyncio.to_thread(bench.press, page, form)


async def test_take_puts_a_record_into_the_device(world: World, bench: Visitor) -> None:
    await press(bench, "take/cuff")
    await world.household.on_air["cuff"].until(lambda: world.household.on_air["cuff"].unread == 1)
    page = await asyncio.to_thread(bench.get, "/now")
    assert "advertising, 1 unread" in page.text


async def test_broker_stop_and_start(world: World, bench: Visitor) -> None:
    page = await press(bench, "stop/broker")
    assert (world.broker.is_running, "/do/start/broker" in page.text) == (False, True)
    await press(bench, "start/broker")
    assert world.broker.is_running


async def test_kill_brings_another_process_and_stop_none(world: World, bench: Visitor) -> None:
    await press(bench, "kill/hub")
    await press(bench, "stop/web")
    assert (world.hub.is_wanted, world.web.is_wanted, world.web.pid) == (True, False, None)


async def test_a_device_is_carried_away_and_its_clock_is_made_wrong(
    world: World, bench: Visitor
) -> None:
    page = await press(bench, "away/scale")
    assert "out of range" in page.text
    await press(bench, "clock/scale")
    assert world.household.on_air["scale"].clock.offset.total_seconds() == -3 * 3600
    await press(bench, "away/scale")
    assert not world.household.on_air["scale"].is_away


async def test_a_message_goes_to_the_patient(world: World, bench: Visitor) -> None:
    page = await asyncio.to_thread(bench.get, "/")
    form = Form("/message", "post", [("text", "  Husk blodtrykket. ")])
    page = await asyncio.to_thread(bench.press, page, form)
    assert page.status == 200


async def test_a_message_can_have_answers_and_the_bench_tells_which_was_chosen(
    world: World, bench: Visitor
) -> None:
    page = await asyncio.to_thread(bench.get, "/")
    form = Form("/message", "post", [("text", "Kan vi ringe?"), ("replies", "on")])
    await asyncio.to_thread(bench.press, page, form)
    world.central.acks += [
        {"id": "1", "detail": {"readAt": "2026-11-22T08:00:00Z"}},
        {"id": "2", "detail": {"readAt": "2026-11-22T09:00:00Z"}},
        {"id": "2", "detail": {"readAt": "2026-11-22T09:00:00Z", "reply": "Ja"}},
    ]
    page = await asyncio.to_thread(bench.get, "/now")
    assert "The patient: “Ja”, read" in page.text


async def test_the_service_is_paused_and_goes_on(world: World, bench: Visitor) -> None:
    await press(bench, "pause/on")
    assert world.is_paused
    await press(bench, "pause/off")
    assert not world.is_paused


@pytest.mark.parametrize(
    "action", ["pause/maybe", "take/toaster", "explode", "kill/kernel", "see/x", "away/nonin"]
)
async def test_what_is_no_action_is_not_found(bench: Visitor, action: str) -> None:
    page = await asyncio.to_thread(bench.get, "/")
    with pytest.raises(VisitError, match="404"):
        await asyncio.to_thread(bench.press, page, Form(f"/do/{action}", "post"))


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        pytest.param({"Sec-Fetch-Site": "cross-site"}, 403, id="from-another-site"),
        pytest.param({"Host": "evil.example"}, 400, id="under-another-name"),
    ],
)
async def test_pages_from_elsewhere_press_nothing(
    world: World, headers: dict[str, str], status: int
) -> None:
    address = f"{world.addresses.bench}do/stop/broker"
    request = urllib.request.Request(address, b"", headers, method="POST")  # noqa: S310

    def post() -> int:
        try:
            with urllib.request.urlopen(request, timeout=10) as response:  # noqa: S310
                return int(response.status)
        except urllib.error.HTTPError as error:
            with error:
                return error.code

    assert await asyncio.to_thread(post) == status
    assert world.broker.is_running


async def test_two_demos_never_share_a_directory(world: World) -> None:
    second = World(world.directory, arrived=lambda _: None, ports=False)
    with pytest.raises(DemoError, match="running already"):
        async with second:
            pass


async def test_the_settings_that_it_writes_are_ones_that_the_hub_takes(world: World) -> None:
    settings = load(world.directory / "hub.toml")
    assert settings.mqtt.port == world.broker.port
    assert settings.ble.radio.startswith("tcp-client:127.0.0.1:")
    oximeter = settings.serial[0].path
    assert oximeter is not None
    assert oximeter.is_symlink()
