"""A cuff of the Generic Health Sensor Service 1.0 (drivers/gatt/generic_health_sensor.md).

It stores every blood pressure and reports them when it is asked (RACP, "combined report"); whoever
has asked for live observations gets a new one at once as well. An observation is longer than a
notification, so it comes in segments.
"""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from bumble import att, gatt
from bumble.device import Connection

from hub.demo.peripherals.attributes import (
    ENCRYPTED_WRITE,
    Identity,
    Permissions,
    Properties,
    pushed,
    readable,
    service,
    shown,
)
from hub.demo.peripherals.clock import encode_elapsed_time
from hub.demo.peripherals.medfloat import float32
from hub.demo.peripherals.record_access import Answer, combined_answer
from hub.demo.peripherals.record_store import Record, RecordStore

COMPOUND, NUMERIC = 7, 1
TYPE_AND_TIME = 0x0001 | 0x0002
NONINVASIVE_PRESSURE, SYSTOLIC, DIASTOLIC = 150020, 150021, 150022
MMHG = 266016 & 0xFFFF
FIRST_SEGMENT, LAST_SEGMENT = 0x01, 0x02
SEGMENT = 19  # octets after the header, so that each fits the smallest MTU
START_LIVE, ANSWER, SUCCESS = 0x01, 0x80, 0x01


class HealthSensor(RecordStore):
    service = 0x1840
    sources = (0x2BDD,)
    identity = Identity("Hjemmehub", "GHS-1", "DEMO0009", "1.0.0", "F0F1F2FFFEA10009")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._last_number = 0
        self._listener: Connection | None = None
        self._live = pushed(self._device, 0x2B8B, Properties.NOTIFY)
        self._control = pushed(self._device, 0x2BF4, Properties.INDICATE | Properties.WRITE)
        self._control.permissions = Permissions.WRITEABLE | ENCRYPTED_WRITE
        self._control.value = att.AttributeValue(write=self._told)

    def services(self) -> list[gatt.Service]:
        clock = shown(0x2BF2, lambda: encode_elapsed_time(self.clock.now()))
        features = readable(0x2BF3, bytes(1))
        live, stored = self._live, self._sources
        return [service(self.service, live, *stored, features, clock, self._access, self._control)]

    def answer(self, request: bytes) -> Answer:
        return combined_answer(request, [record.number for record in self.records])

    async def take_measurement(self, systolic: int = 128, diastolic: int = 82) -> Record:
        """mmHg."""
        self._last_number += 1
        observation = _pressure(systolic, diastolic, encode_elapsed_time(self.clock.stamp()))
        if self._listener is not None:
            for segment in _segments(observation):
                await self._push(self._listener, self._live, segment)
        stored = self._last_number.to_bytes(4, "little") + observation
        return await self.keep(Record(self._last_number, tuple(_segments(stored))))

    def gone(self) -> None:
        super().gone()
        self._listener = None

    async def _report(self, hub: Connection, record: Record) -> None:
        for segment in record.payloads:
            await self._push(hub, self._sources[0], segment)

    def _told(self, connection: Connection, command: bytes) -> None:
        self.touched()
        self._listener = connection if command[:1] == bytes((START_LIVE,)) else None
        done = bytes((ANSWER, *command[:1], SUCCESS))
        self._start(self._push(connection, self._control, done))


def _pressure(systolic: int, diastolic: int, when: bytes) -> bytes:
    numbers = b"".join(
        code.to_bytes(4, "little")
        + bytes((NUMERIC,))
        + MMHG.to_bytes(2, "little")
        + float32(Decimal(number))
        for code, number in ((SYSTOLIC, systolic), (DIASTOLIC, diastolic))
    )
    head = TYPE_AND_TIME.to_bytes(2, "little") + NONINVASIVE_PRESSURE.to_bytes(4, "little")
    rest = head + when + bytes((2,)) + numbers
    return bytes((COMPOUND,)) + len(rest).to_bytes(2, "little") + rest


def _segments(octets: bytes) -> Iterator[bytes]:
    starts = range(0, len(octets), SEGMENT)
    for counter, start in enumerate(starts):
        header = (FIRST_SEGMENT if start == 0 else 0) | counter << 2
        header |= LAST_SEGMENT if start == starts[-1] else 0
        yield bytes((header,)) + octets[start : start + SEGMENT]
