"""An ear thermometer: Health Thermometer Service, and the Current Time Service."""

from decimal import Decimal

from bumble import gatt

from hub.demo.peripherals.attributes import Identity, current_time
from hub.demo.peripherals.attributes import service as gatt_service
from hub.demo.peripherals.clock import encode_date_time
from hub.demo.peripherals.medfloat import float32
from hub.demo.peripherals.spot import SpotDevice

WITH_TIME_AND_TYPE = 0x02 | 0x04
EAR = 3


class Thermometer(SpotDevice):
    service = 0x1809
    measurement = 0x2A1C
    identity = Identity("Hjemmehub", "HTS-1", "DEMO0005", "1.0.0", "F0F1F2FFFEA10005")

    def services(self) -> list[gatt.Service]:
        health = gatt_service(self.service, self._measurement)
        return [health, current_time(self.clock, self.touched)]

    async def take_measurement(self, celsius: Decimal = Decimal("36.8")) -> bytes:
        record = (
            bytes((WITH_TIME_AND_TYPE,))
            + float32(celsius)
            + encode_date_time(self.clock.stamp())
            + bytes((EAR,))
        )
        await self.keep(record)
        return record
