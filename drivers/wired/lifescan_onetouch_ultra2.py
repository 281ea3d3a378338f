"""LifeScan OneTouch Ultra 2 on its serial cable: what the memory holds, newest first.

Protocol and sources: lifescan_onetouch_ultra2.md. Nothing is erased. Tested against documented
lines, not on a device.
"""

import re
from collections.abc import AsyncGenerator, Mapping
from datetime import datetime
from decimal import Decimal
from typing import ClassVar

from drivers.contract import Decoder, Reading, SerialDriver, SerialSettings, attempt
from drivers.errors import (
    BadChecksum,
    BadFrame,
    LinkTimeout,
    PayloadError,
    TruncatedPayload,
)
from drivers.links import SerialLink
from drivers.measurement import Kind, Measurement, Quantity, Status, Unit, Value
from drivers.reader import clock_fault

RECORD = "onetouch-ultra2"
END = b"\r\n"
LONGEST = 100
LINE = re.compile(rb"([\x20-\x7e]+) ([0-9A-F]{4})\r\n")
TIME = rb'"[A-Z]{3}","([0-9/]{8})","([0-9:]{8}) {3}"'
CLOCK = re.compile(rb"[FT] " + TIME)
HEADER = re.compile(rb'P ([0-9]{3}),"[0-9A-Z]{9}","(?:MG/DL |MMOL/L)"')
RESULT = re.compile(rb"P " + TIME + rb',"([C ]) ([0-9]{3})([? ])","([NBA])","([0-9]{2})", 00')
TIME_FORMAT = "%m/%d/%y %H:%M:%S"

MEALS = {b"B": "preprandial", b"A": "postprandial"}
NO_COMMENT = "00"
COMMENTS = {
    "01": "not_enough_food",
    "02": "too_much_food",
    "03": "mild_exercise",
    "04": "hard_exercise",
    "05": "medication",
    "06": "stress",
    "07": "illness",
    "08": "feel_hypo",
    "09": "menses",
    "10": "vacation",
    "11": "other",
}


def checksum(text: bytes) -> int:
    return sum(text) & 0xFFFF


def decode_line(payload: bytes) -> bytes:
    """The text of one line whose checksum is right."""
    if not payload.endswith(END):
        raise TruncatedPayload(payload, offset=len(payload), needed=len(END))
    found = LINE.fullmatch(payload)
    if not found:
        raise BadFrame(payload, mark="line")
    text, wire = found[1], int(found[2], 16)
    if checksum(text) != wire:
        raise BadChecksum(payload, wire=wire, calculated=checksum(text))
    return text


def decode_result(payload: bytes) -> Measurement:
    """One line of the memory. In mg/dL whatever is displayed."""
    found = RESULT.fullmatch(decode_line(payload))
    if not found:
        raise BadFrame(payload, mark="result")
    day, time, control, number, damaged, meal, comment = found.groups()
    stamp, remark = _stamp(day, time), comment.decode("ascii")
    details = {"meal": MEALS[meal]} if meal in MEALS else {}
    if remark != NO_COMMENT:
        details["comment"] = COMMENTS.get(remark, f"unlisted_{remark}")
    return Measurement(
        kind=Kind.GLUCOSE,
        values={Quantity.GLUCOSE: Value(Decimal(int(number)), Unit.MG_PER_DL)},
        raw=(payload,),
        device_time=stamp,
        status=(
            *([Status.CONTROL_SOLUTION] if control == b"C" else []),
            *([Status.QUESTIONABLE] if damaged == b"?" else []),
            *clock_fault(True, stamp),
        ),
        details=details,
    )


def decode_clock(payload: bytes) -> datetime | None:
    """The answer to a question about the clock; None when it cannot be a real instant."""
    found = CLOCK.fullmatch(decode_line(payload))
    if not found:
        raise BadFrame(payload, mark="clock")
    return _stamp(found[1], found[2])


def _stamp(day: bytes, time: bytes) -> datetime | None:
    try:
        return datetime.strptime(  # noqa: DTZ007  a device's clock has no zone
            f"{day.decode('ascii')} {time.decode('ascii')}", TIME_FORMAT
        )
    except ValueError:
        return None


class LifescanOnetouchUltra2(SerialDriver):
    """Reads everything once, as soon as the meter answers."""

    id = "lifescan-onetouch-ultra2"
    settings = SerialSettings(baud=9600)
    decoders: ClassVar[Mapping[str, Decoder]] = {RECORD: decode_result}

    async def read(self, link: SerialLink) -> AsyncGenerator[Reading, None]:
        header = await _answer(link, b"DMP")
        found = HEADER.fullmatch(decode_line(header))
        if not found:
            raise BadFrame(header, mark="header")
        for _ in range(int(found[1])):
            yield attempt(decode_result, RECORD, await _line(link))

    async def read_clock(self, link: SerialLink) -> datetime | None:
        try:
            return decode_clock(await _answer(link, b"DMF"))
        except PayloadError:
            return None

    async def set_clock(self, link: SerialLink, local: datetime) -> None:
        """LinkTimeout where the meter has gone: later this would be the wrong time."""
        await _ask(link, b"DMT" + local.strftime(TIME_FORMAT).encode("ascii"))


async def _answer(link: SerialLink, command: bytes) -> bytes:
    """Waits for a meter, for as long as the port is open."""
    while True:
        try:
            return await _ask(link, command)
        except LinkTimeout:
            continue


async def _ask(link: SerialLink, command: bytes) -> bytes:
    """The first line of the answer."""
    await link.write(b"\x11\r" + command + b"\r")
    return await _line(link)


async def _line(link: SerialLink) -> bytes:
    line = b""
    while not line.endswith(END) and len(line) < LONGEST:
        line += await link.read(1)
    return line
