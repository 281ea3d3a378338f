"""The O2Ring: asked until it is sure, once a quarter of an hour, whatever the link does."""

from collections.abc import AsyncIterator, Mapping
from datetime import datetime

import pytest

from drivers.contract import Advertisement, Said
from drivers.errors import (
    BadChecksum,
    LinkTimeout,
    NoDriver,
    ProcedureFailed,
    TruncatedPayload,
)
from drivers.measurement import Learned, Measurement, Quantity, Status
from drivers.registry import choose
from drivers.vendor.viatom_o2ring import (
    ANSWERS,
    COMMANDS,
    INFO,
    SENSORS,
    SERVICE,
    SETTINGS,
    ViatomO2Ring,
    command,
    crc8,
    decode_answer,
    decode_clock,
    decode_sensors,
)

WORN = bytes.fromhex("60460000000000550003060100")
CALIBRATING = bytes.fromhex("000000000000005500030601")
OFF = bytes.fromhex("ffffff000000005500030600")
CLOCK = b'{"CurTIME":"2026-11-22,07:30:00"}'


def answer(data: bytes, result: int = 0) -> bytes:
    head = bytes((0x55, result, result ^ 0xFF, 0, 0)) + len(data).to_bytes(2, "little") + data
    return head + bytes((crc8(head),))


class Ring:
    def __init__(self, *sensors: bytes, info: bytes = CLOCK) -> None:
        self.sensors = list(sensors)
        self.info = answer(info)
        self.damaged = 0
        self.asked: list[int] = []
        self.subscribed = 0
        self.settings = b""
        self._written = b""
        self._arrived: list[tuple[str, bytes]] = []

    def has(self, characteristic: str) -> bool:
        return characteristic in (ANSWERS, COMMANDS)

    async def read(self, characteristic: str) -> bytes:
        raise NotImplementedError

    async def subscribe(self, characteristic: str) -> None:
        self.subscribed += 1

    async def pause(self, seconds: float) -> None:
        """Nothing waits for a fake."""

    async def write(self, characteristic: str, payload: bytes) -> None:
        assert len(payload) <= 20
        self._written += payload
        size = int.from_bytes(self._written[5:7], "little")
        if len(self._written) < 8 + size:
            return
        whole, self._written = self._written, b""
        assert whole[-1] == crc8(whole[:-1])
        self.asked.append(whole[1])
        self._answer(whole)

    def _answer(self, whole: bytes) -> None:
        said = self.info
        if whole[1] == SETTINGS:
            self.settings, said = whole[7:-1], answer(b"")
        if whole[1] == SENSORS:
            data = self.sensors.pop(0) if len(self.sensors) > 1 else self.sensors[0]
            said = data if data[:1] == b"\x55" else answer(data)
        if self.damaged:
            self.damaged -= 1
            said = said[:-1] + bytes((said[-1] ^ 1,))
        self._arrived += [(ANSWERS, said[at : at + 20]) for at in range(0, len(said), 20)]

    async def notifications(self, idle_s: float | None = None) -> AsyncIterator[tuple[str, bytes]]:
        while self._arrived:
            yield self._arrived.pop(0)


async def said(ring: Ring, memory: Mapping[str, str] | None = None) -> list[Said]:
    return [one async for one in ViatomO2Ring(memory or {}).read(ring)]


async def test_ten_answers_with_numbers_are_one_measurement() -> None:
    ring = Ring(CALIBRATING, CALIBRATING, WORN)
    measurement, learned = await said(ring)
    assert isinstance(measurement, Measurement)
    assert measurement.values[Quantity.OXYGEN_SATURATION].number == 96
    assert measurement.values[Quantity.PULSE_RATE].number == 70
    assert learned == Learned({"spot_at": "2026-11-22T07:30:00"})
    assert ring.asked == [INFO, *[SENSORS] * 12]


async def test_not_again_within_a_quarter_of_an_hour_by_the_rings_own_clock() -> None:
    ring = Ring(WORN)
    assert await said(ring, {"spot_at": "2026-11-22T07:20:00"}) == []
    assert ring.asked == [INFO]
    assert len(await said(Ring(WORN), {"spot_at": "2026-11-22T07:15:00"})) == 2
    assert len(await said(Ring(WORN), {"spot_at": "2027-01-01T00:00:00"})) == 2


