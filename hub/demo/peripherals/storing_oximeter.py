"""A fingertip pulse oximeter that stores its spot checks and reports them when it is asked (RACP).

Pulse Oximeter Service 1.0.1; the Current Time Service sets its clock.
"""

from decimal import Decimal

from bumble import gatt

from hub.demo.peripherals.attributes import Identity, Properties, current_time, readable
from hub.demo.peripherals.attributes import service as gatt_service
from hub.demo.peripherals.clock import encode_date_time
from hub.demo.peripherals.medfloat import sfloat
from hub.demo.peripherals.record_store import Record, RecordStore

WITH_TIME_AND_STATUS = 0x01 | 0x02
FROM_STORAGE = 0x0200
FEATURES = 0x0001 | 0x0004 | 0x0008  # measurement status; storage; spot-check time stamps


class StoringOximeter(RecordStore):
    service = 0x1822
    sources = (0x2A5E,)
    pushes = Properties.INDICATE
    identity = Identity("Hjemmehub", "PLX-2", "DEMO0007", "1.0.0", "F0F1F2FFFEA10007")

    def services(self) -> list[gatt.Service]:
        features = FEATURES.to_bytes(2, "little") + FROM_STORAGE.to_bytes(2, "little")
        health = gatt_service(
            self.service, *self._sources, readable(0x2A60, features), self._access
        )
        return [health, current_time(self.clock, self.touched)]

    async def take_measurement(self, oxygen_saturation: int = 96, pulse: int = 68) -> Record:
        """Percent and beats per minute."""
        payload = (
            bytes((WITH_TIME_AND_STATUS,))
            + sfloat(Decimal(oxygen_saturation))
            + sfloat(Decimal(pulse))
            + encode_date_time(self.clock.stamp())
            + FROM_STORAGE.to_bytes(2, "little")
        )
        return await self.keep(Record(len(self.records), (payload,)))
