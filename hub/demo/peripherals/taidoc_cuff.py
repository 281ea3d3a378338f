"""A TaiDoc cuff for four people, as the FORA D40: a conversation in frames of eight octets
(drivers/vendor/taidoc.md). It never bonds, it forgets nothing by being read, and it stays awake
until it is told to switch off.
"""

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum
from typing import Any

from bumble import att, gatt
from bumble.device import Connection

from hub.demo.peripherals.attributes import (
    Identity,
    Permissions,
    Properties,
    service,
    uuid,
)
from hub.demo.peripherals.peripheral import Peripheral

MODEL = bytes.fromhex("50320000")  # TD-3250
START, FROM_HOST, FROM_METER = 0x51, 0xA3, 0xA5
CENTURY = 2000
A_PRESSURE = 0x80  # in the minute; else a cuff that also measures glucose means a glucose
A_MINUTE = timedelta(minutes=1)


class Command(IntEnum):
    READ_CLOCK = 0x23
    READ_MODEL = 0x24
    RECORD_TIME = 0x25
    RECORD_VALUE = 0x26
    COUNT = 0x2B
    SET_CLOCK = 0x33
    TURN_OFF = 0x50
    ERASE_ALL = 0x52


@dataclass(frozen=True, slots=True)
class Record:
    user: int
    time: bytes
    value: bytes

    @property
    def payload(self) -> bytes:
        """What it answers about this record, and before that what model it is."""
        about = (
            (Command.READ_MODEL, MODEL),
            (Command.RECORD_TIME, self.time),
            (Command.RECORD_VALUE, self.value),
        )
        return b"".join(framed(command, data) for command, data in about)


class TaidocCuff(Peripheral):
    """
    records   what it stores, oldest first
    commands  what it was told, in order
    """

    service = "00001523-1212-efde-1523-785feabcd123"
    identity = Identity("TaiDoc", "TD-3250", "DEMO0010", "1.0.0", "F0F1F2FFFEA10010")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.records: list[Record] = []
        self.commands: list[int] = []
        self._untold = 0
        self._last_stamp: datetime | None = None
        self._talk = gatt.Characteristic[Any](
            uuid("00001524-1212-efde-1523-785feabcd123"),
            Properties.WRITE | Properties.NOTIFY,
            Permissions.WRITEABLE,
            att.AttributeValue(write=self._asked),
        )
        self._answers: asyncio.Task[None] | None = None
        self.refuse_pairing = True

    @property
    def unread(self) -> int:
        return self._untold

    def services(self) -> list[gatt.Service]:
        return [service(self.service, self._talk)]

    async def take_measurement(
        self, systolic: int = 128, diastolic: int = 82, pulse: int = 64, user: int = 1
    ) -> Record:
        """mmHg and beats per minute; its users are 1 to 4."""
        time = bytearray(encode_minute(self._stamp()))
        time[2] |= A_PRESSURE
        value = systolic.to_bytes(2, "little") + bytes((diastolic, pulse))
        self.records.append(Record(user, bytes(time), value))
        self._untold += 1
        await self._settle()
        return self.records[-1]

    def gone(self) -> None:
        if self._answers is not None:
            self._answers.cancel()

    def _stamp(self) -> datetime:
        """It shows no seconds, and two measurements take longer than a minute."""
        stamp, last = self.clock.now(), self._last_stamp
        if last is not None and timedelta() <= last - stamp + A_MINUTE < timedelta(days=1):
            stamp = last + A_MINUTE
        self._last_stamp = stamp
        return stamp

    def _asked(self, connection: Connection, frame: bytes) -> None:
        self.touched()
        if len(frame) != 8 or frame != framed(frame[1], frame[2:6], FROM_HOST):
            return  # it does not answer what it does not understand
        command, data = frame[1], frame[2:6]
        self.commands.append(command)
        if command == Command.TURN_OFF:
            self._untold = 0
            self._hang_up_after(0)
        answer = framed(command, self._answer(command, data))
        self._answers = self._start(self._say(connection, answer))

    async def _say(self, hub: Connection, answer: bytes) -> None:
        payload = self._on_the_wire(answer)
        await self._device.gatt_server.notify_subscriber(hub, self._talk, payload)
        await self._tell()

    def _answer(self, command: int, data: bytes) -> bytes:
        match command:
            case Command.READ_CLOCK:
                return encode_minute(self.clock.now())
            case Command.READ_MODEL:
                return MODEL
            case Command.COUNT:
                return len(self._of(data[0])).to_bytes(4, "little")
            case Command.RECORD_TIME | Command.RECORD_VALUE:
                newest_first = self._of(data[3])[::-1]
                record = newest_first[int.from_bytes(data[:2], "little")]
                return record.time if command == Command.RECORD_TIME else record.value
            case Command.SET_CLOCK:
                self.clock.set(decode_minute(data))
                return data
            case Command.ERASE_ALL:
                self.records.clear()
        return bytes(4)

    def _of(self, user: int) -> list[Record]:
        return [record for record in self.records if record.user == user]


def framed(command: int, data: bytes, end: int = FROM_METER) -> bytes:
    octets = bytes((START, command, *data, end))
    return octets + bytes((sum(octets) & 0xFF,))


def encode_minute(when: datetime) -> bytes:
    day = when.year - CENTURY << 9 | when.month << 5 | when.day
    return day.to_bytes(2, "little") + bytes((when.minute, when.hour))


def decode_minute(data: bytes) -> datetime:
    day = int.from_bytes(data[:2], "little")
    return datetime(  # noqa: DTZ001 - a device clock has no zone
        CENTURY + (day >> 9), day >> 5 & 0x0F, day & 0x1F, data[3], data[2]
    )
