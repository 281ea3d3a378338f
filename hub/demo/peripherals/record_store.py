"""Devices that keep numbered records and report them when they are asked (RACP).

Nothing is forgotten by being read. A record that nobody has fetched yet makes the device advertise.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from bumble import att, gatt
from bumble.device import Connection

from hub.demo.peripherals.attributes import ENCRYPTED_WRITE, Permissions, Properties, pushed
from hub.demo.peripherals.peripheral import Peripheral
from hub.demo.peripherals.record_access import Answer, Op, answer


@dataclass(slots=True)
class Record:
    """`payloads` are pushed one after the other, the n-th from the n-th of `sources`."""

    number: int
    payloads: tuple[bytes, ...]
    is_fetched: bool = False


class RecordStore(Peripheral):
    """Glucose meter, glucose sensor, oximeter with a memory.

    records   what it stores, oldest first
    requests  what it was asked through its Record Access Control Point
    """

    sources: ClassVar[tuple[int, ...]]
    pushes: ClassVar[gatt.Characteristic.Properties] = Properties.NOTIFY

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.records: list[Record] = []
        self.requests: list[bytes] = []
        self._procedure: asyncio.Task[None] | None = None
        self._subscriber: Connection | None = None
        self._sources = [pushed(self._device, number, self.pushes) for number in self.sources]
        self._access = pushed(self._device, 0x2A52, Properties.INDICATE | Properties.WRITE)
        self._access.permissions = Permissions.WRITEABLE | ENCRYPTED_WRITE
        self._access.value = att.AttributeValue(write=self._requested)
        self._access.on(gatt.Characteristic.EVENT_SUBSCRIPTION, self._subscribed)

    @property
    def unread(self) -> int:
        return sum(not record.is_fetched for record in self.records)

    def erase(self) -> None:
        """What its owner does in its menu: it is empty."""
        self.records.clear()

    def gone(self) -> None:
        self._subscriber = None
        if self._procedure is not None:
            self._procedure.cancel()

    async def keep(self, record: Record) -> Record:
        self.records.append(record)
        await self._settle()
        return record

    def answer(self, request: bytes) -> Answer:
        """Which records a request means."""
        return answer(request, [record.number for record in self._in_order()])

    def _in_order(self) -> Sequence[Record]:
        """As they lie in its memory."""
        return self.records

    def _subscribed(self, connection: Connection, _notify: bool, indicate: bool) -> None:
        self._subscriber = connection if indicate else None
        self.touched()

    def _requested(self, connection: Connection, request: bytes) -> None:
        self.touched()
        if self._subscriber is None:
            raise att.ATT_Error(att.ErrorCode.CCCD_IMPROPERLY_CONFIGURED)
        running = self._procedure is not None and not self._procedure.done()
        if running and request[:1] != bytes((Op.ABORT,)):
            raise att.ATT_Error(att.ErrorCode.PROCEDURE_ALREADY_IN_PROGRESS)
        if running and self._procedure is not None:
            self._procedure.cancel()
        self.requests.append(request)
        self._procedure = self._start(self._run(connection, request))

    async def _run(self, hub: Connection, request: bytes) -> None:
        told = self.answer(request)
        by_number = {record.number: record for record in self.records}
        for number in told.records:
            await self._report(hub, by_number[number])
        await self._push(hub, self._access, told.response)
        # A lost link may not get here as a cancellation: see spot.py.
        if self._subscriber is hub:
            for number in told.records:
                by_number[number].is_fetched = True
        self.touched()
        await self._tell()

    async def _report(self, hub: Connection, record: Record) -> None:
        for source, payload in zip(self._sources, record.payloads, strict=False):
            await self._push(hub, source, payload)

    async def _push(
        self, hub: Connection, source: gatt.Characteristic[Any], payload: bytes
    ) -> None:
        server = self._device.gatt_server
        if source.properties & Properties.INDICATE:
            await server.indicate_subscriber(hub, source, self._on_the_wire(payload))
        else:
            await server.notify_subscriber(hub, source, self._on_the_wire(payload))
