"""A blood glucose meter: it keeps its records for ever and reports them when it is asked (RACP).

Date Time sits inside the Glucose Service, as in Roche's meters. A new record makes it advertise
until a hub has fetched it.
"""

from decimal import Decimal
from typing import Any

from bumble import gatt

from hub.demo.peripherals.attributes import Identity, date_time, readable, service
from hub.demo.peripherals.clock import encode_date_time
from hub.demo.peripherals.medfloat import sfloat
from hub.demo.peripherals.record_store import Record, RecordStore

OFFSET_CONCENTRATION_MOL = 0x01 | 0x02 | 0x04
CONTEXT_FOLLOWS = 0x10
CAPILLARY_WHOLE_BLOOD_FINGER = 0x11
CONTROL_SOLUTION_FINGER = 0x1A
MEAL_PRESENT = 0x02
MMOL_TO_MOL = -3


class GlucoseMeter(RecordStore):
    """
    counts_backwards  number 0 is the newest record, so every number moves with each new one (DM30b
                      firmware 1.2.4; xDrip, BluetoothGlucoseMeter)
    """

    service = 0x1808
    sources = (0x2A18, 0x2A34)
    identity = Identity("Hjemmehub", "GLU-1", "DEMO0004", "1.0.0", "F0F1F2FFFEA10004")

    def __init__(self, *args: Any, counts_backwards: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._counts_backwards = counts_backwards
        self._last_number = 0

    def services(self) -> list[gatt.Service]:
        features = readable(0x2A51, bytes((0, 0)))
        clock = date_time(self.clock, self.touched)
        return [service(self.service, *self._sources, features, self._access, clock)]

    def erase(self, *, counts_anew: bool = False) -> None:
        super().erase()
        if counts_anew:
            self._last_number = 0

    async def take_measurement(
        self,
        mmol_per_litre: Decimal = Decimal("5.6"),
        meal: int | None = None,
        control_solution: bool = False,
    ) -> Record:
        """`meal` as in Glucose Measurement Context: 1 before, 2 after, 3 fasting, 4, 5 bedtime."""
        flags = OFFSET_CONCENTRATION_MOL | (0 if meal is None else CONTEXT_FOLLOWS)
        sample = CONTROL_SOLUTION_FINGER if control_solution else CAPILLARY_WHOLE_BLOOD_FINGER
        number = self._next_number()
        measurement = (
            bytes((flags,))
            + number.to_bytes(2, "little")
            + encode_date_time(self.clock.stamp())
            + bytes(2)
            + sfloat(mmol_per_litre.scaleb(MMOL_TO_MOL))
            + bytes((sample,))
        )
        if meal is None:
            return await self.keep(Record(number, (measurement,)))
        context = bytes((MEAL_PRESENT,)) + number.to_bytes(2, "little") + bytes((meal,))
        return await self.keep(Record(number, (measurement, context)))

    def _next_number(self) -> int:
        if self._counts_backwards:
            for record in self.records:
                _renumber(record, record.number + 1)
            return 0
        self._last_number += 1
        return self._last_number


def _renumber(record: Record, number: int) -> None:
    octets = number.to_bytes(2, "little")
    record.number = number
    record.payloads = tuple(it[:1] + octets + it[3:] for it in record.payloads)
