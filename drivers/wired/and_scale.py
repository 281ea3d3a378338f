"""A&D scales with a serial port: the standard format.

One line for each weight, with a header that says whether it is stable. Sources: and_serial.md.
Tested against documented lines, not on a device.
"""

import re
from collections.abc import AsyncGenerator, Mapping
from decimal import Decimal
from typing import ClassVar

from drivers.contract import Decoder, Reading, SerialDriver, SerialSettings
from drivers.errors import BadFrame, LinkError, LinkTimeout, PayloadError, TruncatedPayload
from drivers.links import SerialLink
from drivers.measurement import Kind, Measurement, Quantity, Rejected, Status, Unit, Value

LINE = "and-scale"
END = b"\r\n"
LONGEST = 40
STABLE = b"ST"
UNSTABLE = b"US"
WEIGHT = re.compile(rb"(ST|US),([+-][0-9]{1,9}(?:\.[0-9]{1,9})?) *(kg|lb|g)")
UNITS = {b"kg": Unit.KILOGRAM, b"lb": Unit.POUND, b"g": Unit.GRAM}


def decode_weight(payload: bytes) -> Measurement:
    """One line with its CR LF. Overload (OL), counting (QT) and everything else is no weight."""
    if not payload.endswith(END):
        raise TruncatedPayload(payload, offset=len(payload), needed=len(END))
    found = WEIGHT.fullmatch(payload[: -len(END)])
    if not found:
        raise BadFrame(payload, mark="line")
    header, number, unit = found.groups()
    return Measurement(
        kind=Kind.BODY_WEIGHT,
        values={Quantity.BODY_WEIGHT: Value(Decimal(number.decode("ascii")), UNITS[unit])},
        raw=(payload,),
        status=(Status.MEASUREMENT_ONGOING,) if header == UNSTABLE else (),
    )


class AndScale(SerialDriver):
    """Stores one weight for each load: the last stable one before it is taken away.

    A scale that sends all the time sends zero then; one that sends on a key falls silent.
    """

    id = "and-scale"
    settings = SerialSettings(baud=2400, data_bits=7, parity="E")
    decoders: ClassVar[Mapping[str, Decoder]] = {LINE: decode_weight}

    def __init__(self) -> None:
        self._held: Measurement | None = None

    async def read(self, link: SerialLink) -> AsyncGenerator[Reading, None]:
        while True:
            try:
                line = await _line(link)
            except LinkError as error:
                if held := self._taken_away():
                    yield held
                if not isinstance(error, LinkTimeout):
                    raise
                continue
            if reading := self._take(line):
                yield reading

    def _take(self, line: bytes) -> Reading | None:
        try:
            weight = decode_weight(line)
        except PayloadError as error:
            # Other headers are said on purpose; a damaged stable weight is to be seen.
            damaged = line.startswith(STABLE) and line.endswith(END)
            return Rejected(LINE, line, str(error)) if damaged else None
        if (weight.values[Quantity.BODY_WEIGHT].number or 0) <= 0:
            return self._taken_away()
        if not weight.status:
            self._held = weight
        return None

    def _taken_away(self) -> Measurement | None:
        held, self._held = self._held, None
        return held


async def _line(link: SerialLink) -> bytes:
    line = b""
    while not line.endswith(END) and len(line) < LONGEST:
        line += await link.read(1)
    return line
