"""A glucose sensor on the skin: Continuous Glucose Monitoring Service 1.0.2 with E2E-CRC.

It counts minutes from the start of its session and keeps what it measured. There is no clock to
set: the start is written down once, when the sensor is put on.
"""

from decimal import Decimal
from typing import Any

from bumble import gatt

from drivers.gatt.e2e_crc import crc16
from hub.demo.peripherals.attributes import Identity, readable, service, shown
from hub.demo.peripherals.clock import encode_date_time
from hub.demo.peripherals.medfloat import sfloat
from hub.demo.peripherals.record_store import Record, RecordStore

NO_OPTIONAL_FIELDS = 0x00
HAS_E2E_CRC = 0x001000
INTERSTITIAL_FLUID_UNDER_THE_SKIN = 0x59
CENTRAL_EUROPE, NO_DAYLIGHT_SAVING = 4, 0  # quarters of an hour
RUNS_FOR_H = 24 * 14
INTERVAL_MIN = 5


class GlucoseSensor(RecordStore):
    service = 0x181F
    sources = (0x2AA7,)
    identity = Identity("Hjemmehub", "CGM-1", "DEMO0006", "1.0.0", "F0F1F2FFFEA10006")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.start_session()

    def start_session(self) -> None:
        """A new sensor is put on: it knows nothing of the one before."""
        self.erase()
        self._started_at = self.clock.stamp()
        self._next_min = INTERVAL_MIN

    def services(self) -> list[gatt.Service]:
        features = HAS_E2E_CRC.to_bytes(3, "little") + bytes((INTERSTITIAL_FLUID_UNDER_THE_SKIN,))
        return [
            service(
                self.service,
                *self._sources,
                readable(0x2AA8, _with_crc(features)),
                shown(0x2AA9, self._status),
                shown(0x2AAA, self._session_start),
                readable(0x2AAB, _with_crc(RUNS_FOR_H.to_bytes(2, "little"))),
                self._access,
            )
        ]

    async def take_measurement(self, mg_per_dl: Decimal = Decimal(101)) -> Record:
        """Its next one, five minutes after the last."""
        minutes, self._next_min = self._next_min, self._next_min + INTERVAL_MIN
        rest = bytes((NO_OPTIONAL_FIELDS,)) + sfloat(mg_per_dl) + minutes.to_bytes(2, "little")
        size = 1 + len(rest) + 2
        return await self.keep(Record(minutes, (_with_crc(bytes((size,)) + rest),)))

    def _status(self) -> bytes:
        return _with_crc((self._next_min - INTERVAL_MIN).to_bytes(2, "little") + bytes(3))

    def _session_start(self) -> bytes:
        zone = bytes((CENTRAL_EUROPE, NO_DAYLIGHT_SAVING))
        return _with_crc(encode_date_time(self._started_at) + zone)


def _with_crc(octets: bytes) -> bytes:
    return octets + crc16(octets).to_bytes(2, "little")
