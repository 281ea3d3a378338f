"""A blood glucose meter: it keeps its records for ever and reports them when it is asked (RACP).

Date Time sits inside the Glucose Service, as in Roche's meters. A new record makes it advertise
until a hub has fetched it.
"""

import asyncio
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from bumble import att, gatt
from bumble.device import Connection

from hub.demo.peripherals.attributes import (
    ENCRYPTED_WRITE,
    Identity,
    Permissions,
    Properties,
    date_time,
    pushed,
    readable,
    service,
)
from hub.demo.peripherals.clock import encode_date_time
from hub.demo.peripherals.medfloat import sfloat
from hub.demo.peripherals.peripheral import Peripheral
from hub.demo.peripherals.record_access import Code, Op, answer

OFFSET_CONCENTRATION_MOL = 0x01 | 0x02 | 0x04
CONTEXT_FOLLOWS = 0x10
CAPILLARY_WHOLE_BLOOD_FINGER = 0x11
CONTROL_SOLUTION_FINGER = 0x1A
MEAL_PRESENT = 0x02
MMOL_TO_MOL = -3


@dataclass(frozen=True, slots=True)
class Record:
    sequence: int
    measurement: bytes
    context: bytes | None


class GlucoseMeter(Peripheral):
    """records  what it stores, oldest first"""

    service = 0x1808
    identity = Identity("Hjemmehub", "GLU-1", "DEMO0004", "1.0.0", "F0F1F2FFFEA10004")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.records: list[Record] = []
        self._fetched_up_to = 0
        self._procedure: asyncio.Task[None] | None = None
        self._listens = False
        self._measurement = pushed(self._device, 0x2A18, Properties.NOTIFY)
        self._context = pushed(self._device, 0x2A34, Properties.NOTIFY)
        self._access = pushed(self._device, 0x2A52, Properties.INDICATE | Properties.WRITE)
        self._access.permissions = Permissions.WRITEABLE | ENCRYPTED_WRITE
        self._access.value = att.AttributeValue(write=self._requested)
        self._access.on(gatt.Characteristic.EVENT_SUBSCRIPTION, self._subscribed)

    @property
    def unread(self) -> int:
        return sum(record.sequence > self._fetched_up_to for record in self.records)

    def services(self) -> list[gatt.Service]:
        features = readable(0x2A51, bytes((0, 0)))
        clock = date_time(self.clock, self.touched)
        return [
            service(self.service, self._measurement, self._context, features, self._access, clock)
        ]

    async def take_measurement(
        self,
        mmol_per_litre: Decimal = Decimal("5.6"),
        meal: int | None = None,
        control_solution: bool = False,
    ) -> Record:
        """`meal` as in Glucose Measurement Context: 1 before, 2 after, 3 fasting, 4, 5 bedtime."""
        sequence = len(self.records) + 1
        number = sequence.to_bytes(2, "little")
        flags = OFFSET_CONCENTRATION_MOL | (0 if meal is None else CONTEXT_FOLLOWS)
        sample = CONTROL_SOLUTION_FINGER if control_solution else CAPILLARY_WHOLE_BLOOD_FINGER
        measurement = (
            bytes((flags,))
            + number
            + encode_date_time(self.clock.stamp())
            + bytes(2)
            + sfloat(mmol_per_litre.scaleb(MMOL_TO_MOL))
            + bytes((sample,))
        )
        context = None if meal is None else bytes((MEAL_PRESENT,)) + number + bytes((meal,))
        self.records.append(Record(sequence, measurement, context))
        await self._settle()
        return self.records[-1]

    def gone(self) -> None:
        self._listens = False
        if self._procedure is not None:
            self._procedure.cancel()

    def _subscribed(self, _connection: Connection, _notify: bool, indicate: bool) -> None:
        self._listens = indicate
        self.touched()

    def _requested(self, connection: Connection, request: bytes) -> None:
        self.touched()
        if not self._listens:
            raise att.ATT_Error(att.ErrorCode.CCCD_IMPROPERLY_CONFIGURED)
        running = self._procedure is not None and not self._procedure.done()
        if running and request[:1] != bytes((Op.ABORT,)):
            raise att.ATT_Error(att.ErrorCode.PROCEDURE_ALREADY_IN_PROGRESS)
        if running and self._procedure is not None:
            self._procedure.cancel()
        self._procedure = self._start(self._run(connection, request))

    async def _run(self, hub: Connection, request: bytes) -> None:
        told = answer(request, [record.sequence for record in self.records])
        by_number = {record.sequence: record for record in self.records}
        for number in told.records:
            await self._notify(hub, by_number[number])
        payload = self._on_the_wire(told.response)
        await self._device.gatt_server.indicate_subscriber(hub, self._access, payload)
        if told.response[-1] == Code.SUCCESS and told.records:
            self._fetched_up_to = max(self._fetched_up_to, *told.records)
        self.touched()
        await self._tell()

    async def _notify(self, hub: Connection, record: Record) -> None:
        server = self._device.gatt_server
        payload = self._on_the_wire(record.measurement)
        await server.notify_subscriber(hub, self._measurement, payload)
        if record.context is not None:
            await server.notify_subscriber(hub, self._context, self._on_the_wire(record.context))
