"""A scale for several people: Weight Scale, Body Composition and User Data (Beurer's BF 720).

It tells a user's weighings to whoever gives that user's consent on this connection, and what
nobody in particular has weighed to everybody. A change of batteries empties its slots, and what
they held goes with them.
"""

import asyncio
from collections import deque
from dataclasses import dataclass
from decimal import Decimal
from enum import IntEnum
from typing import Any

from bumble import att, gatt
from bumble.device import Connection

from hub.demo.peripherals.attributes import (
    ENCRYPTED_WRITE,
    Identity,
    Permissions,
    Properties,
    current_time,
    pushed,
    readable,
    service,
    shown,
)
from hub.demo.peripherals.clock import encode_date_time
from hub.demo.peripherals.peripheral import Peripheral
from hub.demo.peripherals.scale import STEP_KG

WEIGHT, COMPOSITION = 0x2A9D, 0x2A9C
SLOTS = 8
NOBODY = 0xFF
WITH_TIME_AND_USER = 0x02 | 0x04
WEIGHT_FEATURES = 0x01 | 0x02 | 5 << 3  # time stamps, users, 0.05 kg
MUSCLE_AND_WATER = 0x0010 | 0x0100
COMPOSITION_FEATURES = 0x01 | 0x02 | 1 << 3 | 1 << 7
STEP_PERCENT = Decimal("0.1")


class Op(IntEnum):
    REGISTER = 0x01
    CONSENT = 0x02
    RESPONSE = 0x20


class Code(IntEnum):
    SUCCESS = 0x01
    NOT_SUPPORTED = 0x02
    INVALID_PARAMETER = 0x03
    FAILED = 0x04
    NOT_AUTHORISED = 0x05


@dataclass(frozen=True, slots=True)
class Weighing:
    """`composition` only of whom it knows: nobody's body is measured."""

    user: int
    weight: bytes
    composition: bytes | None


