"""A bathroom scale after the A&D UC-352BLE: Date Time inside the Weight Scale Service."""

from decimal import Decimal
from typing import Any

from bumble import gatt

from hub.demo.peripherals.attributes import Identity, readable
from hub.demo.peripherals.clock import encode_date_time
from hub.demo.peripherals.spot import SpotDevice

WITH_TIME = 0x02
STEP_KG = Decimal("0.005")
UNSUCCESSFUL = 0xFFFF
TIME_STAMPS_AND_0_1_KG = 0x01 | 4 << 3  # Weight Scale Feature: bits 3-6, resolution 4 is 0.1 kg


class Scale(SpotDevice):
    service = 0x181D
    measurement = 0x2A9D
    identity = Identity("A&D Medical", "UC-352BLE", "DEMO0002", "1.0.0", "F0F1F2FFFEA10002")

    def features(self) -> list[gatt.Characteristic[Any]]:
        return [readable(0x2A9E, TIME_STAMPS_AND_0_1_KG.to_bytes(4, "little"))]

    async def take_measurement(self, kilograms: Decimal | None = Decimal("81.2")) -> bytes:
        """None: somebody stepped off too early (Measurement Unsuccessful)."""
        weight = UNSUCCESSFUL if kilograms is None else int(kilograms / STEP_KG)
        record = (
            bytes((WITH_TIME,))
            + weight.to_bytes(2, "little")
            + encode_date_time(self.clock.stamp())
        )
        await self.keep(record)
        return record
