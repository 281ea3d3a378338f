"""The glucose meter: its records by literal bytes, and its Record Access Control Point."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from decimal import Decimal

import pytest
from bleak import BleakClient
from bleak.exc import BleakGATTProtocolError
from bleak.uuids import normalize_uuid_str

from hub.demo.air import Air
from hub.demo.peripherals.clock import DeviceClock
from hub.demo.peripherals.glucose_meter import GlucoseMeter
from hub.demo.peripherals.record_access import answer
from hub.demo.radio import Backends

ADDRESS = "F0:F1:F2:A1:00:04"
WHEN = datetime(2026, 11, 22, 8, 15, 47)  # noqa: DTZ001 - a device clock has no zone
MEASUREMENT, CONTEXT, ACCESS = (normalize_uuid_str(it) for it in ("2a18", "2a34", "2a52"))
REPORT_ALL = bytes((1, 1))


@pytest.fixture
async def meter(air: Air, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[GlucoseMeter]:
    monkeypatch.setattr(DeviceClock, "stamp", lambda _: WHEN)
    meter = await GlucoseMeter(air, "GLU-1", ADDRESS).switch_on()
    yield meter
    await meter.switch_off()


class Hub:
    def __init__(self, client: BleakClient) -> None:
        self.client = client
        self.got: list[tuple[str, str]] = []
        self._ended = asyncio.Event()

    async def subscribe(self) -> None:
        for name in (MEASUREMENT, CONTEXT, ACCESS):
            await self.client.start_notify(name, lambda it, data: self._heard(it.uuid, data))

    def _heard(self, name: str, payload: bytearray) -> None:
        self.got.append((name[4:8], payload.hex()))
        if name == ACCESS:
            self._ended.set()

    async def ask(self, request: bytes) -> list[tuple[str, str]]:
        self.got.clear()
        self._ended.clear()
        await self.client.write_gatt_char(ACCESS, request, True)
        await asyncio.wait_for(self._ended.wait(), 10)
        return list(self.got)


@asynccontextmanager
async def connected(radio: Backends) -> AsyncIterator[Hub]:
    async with BleakClient(ADDRESS, pair=True, timeout=5, backend=radio[1]) as client:
        hub = Hub(client)
        await hub.subscribe()
        yield hub


async def test_all_records_with_their_contexts_then_the_response(
    radio: Backends, meter: GlucoseMeter
) -> None:
    await meter.take_measurement(Decimal("5.6"))
    await meter.take_measurement(Decimal("11.0"), meal=2)
    async with connected(radio) as hub:
        assert await hub.ask(REPORT_ALL) == [
            ("2a18", "070100" + "ea070b16080f2f" + "0000" + "38c0" + "11"),
            ("2a18", "170200" + "ea070b16080f2f" + "0000" + "6ec0" + "11"),
            ("2a34", "02020002"),
            ("2a52", "06000101"),
        ]
        await meter.until(lambda: meter.connection is None)
    assert (meter.unread, len(meter.records)) == (0, 2)


async def test_a_control_solution_is_marked(meter: GlucoseMeter) -> None:
    record = await meter.take_measurement(control_solution=True)
    assert record.payloads[0][-1] == 0x1A


async def test_it_advertises_again_only_for_a_new_record(
    radio: Backends, meter: GlucoseMeter
) -> None:
    await meter.take_measurement()
    async with connected(radio) as hub:
        await hub.ask(REPORT_ALL)
        await meter.until(lambda: meter.connection is None)
    await meter.until(lambda: not meter.is_advertising)
    await meter.take_measurement()
    assert meter.is_advertising
    async with connected(radio) as hub:
        got = await hub.ask(bytes((1, 3, 1, 2, 0)))
    assert [payload[:6] for _, payload in got] == ["070200", "060001"]


async def test_an_empty_memory_answers_no_records_found(
    radio: Backends, meter: GlucoseMeter
) -> None:
    await meter.press()
    async with connected(radio) as hub:
        assert await hub.ask(REPORT_ALL) == [("2a52", "06000106")]


async def test_a_request_without_a_subscription_is_refused(
    radio: Backends, meter: GlucoseMeter
) -> None:
    await meter.press()
    async with BleakClient(ADDRESS, pair=True, backend=radio[1]) as client:
        with pytest.raises(BleakGATTProtocolError) as refused:
            await client.write_gatt_char(ACCESS, REPORT_ALL, True)
    assert refused.value.code.name == "CCCD_IMPROPERLY_CONFIGURED"


async def test_a_link_lost_in_the_middle_leaves_the_records_unread(
    radio: Backends, meter: GlucoseMeter
) -> None:
    for _ in range(3):
        await meter.take_measurement()
    async with connected(radio) as hub:
        meter.drop_after(3)
        await hub.client.write_gatt_char(ACCESS, REPORT_ALL, True)
        await meter.until(lambda: meter.connection is None)
    assert meter.unread == 3


@pytest.mark.parametrize(
    ("request_hex", "records", "response"),
    [
        pytest.param("0101", [1, 2, 3], "06000101", id="all"),
        pytest.param("0105", [1], "06000101", id="first"),
        pytest.param("0106", [3], "06000101", id="last"),
        pytest.param("0103010200", [2, 3], "06000101", id="from-2"),
        pytest.param("0103010900", [], "06000106", id="from-9"),
        pytest.param("0401", [], "05000300", id="how-many"),
        pytest.param("0403010300", [], "05000100", id="how-many-from-3"),
        pytest.param("0300", [], "06000301", id="abort"),
        pytest.param("0102010200", [], "06000104", id="operator-less"),
        pytest.param("010302e8070101000000", [], "06000109", id="by-time"),
        pytest.param("01030102", [], "06000105", id="short-operand"),
        pytest.param("0201", [], "06000202", id="delete"),
        pytest.param("01", [], "06000102", id="no-operator"),
        pytest.param("", [], "06000002", id="empty"),
    ],
)
def test_requests(request_hex: str, records: list[int], response: str) -> None:
    told = answer(bytes.fromhex(request_hex), [1, 2, 3])
    assert (list(told.records), told.response.hex()) == (records, response)