class BodyScale(Peripheral):
    """
    users     slot → consent code
    requests  what its User Control Point was told
    """

    service = 0x181D
    identity = Identity("Hjemmehub", "BCS-1", "DEMO0011", "1.0.0", "F0F1F2FFFEA10011")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.users: dict[int, int] = {}
        self.requests: list[bytes] = []
        self._weighings: deque[Weighing] = deque()
        self._user = self._last_user = NOBODY
        self._subscribed: dict[int, Connection] = {}
        self._delivery: asyncio.Task[None] | None = None
        self._weight = self._both(WEIGHT)
        self._composition = self._both(COMPOSITION)
        self._control = pushed(self._device, 0x2A9F, Properties.INDICATE | Properties.WRITE)
        self._control.permissions = Permissions.WRITEABLE | ENCRYPTED_WRITE
        self._control.value = att.AttributeValue(write=self._requested)

    @property
    def unread(self) -> int:
        return len(self._weighings)

    def services(self) -> list[gatt.Service]:
        features = readable(0x2A9E, WEIGHT_FEATURES.to_bytes(4, "little"))
        composition = readable(0x2A9B, COMPOSITION_FEATURES.to_bytes(4, "little"))
        user = shown(0x2A9A, lambda: bytes((self._user,)))
        return [
            service(self.service, self._weight, features),
            service(0x181B, self._composition, composition),
            service(0x181C, self._control, user),
            current_time(self.clock, self.touched),
        ]

    async def take_measurement(
        self,
        kilograms: Decimal = Decimal("81.2"),
        fat_percent: Decimal = Decimal("24.1"),
        user: int | None = None,
    ) -> Weighing:
        """`user`: the slot of who is on it, NOBODY for a guest; else it is who consented last."""
        slot = self._last_user if user is None else user
        weight = (
            bytes((WITH_TIME_AND_USER,))
            + int(kilograms / STEP_KG).to_bytes(2, "little")
            + encode_date_time(self.clock.stamp())
            + bytes((slot,))
        )
        composition = None if slot == NOBODY else _composition(kilograms, fat_percent)
        weighing = Weighing(slot, weight, composition)
        self._weighings.append(weighing)
        self._deliver()
        await self._settle()
        return weighing

    def change_batteries(self) -> None:
        """It starts in 2000 and knows nobody."""
        self.clock.lose_battery()
        self.users.clear()
        self._last_user = NOBODY
        self._weighings = deque(it for it in self._weighings if it.user == NOBODY)

    def gone(self) -> None:
        self._user = NOBODY
        self._subscribed.clear()
        if self._delivery is not None:
            self._delivery.cancel()

    def _requested(self, connection: Connection, request: bytes) -> None:
        self.touched()
        self.requests.append(request)
        answer = bytes((Op.RESPONSE, *request[:1])) + self._answer(request)
        self._start(self._say(connection, answer))

    async def _say(self, hub: Connection, answer: bytes) -> None:
        payload = self._on_the_wire(answer)
        await self._device.gatt_server.indicate_subscriber(hub, self._control, payload)
        self._deliver()
        await self._tell()

    def _answer(self, request: bytes) -> bytes:
        op, operand = request[:1], request[1:]
        if op == bytes((Op.REGISTER,)) and len(operand) == 2:
            return self._register(int.from_bytes(operand, "little"))
        if op == bytes((Op.CONSENT,)) and len(operand) == 3:
            return bytes((self._consent(operand[0], int.from_bytes(operand[1:], "little")),))
        known = op in (bytes((Op.REGISTER,)), bytes((Op.CONSENT,)))
        return bytes((Code.INVALID_PARAMETER if known else Code.NOT_SUPPORTED,))

    def _register(self, code: int) -> bytes:
        free = next((slot for slot in range(1, SLOTS + 1) if slot not in self.users), None)
        if free is None:
            return bytes((Code.FAILED,))
        self.users[free] = code
        return bytes((Code.SUCCESS, free))

    def _consent(self, slot: int, code: int) -> Code:
        if self.users.get(slot) != code:
            return Code.NOT_AUTHORISED
        self._user = self._last_user = slot
        return Code.SUCCESS

    def _both(self, number: int) -> gatt.Characteristic[Any]:
        """One of the two that a weighing is told on: it waits until both are listened to."""
        made = pushed(self._device, number, Properties.INDICATE)

        def subscribed(connection: Connection, _notify: bool, indicate: bool) -> None:
            self.touched()
            if indicate:
                self._subscribed[number] = connection
            else:
                self._subscribed.pop(number, None)
            self._deliver()

        made.on(gatt.Characteristic.EVENT_SUBSCRIPTION, subscribed)
        return made

    def _deliver(self) -> None:
        if len(self._subscribed) < 2 or (self._delivery and not self._delivery.done()):
            return
        self._delivery = self._start(self._tell_all(self._subscribed[WEIGHT]))

    async def _tell_all(self, hub: Connection) -> None:
        while weighing := self._next():
            for source, payload in (
                (self._weight, weighing.weight),
                (self._composition, weighing.composition),
            ):
                if payload is not None:
                    await self._device.gatt_server.indicate_subscriber(
                        hub, source, self._on_the_wire(payload)
                    )
            if self._subscribed.get(WEIGHT) is not hub:  # see spot.py
                return
            self._weighings.remove(weighing)
            self.touched()
            await self._tell()

    def _next(self) -> Weighing | None:
        mine = (it for it in self._weighings if it.user in (NOBODY, self._user))
        return next(mine, None)


def _composition(kilograms: Decimal, fat_percent: Decimal) -> bytes:
    """Body fat, muscle and water; time and user are those of the weight."""
    muscle_percent, water_kg = Decimal("38.4"), kilograms / 2
    return (
        MUSCLE_AND_WATER.to_bytes(2, "little")
        + int(fat_percent / STEP_PERCENT).to_bytes(2, "little")
        + int(muscle_percent / STEP_PERCENT).to_bytes(2, "little")
        + int(water_kg / STEP_KG).to_bytes(2, "little")
    )
