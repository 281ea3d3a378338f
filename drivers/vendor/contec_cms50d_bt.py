"""Contec CMS50D-BT oximeter: one measurement for each finger insertion.

Protocol and sources: contec_cms50d_bt.md. Tested against captured frames, not on a device.
"""

from collections.abc import AsyncGenerator, Mapping
from decimal import Decimal
from typing import ClassVar

from drivers.contract import BleDriver, BleMatch, Decoder, Reading, Said, attempt
from drivers.errors import BadChecksum, BadFrame
from drivers.finger_insertion import FingerInsertion
from drivers.links import GattLink, uuid16
from drivers.measurement import Absent, Kind, Measurement, Quantity, Rejected, Unit, Value
from drivers.reader import ByteReader

COMMAND = uuid16(0xFF01)
STREAM = uuid16(0xFF02)
START = bytes.fromhex("9b011c")
HEAD = 0xEB
VITAL_SIGNS = 0x01
LENGTH = 8
MISSING = (0, 127, 255)
SILENT_S = 10.0
ENOUGH_FRAMES = 60  # the session has a deadline, and what is only held would be lost


def decode_vital_signs(payload: bytes) -> Measurement:
    """One frame with numbers; those with a waveform are something else."""
    reader = ByteReader(payload)
    head, kind, _, pulse, saturation, _, _, total = reader.octets(LENGTH)
    reader.end(padded=False)
    if (head, kind) != (HEAD, VITAL_SIGNS):
        raise BadFrame(payload, mark="head")
    if sum(payload[:-1]) & 0xFF != total:
        raise BadChecksum(payload, wire=total, calculated=sum(payload[:-1]) & 0xFF)
    return Measurement(
        kind=Kind.PULSE_OXIMETRY,
        values={
            Quantity.OXYGEN_SATURATION: _value(saturation, Unit.PERCENT),
            Quantity.PULSE_RATE: _value(pulse, Unit.PER_MINUTE),
        },
        raw=(payload,),
    )


class ContecCms50dBt(BleDriver):
    """The finger's leaving shows as missing numbers, or as silence."""

    id = "contec-cms50d-bt"
    match = BleMatch(name_prefix="SpO208")
    decoders: ClassVar[Mapping[str, Decoder]] = {STREAM: decode_vital_signs}

    async def read(self, link: GattLink) -> AsyncGenerator[Said, None]:
        insertion = FingerInsertion(answer_after=ENOUGH_FRAMES)
        await link.subscribe(STREAM)
        await link.write(COMMAND, START)
        async for source, payload in link.notifications(SILENT_S):
            if source != STREAM or payload[1:2] != bytes((VITAL_SIGNS,)):
                continue
            if reading := _take(insertion, attempt(decode_vital_signs, source, payload)):
                yield reading
        if held := insertion.end():
            yield held


def _take(insertion: FingerInsertion, frame: Reading) -> Measurement | None:
    """A damaged second is not missed."""
    return None if isinstance(frame, Rejected) else insertion.take(frame)


def _value(number: int, unit: Unit) -> Value:
    if number in MISSING:
        return Value(None, unit, absent=Absent.NOT_MEASURED)
    return Value(Decimal(number), unit)
