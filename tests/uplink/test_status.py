"""The retained words about the hub and its devices, against the contract's examples."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from hub.clock import ClockState, Moment
from hub.records import OutboxCounts, Task
from hub.uplink import status
from hub.uplink.board import Board
from hub.uplink.envelope import Publication
from hub.uplink.status import DeviceStatus, Facts

EXAMPLES = Path(__file__).parents[2] / ".." / "shared" / "contract" / "examples"
BOOT = "6f1f3c1e-0f6a-4a76-9b6e-0a4f0c1f2d11"
HUB = "020000FFFE123456"

needs_contract = pytest.mark.skipif(
    not EXAMPLES.exists(), reason="the contract is not beside this checkout"
)


def example(name: str) -> Any:
    return json.loads((EXAMPLES / name).read_text())


@needs_contract
def test_the_will_is_the_contracts_example() -> None:
    text = status.offline(HUB, 412, BOOT, "connection-lost")
    assert json.loads(text) == example("hub-status.will.json")


@needs_contract
def test_online_has_everything_that_the_contracts_example_has() -> None:
    wanted = example("hub-status.online.json")
    text = status.online(
        HUB,
        412,
        Moment(datetime(2026, 11, 22, 6, 0, 1, tzinfo=UTC), 1, BOOT, ClockState.NTP),
        Facts(
            **{name: wanted[name] for name in ("sw", "clock", "storage", "net", "power")},
            drivers=("gatt-weight-scale",),
        ),
        OutboxCounts(0, 0, None),
        wanted["reported"],
    )
    said = json.loads(text)
    assert said["supports"]["drivers"] == ["gatt-weight-scale"]
    assert said["outbox"] == {"pending": 0, "parked": 0, "oldest": None}
    assert said["ts"] == "2026-11-22T06:00:01.000Z"
    same = wanted.keys() - {"outbox", "ts"}
    assert {name: said[name] for name in same} == {name: wanted[name] for name in same}


@needs_contract
def test_a_device_is_the_contracts_example() -> None:
    wanted = example("device-status.json")
    device = DeviceStatus(
        device_key="C4F312FFFE53F2C9",
        state="paired",
        last_seen=datetime(2026, 11, 22, 8, 16, 4, tzinfo=UTC),
        last_measurement=datetime.fromisoformat("2026-11-22T08:15:47+01:00"),
        battery_pct=95,
        clock_offset_s=-9,
        fhir=wanted["fhir"],
    )
    assert json.loads(device.payload()) == wanted


def test_a_device_that_needs_somebody_says_for_what() -> None:
    device = DeviceStatus(device_key="C4F312FFFE53F2C9", state="auth-failed", task=Task.BOND_LOST)
    assert json.loads(device.payload())["task"] == "bond-lost"


class Broker:
    def __init__(self) -> None:
        self.code = 0
        self.got: list[tuple[str, bytes]] = []

    async def publish(self, publication: Publication) -> int:
        assert publication.retain
        self.got.append((publication.topic, publication.payload))
        return self.code


async def test_only_what_changed_is_published_and_the_first_topic_first() -> None:
    board, broker = Board(first="status"), Broker()
    board.put("device/a", b"1")
    board.put("status", b"on")
    board.put("device/a", b"2")
    await board.flush(broker.publish)
    await board.flush(broker.publish)
    board.put("device/a", b"3")
    board.put("status", b"on")
    await board.flush(broker.publish)
    assert broker.got == [("status", b"on"), ("device/a", b"2"), ("device/a", b"3")]


async def test_a_broker_that_lost_everything_gets_everything() -> None:
    board, broker = Board(first="status"), Broker()
    board.put("status", b"on")
    await board.flush(broker.publish)
    board.forget()
    await board.flush(broker.publish)
    assert broker.got == [("status", b"on")] * 2


async def test_what_the_broker_refused_is_offered_again_with_the_next_change() -> None:
    board, broker = Board(first="status"), Broker()
    broker.code = 0x87
    board.put("status", b"on")
    await board.flush(broker.publish)
    broker.code = 0
    await board.flush(broker.publish)
    await board.flush(broker.publish)
    assert broker.got == [("status", b"on")] * 2