async def test_a_ring_without_a_clock_is_read_and_nothing_remembered() -> None:
    _, learned = await said(Ring(WORN, info=b"{}"), {"spot_at": "2026-11-22T07:20:00"})
    assert learned == Learned({"spot_at": None})


async def test_a_ring_on_the_table_is_let_go() -> None:
    ring = Ring(OFF)
    assert await said(ring) == []
    assert ring.asked == [INFO, SENSORS]


async def test_a_finger_that_leaves_early_leaves_its_last_numbers() -> None:
    found = await said(Ring(WORN, WORN, OFF))
    assert [type(one) for one in found] == [Measurement, Learned]


async def test_a_ring_that_never_gets_numbers_is_let_go_in_time() -> None:
    ring = Ring(CALIBRATING)
    assert await said(ring) == []
    assert len(ring.asked) == 61


async def test_a_damaged_answer_is_asked_for_again() -> None:
    ring = Ring(WORN)
    ring.damaged = 2
    assert len(await said(ring)) == 2
    ring.damaged = 3
    with pytest.raises(LinkTimeout):
        await said(ring)


async def test_a_refusal() -> None:
    with pytest.raises(ProcedureFailed) as caught:
        await said(Ring(answer(b"", result=9)))
    assert caught.value.code == 9


async def test_the_clock_is_read_and_set_on_one_subscription() -> None:
    ring, driver = Ring(WORN), ViatomO2Ring()
    assert await driver.read_clock(ring) == datetime(2026, 11, 22, 7, 30)  # noqa: DTZ001
    await driver.set_clock(ring, datetime(2026, 11, 22, 7, 31, 5))  # noqa: DTZ001
    assert ring.settings == b'{"SetTIME":"2026-11-22,07:31:05"}'
    assert ring.subscribed == 1


def test_commands_by_published_octets() -> None:
    assert command(SENSORS).hex() == "aa17e8000000001b"
    assert crc8(b"123456789") == 0xF4


def test_answers_and_their_damage() -> None:
    assert decode_answer(answer(b"hello")) == b"hello"
    with pytest.raises(BadChecksum):
        decode_answer(answer(b"hello")[:-1] + b"\0")


def test_no_finger_and_no_numbers() -> None:
    seen = decode_sensors(answer(OFF))
    assert {value.number for value in seen.values.values()} == {None}
    assert seen.status == (Status.SENSOR_UNCONNECTED_TO_USER,)


@pytest.mark.parametrize(
    ("numbers", "saturation", "pulse"),
    [
        ("604600", 96, 70),
        ("602c01", 96, 300),
        ("ff4600", None, 70),
        ("004600", None, 70),
        ("60ffff", 96, None),
        ("600000", 96, None),
    ],
)
def test_each_number_may_be_missing(
    numbers: str, saturation: int | None, pulse: int | None
) -> None:
    seen = decode_sensors(answer(bytes.fromhex(numbers) + CALIBRATING[3:])).values
    assert seen[Quantity.OXYGEN_SATURATION].number == saturation
    assert seen[Quantity.PULSE_RATE].number == pulse


def test_an_answer_without_a_state_is_none() -> None:
    with pytest.raises(TruncatedPayload):
        decode_sensors(answer(CALIBRATING[:-1]))


@pytest.mark.parametrize(
    "data", [b"", b"{}", b"[]", b'{"CurTIME":"later"}', b'{"CurTIME":1}', b"\xff", b"[" * 60000]
)
def test_a_clock_that_says_nothing(data: bytes) -> None:
    assert decode_clock(answer(data)) is None


def test_the_name_is_needed_besides_the_service() -> None:
    services = frozenset({SERVICE})
    assert choose(Advertisement("", "O2Ring 1234", services)) is ViatomO2Ring
    with pytest.raises(NoDriver):
        choose(Advertisement("", "BP2 1234", services))
    with pytest.raises(NoDriver):
        choose(Advertisement("", "S8-AW 1234", services))
