"""`hub capture`: a session becomes a trace that replays, and tells neither who nor where."""

import asyncio
import io
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from hub import replay
from hub.acquire.ble import Backends
from hub.acquire.pairing import Pairing
from hub.capture import CaptureError, Wish, capture, run
from hub.demo.air import Air
from hub.demo.peripherals.blood_pressure import BloodPressureCuff
from hub.demo.radio import attach_radio, close_radio
from hub.settings import Hub, Mqtt, Patient, Settings
from hub.traces import written
from tests.acquire.conftest import CUFF, IMPATIENT, joined, receiving
from tests.acquire.conftest import Hub as House
from tests.books import documents_at


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(
        hub=Hub(id="0200000000000001", state_dir=tmp_path),
        patient=Patient(system="s", value="v"),
        mqtt=Mqtt(host="localhost", tenant="1"),
        ble=IMPATIENT,
    )


@pytest.fixture
async def radio(air: Air, tmp_path: Path) -> Any:
    backends = await attach_radio(air, tmp_path)
    yield backends
    await close_radio(backends)


async def recorded(settings: Settings, radio: Backends, wish: Wish, cuff: BloodPressureCuff) -> Any:
    recording = asyncio.ensure_future(capture(settings, wish, io.StringIO(), radio))
    await cuff.take_measurement(128, 82, 64)
    return await recording


async def test_a_session_becomes_a_trace_that_replays(
    settings: Settings, radio: Backends, cuff: BloodPressureCuff, tmp_path: Path
) -> None:
    trace = await recorded(settings, radio, Wish("ua-651", 20), cuff)
    file = tmp_path / "cuff.json"
    file.write_text(written(trace), "utf-8")
    out = io.StringIO()
    assert await asyncio.to_thread(replay.run, file, out) == replay.OK
    reading = json.loads(out.getvalue())
    assert reading["values"]["systolic"]["value"] == 128
    assert trace["driver"] == "gatt-blood-pressure"
    assert trace["device"] == "A&D Medical UA-651BLE 1.0.0"


async def test_it_does_not_tell_who_where_or_when(
    settings: Settings, radio: Backends, cuff: BloodPressureCuff
) -> None:
    trace = await recorded(settings, radio, Wish("ua-651", 20), cuff)
    text = written(trace)
    identity = cuff.identity
    for secret in (CUFF, "A10001", identity.serial, identity.serial.encode().hex()):
        assert secret not in text
    assert identity.system_id.lower() not in text.lower()
    [reading] = trace["expect"]
    assert datetime.fromisoformat(reading["device_time"]).year in (2000, 2001)
    assert datetime.now(UTC).strftime("%Y-%m-%d") not in text


async def test_a_device_that_no_driver_reads_is_explored(
    settings: Settings,
    radio: Backends,
    cuff: BloodPressureCuff,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("drivers.catalogue.models", tuple)
    monkeypatch.setattr("drivers.registry.DRIVERS", ())
    monkeypatch.setattr("drivers.registry.choose.__defaults__", ((),))
    trace = await recorded(settings, radio, Wish("ua-651", 1), cuff)
    assert trace["driver"] == ""
    assert {"2a35", "2a24", "2a19"} <= set(trace["offers"])
    assert trace["reads"]["2a49"] == "0700"
    assert [step["notify"] for step in trace["steps"]] == ["2a35"]


async def test_a_joined_device_is_not_asked_because_its_readings_would_be_lost(
    settings: Settings, radio: Backends, cuff: BloodPressureCuff, tmp_path: Path
) -> None:
    documents = documents_at(tmp_path / "documents", writable=True)
    documents.put_device(replace(joined(), address=CUFF))
    with pytest.raises(CaptureError, match="has joined"):
        await recorded(settings, radio, Wish("ua-651", 20), cuff)
    assert cuff.unread == 1


def test_a_device_that_is_not_there_is_one_clear_line(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def silence(*_: object) -> None:
        raise CaptureError("nobody was not heard in 1 s")

    monkeypatch.setattr("hub.capture.capture", silence)
    out = io.StringIO()
    assert run(settings, Wish("nobody", 1), tmp_path / "trace.json", out) == 1
    assert out.getvalue() == "nobody was not heard in 1 s\n"
    assert not (tmp_path / "trace.json").exists()


async def test_waiting_has_an_end(settings: Settings, radio: Backends) -> None:
    with pytest.raises(CaptureError, match="not heard"):
        await capture(settings, Wish("nobody", 0.05), io.StringIO(), radio)


async def test_the_next_session_of_a_joined_device_is_written_down_and_stored(
    air: Air, cuff: BloodPressureCuff, tmp_path: Path
) -> None:
    hub, pairing = House(), Pairing(window_s=60)
    hub.mine = {CUFF: joined()}
    key = joined().key
    hub.recordings.ask(key)
    assert hub.notes[f"recording {key}"] == {"trace": None}
    async with receiving(await attach_radio(air, tmp_path), hub, pairing):
        await cuff.take_measurement(128, 82, 64)
        await hub.until(lambda: hub.statuses.get(key, {}).get("state") == "paired")
    assert len(hub.kept) == 1
    note = hub.notes[f"recording {key}"]
    assert isinstance(note, dict)
    trace = json.loads(note["trace"])
    assert trace["expect"][0]["values"]["systolic"]["value"] == 128
    assert CUFF not in note["trace"]


async def test_only_what_was_asked_for_is_written_down(
    air: Air, cuff: BloodPressureCuff, tmp_path: Path
) -> None:
    hub = House()
    hub.mine = {CUFF: joined()}
    hub.recordings.ask("another")
    async with receiving(await attach_radio(air, tmp_path), hub, Pairing(window_s=60)):
        await cuff.take_measurement(128, 82, 64)
        await hub.until(lambda: hub.kept)
    assert list(hub.notes) == ["recording another"]
