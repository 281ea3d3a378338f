"""Abbott FreeStyle Optium on Abbott's cable: what the memory holds.

Protocol and sources: abbott_freestyle_optium.md. Nothing is erased. Tested against documented
lines, not on a device.
"""

import re
from collections.abc import AsyncGenerator, Mapping
from datetime import datetime
from decimal import Decimal
from typing import ClassVar

from drivers.contract import Decoder, Reading, SerialDriver, SerialSettings, attempt
from drivers.errors import BadChecksum, BadFrame, LinkTimeout, PayloadError, TruncatedPayload
from drivers.links import SerialLink
from drivers.measurement import Absent, Kind, Measurement, Quantity, Status, Unit, Value
from drivers.reader import clock_fault

RECORD = "freestyle-optium"
END = b"\r\n"
LONGEST = 100
LINES_AT_MOST = 1000
SUCCEEDED, FAILED = b"CMD OK", b"CMD Fail!"
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
CLOCK = re.compile(rb"Clock:\t([A-Z][a-z]{2})  ([0-9]{2}) ([0-9]{4})\t([0-9:]{8})")
RESULT = re.compile(
    rb"([0-9]{3}|HI )  (June|July|[A-Z][a-z]{2} ) ([0-9]{2}) ([0-9]{4}) ([0-9:]{5}) ([GK]) 0x00\r\n"
)
LAST = re.compile(rb"0x([0-9A-F]{4})  END\r\n")
BEFORE_RESULTS = 5  # an empty line, serial number, version, clock, count
TRIES = 3


def decode_clock(payload: bytes) -> datetime:
    """One line, without its end."""
    found = CLOCK.fullmatch(payload)
    stamp = found and _stamp(found[1], found[2], found[3], found[4])
    if not stamp:
        raise BadFrame(payload, mark="clock")
    return stamp


def decode_result(payload: bytes) -> Measurement:
    """One line of the memory. In mg/dL whatever is displayed; of ketones the unit is not known."""
    if not payload.endswith(END):
        raise TruncatedPayload(payload, offset=len(payload), needed=len(END))
    found = RESULT.fullmatch(payload)
    if not found or found[6] != b"G":
        raise BadFrame(payload, mark="result")
    number, month, day, year, time, _ = found.groups()
    stamp = _stamp(month[:3], day, year, time + b":00")
    high = number == b"HI "
    value = (
        Value(None, Unit.MG_PER_DL, absent=Absent.POSITIVE_INFINITY)
        if high
        else Value(Decimal(int(number)), Unit.MG_PER_DL)
    )
    return Measurement(
        kind=Kind.GLUCOSE,
        values={Quantity.GLUCOSE: value},
        raw=(payload,),
        device_time=stamp,
        status=(*([Status.RESULT_TOO_HIGH] if high else []), *clock_fault(True, stamp)),
    )


def results(lines: list[bytes]) -> list[bytes]:
    """The results in the answer to `xmem`, whose sum is right."""
    whole = b"".join(lines)
    last = LAST.fullmatch(lines[-1]) if lines else None
    if not last:
        raise BadFrame(whole, mark="end")
    calculated = sum(b"".join(lines[:-1])) & 0xFFFF
    if calculated != int(last[1], 16):
        raise BadChecksum(whole, wire=int(last[1], 16), calculated=calculated)
    return lines[BEFORE_RESULTS:-1]


def _stamp(month: bytes, day: bytes, year: bytes, time: bytes) -> datetime | None:
    try:
        at = MONTHS.index(month.decode("ascii")) + 1
        hour, minute, second = (int(part) for part in time.split(b":"))
        return datetime(  # noqa: DTZ001  a device's clock has no zone
            int(year), at, int(day), hour, minute, second
        )
    except ValueError:
        return None


class AbbottFreestyleOptium(SerialDriver):
    """Reads everything once, as soon as the meter answers."""

    id = "abbott-freestyle-optium"
    settings = SerialSettings(baud=19200)
    decoders: ClassVar[Mapping[str, Decoder]] = {RECORD: decode_result}
    clock_step_s = 60  # it is set to full minutes

    async def read(self, link: SerialLink) -> AsyncGenerator[Reading, None]:
        for line in await self._memory(link):
            yield attempt(decode_result, RECORD, line)

    async def read_clock(self, link: SerialLink) -> datetime | None:
        for line in await _answer(link, b"colq"):
            try:
                return decode_clock(line.removesuffix(END))
            except PayloadError:
                continue
        return None

    async def set_clock(self, link: SerialLink, local: datetime) -> None:
        """LinkTimeout where the meter has gone: later this would be the wrong time."""
        await _ask(link, local.strftime("tim,%m,%d,%y,%H,%M").encode("ascii"))

    async def _memory(self, link: SerialLink) -> list[bytes]:
        """Asked for again when it arrived damaged: the meter keeps it."""
        for _ in range(TRIES - 1):
            try:
                return results(await _answer(link, b"xmem"))
            except PayloadError:
                continue
        return results(await _answer(link, b"xmem"))


async def _answer(link: SerialLink, command: bytes) -> list[bytes]:
    """Waits for a meter, which may not hear the first command either."""
    while True:
        try:
            return await _ask(link, command)
        except LinkTimeout:
            continue


async def _ask(link: SerialLink, command: bytes) -> list[bytes]:
    """All lines of the answer."""
    await link.write(b"$" + command + END)
    lines: list[bytes] = []
    while len(lines) < LINES_AT_MOST:
        lines.append(await _line(link))
        if lines[-1].startswith((SUCCEEDED, FAILED)) or LAST.fullmatch(lines[-1]):
            break
    return lines


async def _line(link: SerialLink) -> bytes:
    line = b""
    while not line.endswith(END) and len(line) < LONGEST:
        line += await link.read(1)
    return line
