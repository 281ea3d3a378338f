"""A fingertip pulse oximeter: PLX Spot-Check Measurement, and the Current Time Service."""

from decimal import Decimal
from typing import Any

from bumble import gatt

from hub.demo.peripherals.attributes import Identity, current_time, readable
from hub.demo.peripherals.attributes import service as gatt_service
from hub.demo.peripherals.clock import encode_date_time
from hub.demo.peripherals.medfloat import sfloat
from hub.demo.peripherals.spot import SpotDevice

WITH_TIME_AND_STATUS = 0x01 | 0x02
FULLY_QUALIFIED = 0x0100
SPOT_CHECK_FEATURES = 0x0001 | 0x0008  # measurement status; spot-check time stamps
SUPPORTED_STATUS = FULLY_QUALIFIED


class PulseOximeter(SpotDevice):
    service = 0x1822
    measurement = 0x2A5E
    identity = Identity("Hjemmehub", "PLX-1", "DEMO0003", "1.0.0", "F0F1F2FFFEA10003")

    def features(self) -> list[gatt.Characteristic[Any]]:
        features = SPOT_CHECK_FEATURES.to_bytes(2, "little") + SUPPORTED_STATUS.to_bytes(
            2, "little"
        )
        return [readable(0x2A60, features)]

    def services(self) -> list[gatt.Service]:
        health = gatt_service(self.service, self._measurement, *self.features())
        return [health, current_time(self.clock, self.touched)]

    async def take_measurement(
        self, oxygen_saturation: int = 96, pulse: int = 68, status: int = FULLY_QUALIFIED
    ) -> bytes:
        """Percent and beats per minute; `status` as PLX Measurement Status bits."""
        record = (
            bytes((WITH_TIME_AND_STATUS,))
            + sfloat(Decimal(oxygen_saturation))
            + sfloat(Decimal(pulse))
            + encode_date_time(self.clock.stamp())
            + status.to_bytes(2, "little")
        )
        await self.keep(record)
        return record
