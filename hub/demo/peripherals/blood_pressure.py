"""An upper-arm cuff after the A&D UA-651BLE: Date Time inside the Blood Pressure Service, sends
only what it has not sent before, hangs up by itself."""

from decimal import Decimal
from typing import Any

from bumble import gatt

from hub.demo.peripherals.attributes import Identity, readable
from hub.demo.peripherals.clock import encode_date_time
from hub.demo.peripherals.medfloat import sfloat
from hub.demo.peripherals.spot import SpotDevice

WITH_TIME_PULSE_STATUS = 0x02 | 0x04 | 0x10
IRREGULAR_PULSE = 0x0004
FEATURES = 0x0007  # body movement, cuff fit, irregular pulse


class BloodPressureCuff(SpotDevice):
    service = 0x1810
    measurement = 0x2A35
    identity = Identity("A&D Medical", "UA-651BLE", "DEMO0001", "1.0.0", "F0F1F2FFFEA10001")

    def features(self) -> list[gatt.Characteristic[Any]]:
        return [readable(0x2A49, FEATURES.to_bytes(2, "little"))]

    async def take_measurement(
        self, systolic: int = 128, diastolic: int = 82, pulse: int = 64, status: int = 0
    ) -> bytes:
        """mmHg and beats per minute; `status` as Blood Pressure Measurement Status bits."""
        mean = diastolic + (systolic - diastolic) // 3
        record = (
            bytes((WITH_TIME_PULSE_STATUS,))
            + b"".join(sfloat(Decimal(number)) for number in (systolic, diastolic, mean))
            + encode_date_time(self.clock.stamp())
            + sfloat(Decimal(pulse))
            + status.to_bytes(2, "little")
        )
        await self.keep(record)
        return record
